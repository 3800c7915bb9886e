"""The things a service keeps: a ``Slot`` is a reader, a ``Seat`` one stay of a card in it, a ``Handle`` one connection.

A handle is bound to a seat, not to a reader: when the card is swapped, the old handle can never reach the new card.
Two locks rule here. A seat's is held while the card works, so that a card is never asked two things at once and a
slow card delays nobody else. The table's lock guards every other field and is never held while a card works. Who
needs both takes the seat's first.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from apdu.ports import Card
from readers.pcsclite.constants import EXCLUSIVE_SHARING, READY, CardState, Protocol, Rv
from readers.pcsclite.wire import READER_STATE


class Refusal(Exception):  # noqa: N818 - not an error of the program: the answer that a client gets
    """A client's request is answered with ``rv`` instead of a result."""

    def __init__(self, rv: Rv) -> None:
        super().__init__(rv.name)
        self.rv = rv


class Seat:
    """One stay of one card in one reader, from insertion to removal. ``with seat:`` has the card to oneself."""

    __slots__ = ("_lock", "_runs", "atr", "card", "powered", "retired")

    def __init__(self, card: Card) -> None:
        self.card = card
        self.atr = card.atr
        self.powered = False  # also False as long as a power-off is owed: the next user starts with a reset
        self.retired = False
        self._runs = False
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_exc: object) -> None:
        self._lock.release()
        if self.retired:
            self.settle()

    def power_up(self) -> None:
        """Start the card, unless it runs."""
        if not self.powered:
            self.reset()

    def reset(self) -> None:
        """Start the card anew."""
        self._runs = True
        self.card.reset()
        self.atr = self.card.atr
        self.powered = True

    def power_down(self) -> None:
        """Stop the card, unless it was stopped."""
        self.powered = False
        if self._runs:
            self._runs = False
            self.card.power_off()

    def retire(self) -> bool:
        """The card leaves: stop it now, or leave that to whoever has it at work; False in the latter case."""
        self.retired = True
        return self.settle()

    def settle(self, *, timeout_s: float = 0.0) -> bool:
        """Stop a retired card once it is idle; False when it is still at work after ``timeout_s``."""
        if not self._lock.acquire(timeout=timeout_s):
            return False
        try:
            self.power_down()
        finally:
            self._lock.release()
        return True


class Slot:
    """A reader: its name, the seat in it, who is connected, and who holds it in a transaction."""

    __slots__ = ("contexts", "depth", "event_counter", "handles", "index", "name", "owner", "protocol", "seat", "state")

    def __init__(self, name: str, index: int) -> None:
        self.name = name
        self.index = index
        self.seat: Seat | None = None
        self.state = CardState.ABSENT
        self.protocol = Protocol.UNDEFINED
        # From 1 on and never 0: clients compare the counter only when theirs is not 0 (winscard_clnt.c), and pcscd's
        # own start at 0 hides a swap that is quicker than the client.
        self.event_counter = 1
        self.contexts = 0
        self.owner: Handle | None = None
        self.depth = 0
        self.handles: list[Handle] = []

    def count_event(self) -> None:
        """A card came or went."""
        self.event_counter = self.event_counter % 0xFFFF + 1

    def seat_card(self, seat: Seat | None) -> None:
        """A card comes, or goes: then every handle has lost it, and no transaction survives."""
        if seat is None:
            for handle in self.handles:
                handle.fault = Rv.REMOVED_CARD
        self.seat = seat
        self.state = READY if seat is not None else CardState.ABSENT
        self.protocol = Protocol.UNDEFINED
        self.owner, self.depth = None, 0
        self.count_event()

    def note_reset(self, *, spare: Handle | None) -> None:
        """The card was reset: every handle on it learns that at its next use, but for ``spare``."""
        self.protocol = Protocol.UNDEFINED
        for handle in self.handles:
            if handle is not spare and handle.seat is self.seat:
                handle.fault = Rv.RESET_CARD

    def lock_for(self, handle: Handle) -> None:
        """Begin a transaction, or one inside it."""
        self.owner = handle
        self.depth += 1

    def unlock_for(self, handle: Handle) -> Rv:
        """End one transaction (readerfactory.c RFUnlockSharing): an exclusive handle keeps its outermost lock."""
        if self.owner is not None and self.owner is not handle:
            return Rv.SHARING_VIOLATION
        if self.depth <= (1 if self.contexts == EXCLUSIVE_SHARING else 0):
            return Rv.NOT_TRANSACTED
        self.depth -= 1
        if not self.depth:
            self.owner = None
        return Rv.SUCCESS

    def release(self, handle: Handle) -> bool:
        """Forget a handle; True when the card is left without users and is to be stopped."""
        self.handles.remove(handle)
        if self.owner is handle:
            self.owner, self.depth = None, 0
        self.contexts = 0 if self.contexts == EXCLUSIVE_SHARING else self.contexts - 1
        seat = self.seat
        if seat is None or not seat.powered or any(other.seat is seat for other in self.handles):
            return False
        seat.powered = False
        self.protocol = Protocol.UNDEFINED
        return True

    def encode(self) -> bytes:
        """The 184 bytes that clients see of this reader."""
        atr = self.seat.atr if self.seat is not None else b""
        return READER_STATE.pack(
            self.name.encode(), self.event_counter, self.state, self.contexts, atr, len(atr), self.protocol
        )


@dataclass(slots=True, eq=False)
class Handle:
    """One connection of one client to one reader."""

    number: int
    slot: Slot
    seat: Seat | None
    protocol: Protocol = Protocol.UNDEFINED
    fault: int = 0
    """What the handle's next use is answered: RESET_CARD, REMOVED_CARD, READER_UNAVAILABLE, or 0 while it is good."""
