"""The readers of one service as the lab arranges them (add, insert, remove), and the picture that clients get."""

from __future__ import annotations

import contextlib
import threading

from apdu.ports import Card
from readers.errors import NoCardError, NoReaderError, SlotError
from readers.pcsclite.constants import MAX_ATR, MAX_READER_NAME, MAX_READERS, Rv
from readers.pcsclite.events import EventHub
from readers.pcsclite.slots import Refusal, Seat, Slot
from readers.pcsclite.wire import READER_STATE

SETTLE_TIMEOUT_S = 5.0
_NO_READER = bytes(READER_STATE.size)


class ReaderTable:
    """Up to 16 slots. ``lock`` guards them and all in them; ``freed`` is notified when a slot may have become free."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.freed = threading.Condition(self.lock)
        self.hub = EventHub()
        self.reader_events = 1  # readerfactory.c ReaderEvents: readers that came or went, for 4:5 clients
        self._slots: list[Slot | None] = [None] * MAX_READERS
        self._picture: bytes | None = None
        self._leaving: list[Seat] = []

    # --- for the lab

    @property
    def names(self) -> tuple[str, ...]:
        """The readers, in the order clients list them."""
        with self.lock:
            return tuple(slot.name for slot in self._slots if slot is not None)

    def add(self, name: str) -> None:
        """A reader is plugged in; ``SlotError`` for a bad or known name, or a seventeenth reader."""
        _check_name(name)
        with self.lock:
            if self._named(name) is not None:
                raise SlotError(f"there is a reader {name!r} already", reader=name, hint="choose another name")
            if None not in self._slots:
                raise SlotError(
                    f"there are {MAX_READERS} readers already, the most that pcsc-lite's protocol 4:4 can show",
                    reader=name,
                    hint="start a second server for more",
                )
            index = self._slots.index(None)
            self._slots[index] = Slot(name, index)
            self._count_reader_event()

    def drop(self, name: str) -> Card | None:
        """A reader is unplugged; the card that was in it."""
        with self.lock:
            slot = self._slot(name)
            seat = self._unseat(slot) if slot.seat is not None else None
            self._slots[slot.index] = None
            for handle in slot.handles:
                handle.fault = Rv.READER_UNAVAILABLE
            self._count_reader_event()
        return self._retire(seat).card if seat is not None else None

    def insert(self, name: str, card: Card) -> None:
        """Put a card into an empty reader; ``SlotError`` when the reader is full or the card is elsewhere."""
        with self.lock:
            self._check_free(self._slot(name), card)
        self.await_idle(card, reader=name)
        seat = Seat(card)
        if not 2 <= len(seat.atr) <= MAX_ATR:
            raise SlotError(f"an ATR has 2 to {MAX_ATR} bytes, this card's {len(seat.atr)}", reader=name)
        with self.lock:
            slot = self._slot(name)
            self._check_free(slot, card)
            slot.seat_card(seat)
            self.changed()

    def remove(self, name: str) -> Card:
        """Take the card out; ``NoCardError`` when there is none. An answer that the card still works on is lost."""
        with self.lock:
            slot = self._slot(name)
            if slot.seat is None:
                raise NoCardError(f"there is no card in {name!r}", reader=name)
            seat = self._unseat(slot)
        return self._retire(seat).card

    def await_idle(self, card: Card, *, reader: str = "") -> None:
        """Wait until a card that left in mid-command is through with it; ``SlotError`` when that takes too long."""
        for seat in tuple(self._leaving):
            if seat.settle(timeout_s=SETTLE_TIMEOUT_S if seat.card is card else 0.0):
                with contextlib.suppress(ValueError):  # somebody else saw it, too
                    self._leaving.remove(seat)
            elif seat.card is card:
                raise SlotError(
                    "this card still works on a command from before its removal",
                    reader=reader,
                    hint="wait for it, or use another card",
                )

    # --- for the clients' side; the caller holds ``lock`` unless it says otherwise

    def find(self, name: str) -> Slot:
        """The reader of that name, or the refusal that a client gets."""
        slot = self._named(name)
        if slot is None:
            raise Refusal(Rv.UNKNOWN_READER)
        return slot

    def has(self, slot: Slot) -> bool:
        """False once the reader was unplugged."""
        return self._slots[slot.index] is slot

    def repaint(self) -> None:
        """Something of the picture changed that nobody waits for."""
        self._picture = None

    def changed(self) -> None:
        """Something that clients wait for changed: repaint the picture, end all waits."""
        self._picture = None
        self.hub.changed()

    def picture(self) -> bytes:
        """The states of all 16 slots, as GET_READERS_STATE sends them. Takes ``lock``."""
        with self.lock:
            if self._picture is None:
                self._picture = b"".join(_NO_READER if slot is None else slot.encode() for slot in self._slots)
            return self._picture

    # --- inside

    def _named(self, name: str) -> Slot | None:
        return next((slot for slot in self._slots if slot is not None and slot.name == name), None)

    def _slot(self, name: str) -> Slot:
        slot = self._named(name)
        if slot is None:
            names = tuple(slot.name for slot in self._slots if slot is not None)
            raise NoReaderError(f"there is no reader {name!r}", available=names, reader=name)
        return slot

    def _check_free(self, slot: Slot, card: Card) -> None:
        if slot.seat is not None:
            raise SlotError(f"there is a card in {slot.name!r} already", reader=slot.name, hint="remove it first")
        for other in self._slots:
            if other is not None and other.seat is not None and other.seat.card is card:
                raise SlotError(f"this card is in {other.name!r}", reader=slot.name, hint="remove it there first")

    def _unseat(self, slot: Slot) -> Seat:
        seat = slot.seat
        assert seat is not None
        slot.seat_card(None)
        self.freed.notify_all()
        self.changed()
        return seat

    def _retire(self, seat: Seat) -> Seat:
        if not seat.retire():
            self._leaving.append(seat)
        return seat

    def _count_reader_event(self) -> None:
        self.reader_events = self.reader_events % 0x7FFF + 1  # an int16_t there, never 0 or negative
        self.freed.notify_all()
        self.changed()


def _check_name(name: str) -> None:
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        raise SlotError("a reader's name has only characters that UTF-8 has", reader=name) from None
    if not name or "\0" in name or size >= MAX_READER_NAME:
        raise SlotError(
            f"a reader's name has 1 to {MAX_READER_NAME - 1} bytes of UTF-8 and no NUL, this one {size} bytes",
            reader=name,
            hint="choose another name",
        )
