"""Challenges that work once: what the server remembers between ``begin`` and ``complete``.

A relying party keeps the ``Pending`` in the user's session. The store decides whether it is still good: it hands a
challenge out once, to the first who takes it, whether or not what follows succeeds.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from threading import Lock
from typing import Final, Protocol

from jpki.rp.statement import Statement

# How long a used or expired challenge is remembered, so that a replay is told from a challenge never given out.
DEFAULT_MEMORY: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A ceremony that has begun. ``statement`` is what the card has to sign."""

    statement: Statement
    begun_at: datetime

    @property
    def nonce(self) -> bytes:
        """The 256 random bits, which name the challenge in the store as well."""
        return self.statement.nonce


class Taken(Enum):
    """What the store says when somebody takes a challenge."""

    FRESH = "fresh"
    USED = "used"
    UNKNOWN = "unknown"


class ChallengeStore(Protocol):
    """Where challenges wait. One store may serve many ceremonies, processes and threads."""

    def put(self, pending: Pending, *, now: datetime) -> None:
        """Remember a challenge that is about to be given out."""
        ...

    def take(self, pending: Pending, *, now: datetime) -> Taken:
        """Use a challenge up, in one atomic step: FRESH for exactly one of all who ever ask.

        A ``pending`` that differs in any field from the one that was put is UNKNOWN, and uses nothing up.
        """
        ...


@dataclass(slots=True)
class _Slot:
    pending: Pending
    is_used: bool = field(default=False)


class MemoryChallengeStore:
    """A store for one process. Challenges are forgotten some time after they have expired."""

    def __init__(self, *, memory: timedelta = DEFAULT_MEMORY) -> None:
        self._memory = memory
        self._slots: OrderedDict[bytes, _Slot] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._slots)

    def put(self, pending: Pending, *, now: datetime) -> None:
        """Remember a challenge, forget old ones; ``ValueError`` when the random source repeats itself."""
        with self._lock:
            self._purge(now)
            if pending.nonce in self._slots:
                raise ValueError("the random source gave the same nonce twice")
            self._slots[pending.nonce] = _Slot(pending)

    def take(self, pending: Pending, *, now: datetime) -> Taken:
        """Use a challenge up; see ``ChallengeStore``."""
        with self._lock:
            self._purge(now)
            slot = self._slots.get(pending.nonce)
            if slot is None or slot.pending != pending:
                return Taken.UNKNOWN
            if slot.is_used:
                return Taken.USED
            slot.is_used = True
            return Taken.FRESH

    def _purge(self, now: datetime) -> None:
        """Drop from the old end; ceremonies with different lifetimes only delay it."""
        while self._slots:
            nonce, slot = next(iter(self._slots.items()))
            if slot.pending.statement.expires_at + self._memory > now:
                return
            del self._slots[nonce]
