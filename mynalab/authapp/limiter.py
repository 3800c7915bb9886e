"""How often a PIN may be entered: by browser session and by card, in the time that really passes."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from threading import Lock
from typing import Final

MOST: Final = 5
SECONDS: Final = 60.0
_KEYS: Final = 10_000


class Limiter:
    """So many in so long. The lab's clock may stand still, so it is not asked."""

    def __init__(
        self, *, most: int = MOST, seconds: float = SECONDS, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._most, self._seconds, self._monotonic = most, seconds, monotonic
        self._times: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = Lock()

    def allows(self, *keys: str) -> bool:
        """Whether one more is allowed under each of these names; if so it is counted."""
        with self._lock:
            now = self._monotonic()
            rows = [self._row(key, now) for key in keys]
            if any(len(row) >= self._most for row in rows):
                return False
            for row in rows:
                row.append(now)
            return True

    def forgive(self, *keys: str) -> None:
        """What was right does not count: take the last one back."""
        with self._lock:
            for key in keys:
                row = self._times.get(key)
                if row:
                    row.pop()

    def _row(self, key: str, now: float) -> deque[float]:
        row = self._times.setdefault(key, deque())
        self._times.move_to_end(key)
        while row and row[0] <= now - self._seconds:
            row.popleft()
        while len(self._times) > _KEYS:
            self._times.popitem(last=False)
        return row
