"""What came of a part of the customers, and whether it adds up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from jpki.rp.errors import SweepIncompleteError
from jpki.rp.records import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many rows there are and in which state: in = good + revoked + held + expired + unknown.

    ``stored`` is what the files say of themselves, ``counts`` comes of the rows.
    """

    stored: int
    counts: dict[State, int]

    def require_complete(self, where: str) -> None:
        """``SweepIncompleteError`` unless every row is in exactly one state."""
        if self.stored != sum(self.counts.values()) or min(self.counts.values()) < 0:
            raise SweepIncompleteError(
                f"{where}: {self.stored} customers went in, {sum(self.counts.values())} came out",
                hint="look whether the files were changed meanwhile, and sweep again",
            )

    @classmethod
    def total(cls, tallies: Iterable[Tally]) -> Tally:
        """All of them together."""
        counts = dict.fromkeys(State, 0)
        stored = 0
        for one in tallies:
            stored += one.stored
            for state, count in one.counts.items():
                counts[state] += count
        return cls(stored=stored, counts=counts)

    def as_dict(self) -> dict[str, Any]:
        """For machines and checkpoints."""
        return {"in": self.stored, **{state.value: count for state, count in self.counts.items()}}

    @classmethod
    def from_dict(cls, read: dict[str, Any]) -> Tally:
        """What ``as_dict`` wrote."""
        return cls(stored=int(read["in"]), counts={state: int(read[state.value]) for state in State})


class BulkEngine(Protocol):
    """What joins. It was given the revoked, the moment and the authorities of whom there is a list."""

    def sweep(self, files: list[str], hits: str) -> Tally:
        """Count these files by state, and write the revoked and held ones into ``hits`` (Parquet)."""
        ...

    def audit(self, files: list[str]) -> Tally:
        """The same counts in another way: every row looked up by itself, nothing subtracted."""
        ...
