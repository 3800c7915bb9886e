"""Where events are kept: the Protocol that the register asks for, and the log that lives in memory."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

from jpki.errors import RegistryError
from jpki.registry.holders import JsonObject


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One event and where it stands, counted as the log counts."""

    position: int
    event: JsonObject


class EventLog(Protocol):
    """An append-only sequence of events that several processes may share."""

    @property
    def unfinished_bytes(self) -> int:
        """What an append left that never ended, hence was never acknowledged. 0 when all is well."""
        ...

    def exclusive(self) -> AbstractContextManager[None]:
        """Nobody else appends before this ends."""
        ...

    def read_new(self) -> list[LogEntry]:
        """The events that others added since the last call or ``append``."""
        ...

    def append(self, event: JsonObject) -> None:
        """Add one event; durable on return. Only inside ``exclusive``, and after ``read_new`` there."""
        ...

    def corrupt(self, position: int, why: str) -> RegistryError:
        """The error that names an entry which makes no sense."""
        ...


class MemoryLog:
    """A log that ends with the process; what several registers share when they share the object's ``events``."""

    def __init__(self, events: list[JsonObject] | None = None) -> None:
        self.events: list[JsonObject] = [] if events is None else events
        self._read = 0
        self._guard = threading.RLock()

    @property
    def unfinished_bytes(self) -> int:
        """Always 0: memory has no half-written events."""
        return 0

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Other threads wait."""
        with self._guard:
            yield

    def read_new(self) -> list[LogEntry]:
        """The events that others added since the last call or ``append``."""
        with self._guard:
            first, self._read = self._read, len(self.events)
            return [LogEntry(position, self.events[position]) for position in range(first, self._read)]

    def append(self, event: JsonObject) -> None:
        """Add one event."""
        if self._read != len(self.events):
            raise RuntimeError("append needs read_new() first: others have written")
        self.events.append(event)
        self._read += 1

    def corrupt(self, position: int, why: str) -> RegistryError:
        """An error that names the event by its index."""
        return RegistryError(f"event {position}: {why}")
