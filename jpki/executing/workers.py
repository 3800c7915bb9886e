"""Who works: what the driver needs of local processes or of a cluster."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from jpki.executing.chunks import Chunk, Result, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """A chunk that came back: with ``results``, or with what its task raised, or because its worker was lost."""

    chunk: Chunk
    results: Sequence[Result] | None = field(default=None, repr=False)
    raised: str = ""
    """The name of the exception's class alone: its message may have data of people."""


class Workers(Protocol):
    """Closed at the end; whoever is at work then is stopped."""

    @property
    def capacity(self) -> int:
        """How many chunks are out at a time, at most. Never changes."""
        ...

    def start(self, task: Task, chunk: Chunk) -> None:
        """Hand a chunk out."""
        ...

    def finished(self) -> Iterable[Returned]:
        """Wait for one that comes back, and what came with it; ``WorkersGoneError`` when none can."""
        ...

    def close(self) -> None:
        """Let nobody work any more."""
        ...
