"""What clients do with readers and cards: connect, share, lock, transmit, reset, leave.

The rules are pcscd's (pcsc-lite winscard.c, readerfactory.c), with these differences, each in favour of a test that
gives the same result twice:

- The card is powered off at once when its last handle leaves; pcscd waits for one or two polls, up to 5 s. The next
  client finds a card that was reset, never a verified PIN.
- BEGIN waits for the lock itself, as long as pcscd sleeps (100 ms), and takes it the moment that it is free.
- RAW is the protocol of the handle that asked for it, not of the reader.
- EJECT unpowers: a virtual reader has no motor, as most real ones.
- A handle whose card was removed resets nothing when it disconnects; pcscd resets the card that came after it. Only an
  explicit RECONNECT binds a handle to the new card, as there.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

from readers.pcsclite.capabilities import attribute, control
from readers.pcsclite.constants import (
    EXCLUSIVE_SHARING,
    LOCK_WAIT_S,
    READY,
    CardState,
    Disposition,
    Protocol,
    Rv,
    Scope,
    Share,
)
from readers.pcsclite.events import Waiter
from readers.pcsclite.slots import Handle, Refusal, Seat, Slot
from readers.pcsclite.table import ReaderTable

Alive = Callable[[], bool]
# T=0 alone is refused: these readers report T=1 for every card, as vpcd's driver does.
_USABLE_PROTOCOLS = Protocol.T1 | Protocol.RAW | Protocol.ANY_OLD
_SCOPES, _SHARES, _DISPOSITIONS = frozenset(Scope), frozenset(Share), frozenset(Disposition)
_INITIALIZATIONS = _DISPOSITIONS - {Disposition.EJECT}


class CardService:
    """The operations on one table of readers, for all clients. Every refusal is a ``Refusal``."""

    def __init__(self, table: ReaderTable) -> None:
        self._table = table
        self._lock = table.lock
        self._numbers = itertools.count(1)
        self._contexts: dict[int, Waiter] = {}

    # --- contexts

    def establish(self, scope: int, waiter: Waiter) -> int:
        """A new context, whose waits are those of ``waiter``."""
        if scope not in _SCOPES:
            raise Refusal(Rv.INVALID_VALUE)
        with self._lock:
            context = next(self._numbers)
            self._contexts[context] = waiter
        return context

    def forget(self, context: int) -> None:
        """A context is gone."""
        with self._lock:
            del self._contexts[context]

    def cancel(self, context: int) -> None:
        """End the wait of any client's context; a context that does not wait is refused, as pcscd does."""
        with self._lock:
            waiter = self._contexts.get(context)
        if waiter is None or not self._table.hub.cancel(waiter):
            raise Refusal(Rv.INVALID_HANDLE)

    # --- connections

    def connect(self, name: str, share: int, preferred: int, *, alive: Alive) -> Handle:
        """SCardConnect. Waits while another client is in a transaction, as long as ``alive`` says so."""
        mode = _share_mode(share, preferred)
        with self._lock:
            slot = self._table.find(name)
            self._await_unlocked(slot, alive=alive)
            if mode is not Share.DIRECT and slot.seat is None:
                raise Refusal(Rv.NO_SMARTCARD)
            if mode is Share.EXCLUSIVE and slot.contexts:
                raise Refusal(Rv.SHARING_VIOLATION)
            handle = Handle(next(self._numbers) & 0x7FFFFFFF, slot, slot.seat)
            handle.protocol = _negotiate(slot, mode, preferred)
            slot.handles.append(handle)
            if mode is Share.EXCLUSIVE:
                slot.contexts = EXCLUSIVE_SHARING
                slot.lock_for(handle)
            else:
                slot.contexts += 1
            self._table.changed()
        if mode is not Share.DIRECT:
            self._power_up(handle)
            if handle.fault:  # the card was pulled just now
                self._release(handle)
                raise Refusal(Rv(handle.fault))
        return handle

    def reconnect(self, handle: Handle, share: int, preferred: int, initialization: int) -> Protocol:
        """SCardReconnect: clears what the handle missed, and may bind it to a card inserted since."""
        if initialization not in _INITIALIZATIONS:
            raise Refusal(Rv.INVALID_VALUE)
        mode = _share_mode(share, preferred)
        slot = handle.slot
        with self._lock:
            _check(handle, faults=False)
            if slot.seat is None:
                raise Refusal(Rv.NO_SMARTCARD)
            if mode is Share.EXCLUSIVE and slot.contexts not in (1, EXCLUSIVE_SHARING):
                raise Refusal(Rv.SHARING_VIOLATION)
            handle.seat, handle.fault = slot.seat, 0
            self._reshare(handle, mode)
        if initialization != Disposition.LEAVE:
            self._cycle(handle, initialization, restart=True, spare=handle)
        elif mode is not Share.DIRECT:
            self._power_up(handle)
        with self._lock:
            if handle.fault:  # the card was pulled, or reset again, just now
                raise Refusal(Rv(handle.fault))
            handle.protocol = _negotiate(slot, mode, preferred)
            self._table.changed()
        return handle.protocol

    def disconnect(self, handle: Handle, disposition: int, *, alive: Alive) -> None:
        """SCardDisconnect. Anything but LEAVE waits until nobody else is in a transaction."""
        if disposition not in _DISPOSITIONS:
            raise Refusal(Rv.INVALID_VALUE)
        if disposition != Disposition.LEAVE and self._claim(handle, alive=alive):
            self._cycle(handle, disposition, restart=False, spare=handle)
        self._release(handle)

    def abandon(self, handle: Handle) -> None:
        """The client died or dropped its context: the card is left, or reset when a transaction was open on it."""
        if handle.slot.owner is handle and not handle.fault:
            self._cycle(handle, Disposition.RESET, restart=False, spare=handle)
        self._release(handle)

    # --- transactions

    def begin(self, handle: Handle) -> None:
        """SCardBeginTransaction: SHARING_VIOLATION after 100 ms, upon which libpcsclite asks again."""
        slot = handle.slot
        with self._lock:
            if handle.fault:
                raise Refusal(Rv(handle.fault))
            self._table.freed.wait_for(lambda: slot.owner in (None, handle) or handle.fault, LOCK_WAIT_S)
            _check(handle)
            slot.lock_for(handle)

    def end(self, handle: Handle, disposition: int) -> None:
        """SCardEndTransaction. A reset here concerns the own handle too, as with pcscd."""
        if disposition not in _DISPOSITIONS:
            raise Refusal(Rv.INVALID_VALUE)
        with self._lock:
            if handle.fault:
                raise Refusal(Rv(handle.fault))
            if disposition != Disposition.LEAVE:
                _check(handle)
        if disposition != Disposition.LEAVE:
            self._cycle(handle, disposition, restart=True, spare=None)
        with self._lock:
            rv = handle.slot.unlock_for(handle)
            self._table.freed.notify_all()
        if rv is not Rv.SUCCESS:
            raise Refusal(rv)

    # --- use

    def transmit(self, handle: Handle, protocol: int, command: bytes) -> bytes:
        """SCardTransmit."""
        seat = handle.seat
        if handle.fault or seat is None:
            raise Refusal(Rv(handle.fault) if handle.fault else Rv.NO_SMARTCARD)
        with seat:
            # Under the seat's lock: whoever begins a transaction from here on waits until this command is through.
            if handle.fault or handle.slot.owner not in (None, handle):
                _check(handle)
            if protocol not in (handle.protocol, Protocol.RAW, Protocol.ANY_OLD):
                raise Refusal(Rv.PROTO_MISMATCH)
            if not seat.powered:
                raise Refusal(Rv.UNPOWERED_CARD)
            answer = seat.card.process(command)
        if handle.fault:  # the card was pulled in mid-command
            raise Refusal(Rv(handle.fault))
        if not answer:  # a mute card: ifdwrapper.c IFDTransmit, for every failure but a missing card or reader
            raise Refusal(Rv.NOT_TRANSACTED)
        return answer

    def status(self, handle: Handle) -> None:
        """SCardStatus: only the refusal is the service's, the rest clients read from the reader states."""
        with self._lock:
            _check(handle)

    def control(self, handle: Handle, code: int) -> bytes:
        """SCardControl: needs no card, so a handle that lost its card may still ask."""
        with self._lock:
            _check(handle, faults=False)
            return control(handle.slot, code)

    def get_attribute(self, handle: Handle, number: int) -> bytes:
        """SCardGetAttrib."""
        with self._lock:
            _check(handle)
            return attribute(handle.slot, number)

    def set_attribute(self, handle: Handle) -> None:
        """SCardSetAttrib: nothing of a virtual reader can be set."""
        with self._lock:
            _check(handle)
        raise Refusal(Rv.UNSUPPORTED_FEATURE)

    # --- inside

    def _await_unlocked(self, slot: Slot, *, alive: Alive) -> None:
        while True:
            if not self._table.has(slot):
                raise Refusal(Rv.READER_UNAVAILABLE)
            if slot.contexts == EXCLUSIVE_SHARING:
                raise Refusal(Rv.SHARING_VIOLATION)
            if slot.owner is None:
                return
            self._wait(alive)

    def _claim(self, handle: Handle, *, alive: Alive) -> bool:
        """Take the lock to reset the card; False when the handle has no card any more."""
        slot = handle.slot
        with self._lock:
            while slot.owner not in (None, handle) and not handle.fault:
                self._wait(alive)
            if handle.seat is None or handle.seat is not slot.seat:
                return False
            slot.owner = handle
            return True

    def _wait(self, alive: Alive) -> None:
        if not alive():
            raise Refusal(Rv.COMM_ERROR)
        self._table.freed.wait(LOCK_WAIT_S)

    def _power_up(self, handle: Handle) -> None:
        seat = handle.seat
        assert seat is not None
        with seat:
            if not handle.fault:
                seat.power_up()
        self._show_power(handle, seat)

    def _cycle(self, handle: Handle, disposition: int, *, restart: bool, spare: Handle | None) -> None:
        """Reset or unpower the card of ``handle``; all other handles on it get to know."""
        seat = handle.seat
        if seat is None:
            return
        with seat:
            with self._lock:
                if handle.slot.seat is not seat:
                    return
                handle.slot.note_reset(spare=spare)
            if disposition == Disposition.RESET:
                seat.reset()
            else:
                seat.power_down()
                if restart:
                    seat.power_up()
        self._show_power(handle, seat)

    def _show_power(self, handle: Handle, seat: Seat) -> None:
        slot, state = handle.slot, READY if seat.powered else CardState.PRESENT
        with self._lock:
            self._table.repaint()
            if slot.seat is seat and slot.state != state:
                slot.state = state
                self._table.changed()

    def _reshare(self, handle: Handle, mode: Share) -> None:
        slot = handle.slot
        if mode is Share.EXCLUSIVE and (slot.contexts != EXCLUSIVE_SHARING or slot.owner is None):
            slot.contexts = EXCLUSIVE_SHARING
            slot.lock_for(handle)
        elif mode is not Share.EXCLUSIVE and slot.contexts == EXCLUSIVE_SHARING:
            slot.contexts = 1
            slot.unlock_for(handle)
            self._table.freed.notify_all()

    def _release(self, handle: Handle) -> None:
        with self._lock:
            seat = handle.slot.seat
            unused = handle.slot.release(handle)
            self._table.freed.notify_all()
            self._table.changed()
        if unused and seat is not None:
            with seat:
                if not seat.powered:  # nobody came in the meantime
                    seat.power_down()


def _check(handle: Handle, *, faults: bool = True) -> None:
    """Refuse a handle whose reader is gone, then one that another's transaction shuts out, then one with a fault."""
    if handle.fault == Rv.READER_UNAVAILABLE:
        raise Refusal(Rv.READER_UNAVAILABLE)
    if handle.slot.owner not in (None, handle):
        raise Refusal(Rv.SHARING_VIOLATION)
    if faults and handle.fault:
        raise Refusal(Rv(handle.fault))


def _share_mode(share: int, preferred: int) -> Share:
    if share not in _SHARES:
        raise Refusal(Rv.INVALID_VALUE)
    if share != Share.DIRECT and not preferred & _USABLE_PROTOCOLS:
        raise Refusal(Rv.PROTO_MISMATCH)
    return Share(share)


def _negotiate(slot: Slot, mode: Share, preferred: int) -> Protocol:
    """The protocol of a handle; the reader shows the one that its first user got."""
    protocol = slot.protocol
    if preferred & Protocol.RAW:
        protocol = Protocol.RAW
    elif mode is not Share.DIRECT:
        protocol = Protocol.T1
    if slot.protocol is Protocol.UNDEFINED or protocol is Protocol.T1:
        slot.protocol = protocol
    return protocol
