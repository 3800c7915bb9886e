"""Keeping to a rate, by a clock that is nobody's."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from jpki.executing.pace import Pace

CHUNK = 10


@dataclass
class Timeline:
    """Seconds that pass only by sleeping and working."""

    now: float = 1000.0
    questions: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds

    def pace(self, interval_s: float) -> Pace:
        return Pace(interval_s, monotonic=self.monotonic, sleep=self.sleep)

    def ask(self, pace: Pace, *, latency_s: float) -> None:
        pace.wait()
        self.questions.append(self.now)
        self.now += latency_s


def together(capacity: int, rate: float, *, latency_s: float, dies_after: int, begin_s: float) -> list[float]:
    """When all workers ask, one chunk after the other; each chunk is begun anew by who takes over at its death."""
    asked: list[float] = []
    for worker in range(capacity):
        timeline = Timeline(now=1000 + worker * begin_s)
        for turn in range(6):
            pace = timeline.pace(capacity / rate)
            for _ in range(dies_after if turn % 2 else CHUNK):
                timeline.ask(pace, latency_s=latency_s)
        asked += timeline.questions
    return sorted(asked)


@pytest.mark.parametrize("dies_after", [CHUNK, 3, 1])
@pytest.mark.parametrize("latency_s", [0.0, 0.03, 0.4, 3.0])
@pytest.mark.parametrize(("capacity", "rate"), [(1, 5.0), (4, 20.0), (7, 2.0), (3, 0.5)])
@pytest.mark.parametrize("begin_s", [0.0, 0.11])
def test_all_workers_together_keep_the_rate(
    capacity: int, rate: float, latency_s: float, dies_after: int, begin_s: float
) -> None:
    asked = together(capacity, rate, latency_s=latency_s, dies_after=dies_after, begin_s=begin_s)
    span_s = 3 * capacity / rate
    for begin in asked:
        within = sum(begin <= one < begin + span_s - 1e-6 for one in asked)
        assert within <= rate * span_s + 1e-6


def test_the_rate_is_reached_where_answers_are_quicker_than_it() -> None:
    timeline = Timeline()
    pace = timeline.pace(0.5)
    for _ in range(100):
        timeline.ask(pace, latency_s=0.49)
    assert timeline.questions == pytest.approx([1000.5 + n * 0.5 for n in range(100)])
    assert pace.elapsed_s == pytest.approx(50.49)


def test_a_slow_answer_is_not_made_up_for() -> None:
    timeline = Timeline()
    pace = timeline.pace(1.0)
    for latency_s in (5.0, 0.0, 0.0):
        timeline.ask(pace, latency_s=latency_s)
    assert timeline.questions == [1001.0, 1006.0, 1007.0]


def test_without_a_rate_nobody_waits() -> None:
    timeline = Timeline()
    pace = timeline.pace(0.0)
    for _ in range(9):
        timeline.ask(pace, latency_s=0.0)
    assert timeline.now == 1000.0
