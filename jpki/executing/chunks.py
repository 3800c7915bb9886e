"""What is worked on: rows in numbered chunks, and the function that is run over each.

Rows and results are values of JSON: they travel to other processes and machines, and into a file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any, Protocol, TypeAlias

Row: TypeAlias = Mapping[str, Any]
Result: TypeAlias = Mapping[str, Any]
"""Has at least a ``state``, one of its task's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Rows that follow each other, or a part of them where the whole did not go well.

    ``at`` is the moment at which it was handed out. Between two questions to somebody else's service that a worker
    asks for it, and before the first, ``interval_s`` seconds pass: no more chunks are out at a time than the job's
    rate is divided by, so that all workers together keep the rate, also when one dies and its chunk is handed out anew.
    """

    number: int
    first: int
    """The number of its first row in the whole input."""
    rows: Sequence[Row] = field(repr=False)
    at: datetime
    interval_s: float = 0.0

    def halves(self) -> tuple[Chunk, Chunk]:
        """Two parts, of which each has rows if there are at least two."""
        middle = len(self.rows) // 2
        return replace(self, rows=self.rows[:middle]), replace(self, first=self.first + middle, rows=self.rows[middle:])


class Task(Protocol):
    """A pure function over a chunk, which goes to other processes by pickling."""

    @property
    def states(self) -> Sequence[str]:
        """Every state that a result can have."""
        ...

    def __call__(self, chunk: Chunk) -> Sequence[Result]:
        """A result for each row, in their order. Whatever it raises is the fault of a row: see ``spoilt``."""
        ...

    def spoilt(self, row: Row, *, number: int, why: str) -> Result:
        """The result of a row that no worker survived; ``why`` is the class of what was raised."""
        ...


def in_chunks(rows: Iterable[Row], size: int) -> Iterator[tuple[int, int, tuple[Row, ...]]]:
    """Number, number of the first row, rows: the same for the same rows and size."""
    remaining = iter(rows)
    number = first = 0
    while taken := tuple(islice(remaining, size)):
        yield number, first, taken
        number += 1
        first += len(taken)
