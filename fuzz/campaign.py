"""Many sequences on several processors. The numbers decide what is played, not who plays it: a run can be repeated."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Final, TypeAlias

from fuzz import cards, corpus
from fuzz.corpus import Place
from fuzz.play import Bench, Finding, Script, Seen

LARGEST_BATCH: Final = 2000
_PER_RUN: Final = 1 << 40
"""Sequences that one seed is good for."""

Progress: TypeAlias = Callable[[int, int], object]
"""Called with the sequences done and the findings so far."""


@dataclass(slots=True)
class Report:
    """What a run, or a part of it, came to."""

    sequences: int = 0
    commands: int = 0
    seconds: float = 0.0
    seen: Counter[Seen] = field(default_factory=Counter)
    findings: dict[str, Finding] = field(default_factory=dict)
    """The shortest for each broken rule."""
    scripts: list[tuple[Script, frozenset[Place]]] = field(default_factory=list)
    """When asked for: those that came to a new place, and the places."""

    def add(self, part: Report) -> None:
        """Take in a part."""
        self.sequences += part.sequences
        self.commands += part.commands
        self.seen.update(part.seen)
        self.scripts += part.scripts
        for finding in part.findings.values():
            self.found(finding)

    def found(self, finding: Finding) -> None:
        """Keep a finding that is shorter than the one there is."""
        known = self.findings.get(finding.rule)
        if known is None or len(finding.script.steps) < len(known.script.steps):
            self.findings[finding.rule] = finding


def run(*, count: int, seed: int, jobs: int, keep_scripts: bool = False, progress: Progress | None = None) -> Report:
    """Play ``count`` sequences. A batch that finds something is the last that is begun."""
    report = Report()
    begin = time.monotonic()
    for part in _parts(count, seed, jobs, keep_scripts):
        report.add(part)
        if progress is not None:
            progress(report.sequences, len(report.findings))
    report.seconds = time.monotonic() - begin
    return report


def play_batch(first: int, count: int, seed: int, *, keep_scripts: bool = False, hangs: bool = False) -> Report:
    """Play the sequences from number ``first`` on."""
    bench, starts, report = Bench(), cards.every_start(), Report()
    places: set[Place] = set()
    with bench.watching(hangs=hangs):
        for number in range(first, first + count):
            known = len(bench.seen)
            script, finding = bench.generate(starts[number % len(starts)], seed * _PER_RUN + number)
            if finding is not None:
                report.found(finding)
            elif keep_scripts and len(bench.seen) > known:
                there = visited(script)
                if there - places:
                    places |= there
                    report.scripts.append((script, there))
    report.sequences, report.commands, report.seen = count, bench.commands, bench.seen
    return report


def visited(script: Script) -> frozenset[Place]:
    """Where a script leads."""
    bench = Bench()
    with bench.watching(hangs=False):
        bench.replay(script)
    return frozenset(map(corpus.place_of, bench.seen))


def cover(scripts: list[tuple[Script, frozenset[Place]]]) -> list[tuple[Script, str]]:
    """Few scripts that lead everywhere, and what is only reached by each; always the one next that adds most."""
    chosen: list[tuple[Script, str]] = []
    missing = frozenset[Place]().union(*(there for _, there in scripts))
    while missing:
        script, there = max(scripts, key=lambda one: (len(one[1] & missing), -len(one[0].steps)))
        names = sorted(f"{kind}/{label} {sw:04X}" for kind, label, sw in there & missing)
        chosen.append((script, "; ".join(names)))
        missing -= there
    return chosen


def _parts(count: int, seed: int, jobs: int, keep_scripts: bool) -> Iterator[Report]:
    size = max(1, min(LARGEST_BATCH, count // (jobs * 4)))
    batches = [(first, min(size, count - first)) for first in range(0, count, size)]
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        waiting = [
            pool.submit(play_batch, first, number, seed, keep_scripts=keep_scripts, hangs=True)
            for first, number in batches
        ]
        for done in as_completed(waiting):
            yield done.result()
            if done.result().findings:
                pool.shutdown(cancel_futures=True)
                return
