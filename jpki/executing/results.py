"""The file of results: each chunk whole or not at all, once. It is the checkpoint from which a job goes on.

An SQLite database in the standard library's way, locked by the process that works: what a killed process committed is
there, what it did not is not, and the lock goes with it.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from jpki.executing.chunks import Result
from jpki.executing.errors import JobBusyError, JobFileError, ResultsIncompleteError

_FORMAT: Final = "mynalab-job-1"
_TABLES: Final = {
    "job": "format TEXT NOT NULL, identity TEXT NOT NULL",
    "chunks": "number INTEGER PRIMARY KEY, first INTEGER, size INTEGER, counts TEXT, results TEXT",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far a job has come."""

    rows: int
    counts: Mapping[str, int] = field(default_factory=dict)


class ResultFile:
    """One job's results. ``identity`` names the job: input, task and division; another's file is refused."""

    def __init__(self, path: Path, *, identity: str) -> None:
        self._path = path
        try:
            self._connection = sqlite3.connect(path, timeout=0, isolation_level=None)
            # Held until the connection is closed: two who work on one job would ask everything twice.
            self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._run("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            raise self._refusal(error) from error
        try:
            self._open(identity)
        except JobFileError:
            self._connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def done(self) -> frozenset[int]:
        """The numbers of the chunks that are there."""
        return frozenset(number for (number,) in self._run("SELECT number FROM chunks"))

    def commit(self, number: int, first: int, results: Sequence[Result], *, states: Sequence[str]) -> None:
        """Keep the results of a chunk. A number that is there already is refused by the table's key."""
        counts = Counter(str(result["state"]) for result in results)
        ordered = {state: counts[state] for state in states if counts[state]}
        lines = "\n".join(_line(result) for result in results)
        row = (number, first, len(results), _line(ordered), lines)
        self._run("INSERT INTO chunks VALUES (?, ?, ?, ?, ?)", *row)

    def standing(self) -> Standing:
        """The rows that are there, by state, as they were counted when they came."""
        counts: Counter[str] = Counter()
        rows = 0
        for size, counted in self._run("SELECT size, counts FROM chunks"):
            rows += size
            counts.update(json.loads(counted))
        return Standing(rows=rows, counts=counts)

    def results(self) -> Iterator[Result]:
        """All results in the order of the input."""
        for (lines,) in self._run("SELECT results FROM chunks ORDER BY number"):
            yield from map(json.loads, lines.split("\n"))

    def require_complete(self, rows_in: int, *, states: Sequence[str]) -> dict[str, int]:
        """How many rows are in each state, counted again from the results themselves.

        ``ResultsIncompleteError`` unless the chunks follow each other without a gap, are as many rows as went in, and
        every row is in one of the states.
        """
        expected = 0
        places = self._run("SELECT number, first, size FROM chunks ORDER BY number")
        for place, (number, first, size) in enumerate(places):
            if (number, first) != (place, expected):
                raise _incomplete(rows_in, f"chunk {place} is missing")
            expected += size
        counts = Counter(str(result["state"]) for result in self.results())
        ordered = {state: counts[state] for state in states}
        if not expected == rows_in == counts.total() == sum(ordered.values()):
            raise _incomplete(rows_in, f"{sum(ordered.values())} came out")
        if counts != Counter(self.standing().counts):
            raise _incomplete(rows_in, "counted twice, the states differ")
        return ordered

    def _open(self, identity: str) -> None:
        tables = {name for (name,) in self._run("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not tables:
            for name, columns in _TABLES.items():
                self._run(f"CREATE TABLE {name} ({columns})")
            self._run("INSERT INTO job VALUES (?, ?)", _FORMAT, identity)
        elif tables != set(_TABLES):
            raise JobFileError(f"{self._path} is no file of results", path=self._path, hint="name another file")
        elif self._run("SELECT format, identity FROM job").fetchall() != [(_FORMAT, identity)]:
            raise JobFileError(
                f"{self._path} has the results of another job: other files, another task or other options",
                path=self._path,
                hint="name another file, or delete this one",
            )
        self._run("COMMIT")

    def _run(self, statement: str, *values: object) -> sqlite3.Cursor:
        try:
            return self._connection.execute(statement, values)
        except sqlite3.Error as error:
            raise self._refusal(error) from error

    def _refusal(self, error: sqlite3.Error) -> JobFileError:
        if isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            return JobBusyError(f"another process is at {self._path}", path=self._path, hint="wait until it ends")
        return JobFileError(f"{self._path}: {error}", path=self._path, hint="check the path and the free space")


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _incomplete(rows_in: int, what: str) -> ResultsIncompleteError:
    return ResultsIncompleteError(
        f"{rows_in} rows went in: {what}", hint="look whether the files were changed meanwhile, and start anew"
    )
