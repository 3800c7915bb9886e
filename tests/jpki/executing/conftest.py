"""A job of squares."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from jpki.executing.job import Job
from jpki.executing.results import ResultFile
from tests.jpki.executing.tasks import Square, clock

SIZE = 4


@pytest.fixture
def square(tmp_path: Path) -> Square:
    notes = tmp_path / "notes"
    notes.mkdir()
    return Square(notes)


@pytest.fixture
def job() -> Callable[..., Job]:
    def make(task: Square, rows: list[dict[str, Any]], **how: Any) -> Job:
        return Job(**{"task": task, "rows": rows, "chunk_size": SIZE, "clock": clock} | how)

    return make


@pytest.fixture
def results(tmp_path: Path) -> Callable[..., Any]:
    @contextmanager
    def open_results(identity: str = "squares") -> Iterator[ResultFile]:
        with ResultFile(tmp_path / "results.db", identity=identity) as file:
            yield file

    return open_results
