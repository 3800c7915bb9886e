"""The driver, with workers that are none: nobody is blamed for what another did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from jpki.executing.chunks import Chunk, Task
from jpki.executing.job import LOST, run_job
from jpki.executing.workers import Returned
from tests.jpki.executing.tasks import Square, rows


@dataclass
class OneFate:
    """Workers of whom all are lost when one is, as a cluster may tell it. Says what was out together."""

    capacity: int = 3
    out: list[Chunk] = field(default_factory=list)
    together: list[list[int]] = field(default_factory=list)
    intervals: set[float] = field(default_factory=set)
    task: Task | None = None

    def start(self, task: Task, chunk: Chunk) -> None:
        self.task = task
        self.out.append(chunk)
        self.intervals.add(chunk.interval_s)

    def finished(self) -> Iterator[Returned]:
        assert self.task is not None
        out, self.out = self.out, []
        assert len(out) <= self.capacity
        self.together.append([len(one.rows) for one in out])
        lost = any(row["way"] == "kills" for one in out for row in one.rows)
        for chunk in out:
            yield Returned(chunk=chunk, results=None if lost else self.task(chunk))

    def close(self) -> None:
        pass


@pytest.mark.parametrize("poison", [[0], [5], [22], [5, 6], [0, 9, 17]], ids=str)
def test_who_was_lost_in_bad_company_is_not_spoilt(square: Square, job: Any, results: Any, poison: list[int]) -> None:
    with results() as file:
        run_job(job(square, rows(23, kills=poison)), OneFate(), file)
        found = [one.get("square", one.get("why")) for one in file.results()]
    assert found == [LOST if n in poison else n * n for n in range(23)]


def test_a_suspect_runs_alone(square: Square, job: Any, results: Any) -> None:
    workers = OneFate()
    with results() as file:
        run_job(job(square, rows(23, kills=[5])), workers, file)
    assert [1] in workers.together
    assert len(workers.together) < 40


@pytest.mark.parametrize(
    ("capacity", "rate", "interval"), [(3, None, 0.0), (3, 6.0, 0.5), (8, 2.0, 4.0), (1, 50.0, 0.02)]
)
def test_the_rate_is_divided_by_the_chunks_that_are_out(
    square: Square, job: Any, results: Any, capacity: int, rate: float | None, interval: float
) -> None:
    workers = OneFate(capacity=capacity)
    with results() as file:
        run_job(job(square, rows(40), rate=rate), workers, file)
    assert workers.intervals == {interval}
