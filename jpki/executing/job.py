"""The driver: hands chunks out, takes what comes back, and commits each chunk once, whatever happens to workers.

A chunk whose worker was lost runs again, a few times; then it is halved, as is one whose task raised something, until
a single row is left to blame. A row that raises again is spoilt. A row whose worker was lost runs once more with
nobody else at work: only who is lost then is spoilt, for a cluster cannot always say whose fault a loss was.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, TypeAlias

from jpki.executing.chunks import Chunk, Result, Row, Task, in_chunks
from jpki.executing.errors import WorkersGoneError
from jpki.executing.results import ResultFile, Standing
from jpki.executing.workers import Returned, Workers

LOSSES: Final = 3
"""How often a chunk may lose its worker before it is halved: the first times are somebody else's fault, as a rule."""
FUTILE: Final = 12
"""So many workers lost in each place, and nothing finished by any: it is not the rows."""
LOST: Final = "WorkerLost"
"""Why a row is spoilt that took its worker along."""

Progress: TypeAlias = Callable[[Standing], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Rows, what is done with each, how many at a time, and how many questions a second all workers may ask."""

    rows: Iterable[Row]
    task: Task
    chunk_size: int
    clock: Callable[[], datetime]
    rate: float | None = None


@dataclass(frozen=True, slots=True)
class _Try:
    """A chunk, or a part of one, that runs again."""

    chunk: Chunk
    losses: int = 0
    has_raised: bool = False


@dataclass(slots=True)
class _Open:
    """A chunk that is not whole yet: its size, and the results by the number of their first row."""

    first: int
    size: int
    parts: dict[int, list[Result]] = field(default_factory=dict)

    def results(self) -> list[Result] | None:
        """All of them in order, once all are there."""
        if sum(map(len, self.parts.values())) < self.size:
            return None
        return [result for _, part in sorted(self.parts.items()) for result in part]


def run_job(job: Job, workers: Workers, results: ResultFile, *, progress: Progress | None = None) -> int:
    """Everything that is not committed yet; how many rows there are in all. The caller closes the workers."""
    driver = _Driver(job, workers, results, progress)
    driver.run()
    return driver.rows_in


class _Driver:
    def __init__(self, job: Job, workers: Workers, results: ResultFile, progress: Progress | None) -> None:
        self._job = job
        self._workers = workers
        self._results = results
        self._progress = progress
        self._standing = results.standing()
        self._waiting = self._chunks()
        self._again: deque[_Try] = deque()
        self._suspects: deque[_Try] = deque()
        self._out: dict[tuple[int, int], _Try] = {}
        self._open: dict[int, _Open] = {}
        self._alone = False
        self._losses = 0
        self._has_finished = False
        self.rows_in = 0

    def run(self) -> None:
        self._tell()
        while self._hand_out():
            for returned in self._workers.finished():
                self._take(returned)

    def _chunks(self) -> Iterator[_Try]:
        """Those that are not committed, read only when a worker is free."""
        done = self._results.done()
        rate = self._job.rate
        interval = 0.0 if rate is None else self._workers.capacity / rate
        for number, first, rows in in_chunks(self._job.rows, self._job.chunk_size):
            self.rows_in += len(rows)
            if number not in done:
                self._open[number] = _Open(first, len(rows))
                yield _Try(Chunk(number=number, first=first, rows=rows, at=self._job.clock(), interval_s=interval))

    def _hand_out(self) -> bool:
        """Keep the workers busy; False when nothing is left."""
        while len(self._out) < self._workers.capacity and not self._alone:
            one = self._again.popleft() if self._again else next(self._waiting, None)
            if one is None:
                break
            self._start(one)
        if not self._out and self._suspects:
            self._alone = True
            self._start(self._suspects.popleft())
        return bool(self._out)

    def _start(self, one: _Try) -> None:
        chunk = replace(one.chunk, at=self._job.clock())
        self._out[chunk.number, chunk.first] = one
        self._workers.start(self._job.task, chunk)

    def _take(self, returned: Returned) -> None:
        one = self._out.pop((returned.chunk.number, returned.chunk.first))
        alone, self._alone = self._alone, False
        flaw = returned.raised or self._flaw(returned)
        self._has_finished |= bool(flaw) or returned.results is not None
        if flaw:
            self._raised(one, flaw)
        elif returned.results is None:
            self._lost(one, alone=alone)
        else:
            self._keep(one.chunk, list(returned.results))

    def _flaw(self, returned: Returned) -> str:
        """What came back is the task's; whether it is what a task owes is looked at here."""
        results = returned.results
        if results is None:
            return ""
        states = self._job.task.states
        fits = len(results) == len(returned.chunk.rows) and all(one.get("state") in states for one in results)
        return "" if fits else "NotOneResultForEachRow"

    def _raised(self, one: _Try, why: str) -> None:
        if len(one.chunk.rows) > 1:
            self._again.extend(_Try(half) for half in one.chunk.halves())
        elif one.has_raised:
            self._spoil(one.chunk, why)
        else:
            self._again.append(replace(one, has_raised=True))

    def _lost(self, one: _Try, *, alone: bool) -> None:
        self._losses += 1
        if self._losses >= FUTILE * self._workers.capacity and not self._has_finished:
            raise WorkersGoneError(
                f"{self._losses} workers were lost and nothing was finished",
                hint="look whether a worker can start at all, then go on with --resume",
            )
        losses = one.losses + 1
        if losses < LOSSES:
            self._again.append(replace(one, losses=losses))
        elif len(one.chunk.rows) > 1:
            self._again.extend(_Try(half, losses=LOSSES - 1) for half in one.chunk.halves())
        elif alone:
            self._spoil(one.chunk, LOST)
        else:
            self._suspects.append(one)

    def _spoil(self, chunk: Chunk, why: str) -> None:
        self._keep(chunk, [self._job.task.spoilt(chunk.rows[0], number=chunk.first, why=why)])

    def _keep(self, chunk: Chunk, results: list[Result]) -> None:
        """Commit the chunk, if these were the last of its rows."""
        opened = self._open[chunk.number]
        opened.parts[chunk.first] = results
        whole = opened.results()
        if whole is None:
            return
        self._results.commit(chunk.number, opened.first, whole, states=self._job.task.states)
        del self._open[chunk.number]
        counts = dict(self._standing.counts)
        for result in whole:
            counts[result["state"]] = counts.get(result["state"], 0) + 1
        self._standing = Standing(rows=self._standing.rows + len(whole), counts=counts)
        self._tell()

    def _tell(self) -> None:
        if self._progress is not None:
            self._progress(self._standing)
