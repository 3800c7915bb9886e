"""Timing and its statistics. The standard library alone: the client process imports it as well."""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
C_CALL, PYSCARD = "C call", "pyscard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much to measure."""

    rounds: int
    start_rounds: int
    """A round of starts takes a second or so."""
    scale: float = 1.0
    """Factor on the number of calls in a round."""

    def calls(self, full: int) -> int:
        """The number of calls where a full run makes ``full``."""
        return max(2, int(full * self.scale))


FULL = Effort(rounds=81, start_rounds=15)
QUICK = Effort(rounds=2, start_rounds=1, scale=0.01)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One run of calls without a pause."""

    per_second: float
    p50_us: float
    p99_us: float


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of the rounds, between their quartiles."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        """At least one value."""
        ordered = sorted(values)
        if len(ordered) == 1:
            return cls(ordered[0], ordered[0], ordered[0])
        low, median, high = statistics.quantiles(ordered, n=4, method="inclusive")
        return cls(median, low, high)


def time_calls(call: Callable[[], object], count: int) -> Round:
    """Call ``count`` times and look at the clock once for each."""
    clock = time.perf_counter_ns
    ends = [0] * count
    start = clock()
    for index in range(count):
        call()
        ends[index] = clock()
    durations = sorted(end - begin for begin, end in zip([start, *ends], ends, strict=False))
    return Round(
        per_second=count * 1e9 / (ends[-1] - start),
        p50_us=durations[count // 2] / 1000,
        p99_us=durations[count * 99 // 100] / 1000,
    )


def ratios(values: Sequence[float], baselines: Sequence[float]) -> Spread:
    """The spread of what each round's value is to its baseline."""
    return Spread.of(value / baseline for value, baseline in zip(values, baselines, strict=True))


def rates(rounds: Sequence[Round]) -> list[float]:
    """The calls per second of each round."""
    return [each.per_second for each in rounds]


def effort_from_arguments(description: str | None) -> Effort:
    """What the command line of one measurement says."""
    parser = argparse.ArgumentParser(description=description)
    add_effort_option(parser)
    return chosen_effort(parser.parse_args())


def add_effort_option(parser: argparse.ArgumentParser) -> None:
    """The option that every measurement has."""
    parser.add_argument("--quick", action="store_true", help="only see whether it works; the numbers mean nothing")


def chosen_effort(chosen: argparse.Namespace) -> Effort:
    """What that option says."""
    return QUICK if chosen.quick else FULL
