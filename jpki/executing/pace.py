"""Keeping to a rate, inside one chunk."""

from __future__ import annotations

from collections.abc import Callable


class Pace:
    """Lets one question pass in each interval, the first one at the end of the first.

    Who waits before, not after, keeps the rate also when a worker is killed between question and pause.
    """

    def __init__(self, interval_s: float, *, monotonic: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._interval = interval_s
        self._monotonic = monotonic
        self._sleep = sleep
        self._begin = monotonic()
        self._next = self._begin + interval_s

    def wait(self) -> None:
        """Until the next question may be asked. Time that was spent otherwise is not waited for again."""
        early = self._next - self._monotonic()
        if early > 0:
            self._sleep(early)
        self._next = max(self._next, self._monotonic()) + self._interval

    def rest(self, seconds: float) -> None:
        """Wait for another reason."""
        self._sleep(seconds)

    @property
    def elapsed_s(self) -> float:
        """Seconds since the chunk was begun."""
        return self._monotonic() - self._begin
