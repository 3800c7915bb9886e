"""How often a PIN may be entered: by browser session and by card, in the time that really passes."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from threading import Lock
from typing import Final

MOST: Final = 5
SECONDS: Final = 60.0
NAMES: Final = 10_000
"""Sessions and cards that are counted at a time."""


class Limiter:
    """So many in so long. The lab's clock may stand still, so it is not asked."""

    def __init__(
        self,
        *,
        most: int = MOST,
        seconds: float = SECONDS,
        names: int = NAMES,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most, self._seconds, self._names, self._monotonic = most, seconds, names, monotonic
        self._times: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = Lock()

    def allows(self, *keys: str) -> bool:
        """Whether one more is allowed under each of these names; if so it is counted.

        What is refused leaves nothing behind, and no try that counts is forgotten for others: where there is no room
        the answer is no. So nobody gets tries by names that he makes up.
        """
        with self._lock:
            now = self._monotonic()
            if any(self._count(key, now) >= self._most for key in keys) or not self._has_room(len(keys), now):
                return False
            for key in keys:
                self._times.setdefault(key, deque()).append(now)
                self._times.move_to_end(key)
            return True

    def forgive(self, *keys: str) -> None:
        """What was right does not count: take the last one back."""
        with self._lock:
            for key in keys:
                row = self._times.get(key)
                if row:
                    row.pop()

    def _count(self, key: str, now: float) -> int:
        row = self._times.get(key, deque())
        while row and row[0] <= now - self._seconds:
            row.popleft()
        return len(row)

    def _has_room(self, wanted: int, now: float) -> bool:
        """The longest unused are first, and go when their time is over."""
        while self._times and self._count(oldest := next(iter(self._times)), now) == 0:
            del self._times[oldest]
        return len(self._times) + wanted <= self._names
