"""How often a tenant may ask: a token bucket each, by real time. The lab's clock may stand still; a crowd does not."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Plenty for a test suite, an end to a loop that has gone wild."""

    burst: int = 2_000
    per_second: float = 500.0


class Rates:
    """The buckets of all tenants; there are as many as tenants, for only those who have a token get one."""

    def __init__(self, rate: Rate, *, seconds: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._seconds = seconds
        self._guard = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, tenant: str) -> int:
        """0 when the tenant may go on; else after how many seconds it may."""
        now = self._seconds()
        with self._guard:
            left, since = self._buckets.get(tenant, (float(self._rate.burst), now))
            left = min(self._rate.burst, left + (now - since) * self._rate.per_second)
            if left >= 1:
                self._buckets[tenant] = (left - 1, now)
                return 0
            self._buckets[tenant] = (left, now)
            return math.ceil((1 - left) / self._rate.per_second)
