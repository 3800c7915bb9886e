"""What the provider remembers for a while, in this process: nothing of it outlives a restart, all of it is bounded."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from threading import Lock
from typing import Final, Generic, Protocol, TypeVar

Value = TypeVar("Value")

MOST: Final = 100_000
"""Of each kind of thing: a choice, some hundred megabytes at the worst."""


class FullError(Exception):
    """There is no room, and nothing in the store may be forgotten yet."""


class Store(Protocol[Value]):
    """Things by their names, each until a moment of the lab's clock. Another store may serve many processes."""

    def put(self, key: str, value: Value, *, until: datetime, now: datetime) -> None:
        """Keep it; ``FullError`` when there is no room."""
        ...

    def get(self, key: str, *, now: datetime) -> Value | None:
        """What is there, unless its time is over."""
        ...

    def take(self, key: str, *, now: datetime) -> Value | None:
        """The same, and forget it: one of all who ask gets it."""
        ...

    def first(self, key: str, value: Value, *, until: datetime, now: datetime) -> bool:
        """Keep it if nothing of this name is there; whether it was so. One atomic step."""
        ...


class MemoryStore(Generic[Value]):
    """For one process. When it is full it forgets what it got first, unless it ``refuses`` to."""

    def __init__(self, *, most: int = MOST, refuses: bool = False) -> None:
        self._most = most
        self._refuses = refuses
        self._items: OrderedDict[str, tuple[datetime, Value]] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._items)

    def put(self, key: str, value: Value, *, until: datetime, now: datetime) -> None:
        """See ``Store``."""
        with self._lock:
            self._put(key, value, until, now)

    def get(self, key: str, *, now: datetime) -> Value | None:
        """See ``Store``."""
        with self._lock:
            return self._get(key, now)

    def take(self, key: str, *, now: datetime) -> Value | None:
        """See ``Store``."""
        with self._lock:
            value = self._get(key, now)
            self._items.pop(key, None)
            return value

    def first(self, key: str, value: Value, *, until: datetime, now: datetime) -> bool:
        """See ``Store``."""
        with self._lock:
            if self._get(key, now) is not None:
                return False
            self._put(key, value, until, now)
            return True

    def _get(self, key: str, now: datetime) -> Value | None:
        until, value = self._items.get(key, (now, None))
        return value if now < until else None

    def _put(self, key: str, value: Value, until: datetime, now: datetime) -> None:
        self._items.pop(key, None)
        if self._refuses:
            self._make_room(now)
        else:
            self._forget(now)
        self._items[key] = (until, value)

    def _forget(self, now: datetime) -> None:
        while self._items and (len(self._items) >= self._most or next(iter(self._items.values()))[0] <= now):
            self._items.popitem(last=False)

    def _make_room(self, now: datetime) -> None:
        """What is over goes only when it has to: the lab's clock may be set back, and it would be new once more."""
        if len(self._items) < self._most:
            return
        for key in [key for key, (until, _) in self._items.items() if until <= now]:
            del self._items[key]
        if len(self._items) >= self._most:
            raise FullError
