"""Who waits for a change of the readers, and who is told.

The protocol answers each WAIT exactly once: with a signal when something changes or the wait is cancelled, or else to
the client's STOP. A client whose signal and STOP cross reads the signal as the answer to its STOP, so a STOP from a
client that waits no more is answered with nothing (pcsc-lite winscard_svc.c: "send the response only if the client was
still in the list"). A signal may never come before the reader states that the client was promised first; a change in
that interval is kept until they are out. In 4:4 and 4:5 the states answer WAIT itself; in 4:6 the client asks for them
with two commands more (observed of libpcsclite 2.5.3).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import Enum, auto

from readers.pcsclite.constants import Rv


class _Phase(Enum):
    IDLE = auto()
    ARMING = auto()  # WAIT came, the reader states are not out yet
    ARMED = auto()  # the next change is signalled at once


class Waiter:
    """One connection's wait. ``signal`` sends one answer without ever blocking."""

    __slots__ = ("_deferred", "_phase", "signal")

    def __init__(self, signal: Callable[[Rv], object]) -> None:
        self.signal = signal
        self._phase = _Phase.IDLE
        self._deferred: Rv | None = None

    def begin(self) -> None:
        """WAIT."""
        self._phase, self._deferred = _Phase.ARMING, None

    def arm(self) -> None:
        """The reader states are out: from here on signals may go."""
        if self._phase is _Phase.ARMING:
            self._phase = _Phase.ARMED
            if self._deferred is not None:
                self.fire(self._deferred)

    def stop(self) -> Rv | None:
        """STOP: the answer that is owed, or None when the wait was answered already."""
        phase, self._phase = self._phase, _Phase.IDLE
        if phase is _Phase.IDLE:
            return None
        return self._deferred if self._deferred is not None else Rv.SUCCESS

    def fire(self, rv: Rv) -> bool:
        """A change, or a cancel: True when this wait is ended by it."""
        if self._phase is _Phase.ARMED:
            self._phase = _Phase.IDLE
            self.signal(rv)
            return True
        if self._phase is _Phase.ARMING and self._deferred is None:
            self._deferred = rv
            return True
        return False


class EventHub:
    """All waiters, behind one lock that is held for moments only."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiters: list[Waiter] = []

    def add(self, waiter: Waiter) -> None:
        """A connection begins."""
        with self._lock:
            self._waiters.append(waiter)

    def discard(self, waiter: Waiter) -> None:
        """A connection ends."""
        with self._lock:
            self._waiters.remove(waiter)

    def begin(self, waiter: Waiter) -> None:
        """WAIT came from ``waiter``. Call this before the reader states are read, so that no change falls between."""
        with self._lock:
            waiter.begin()

    def arm(self, waiter: Waiter) -> None:
        """The reader states are out to ``waiter``."""
        with self._lock:
            waiter.arm()

    def stop(self, waiter: Waiter) -> Rv | None:
        """STOP came from ``waiter``: what to answer, or None for nothing."""
        with self._lock:
            return waiter.stop()

    def cancel(self, waiter: Waiter) -> bool:
        """Somebody cancels the wait of ``waiter``; False when it does not wait."""
        with self._lock:
            return waiter.fire(Rv.CANCELLED)

    def changed(self) -> None:
        """Something about the readers changed: every wait ends."""
        with self._lock:
            for waiter in self._waiters:
                waiter.fire(Rv.SUCCESS)
