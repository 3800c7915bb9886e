"""Virtual readers with lab cards behind a private socket: what `mynalab run` and `mynalab serve` keep up."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

from apdu.ports import Card
from mynalab.errors import ServiceError
from readers.errors import ReaderError
from readers.pcsclite import ENVIRONMENT_VARIABLE, MAX_READERS, PcscLiteServer

if TYPE_CHECKING:
    from apdu.faults.engine import Departure, FaultEngine
    from apdu.faults.plan import FaultPlan
    from readers.trace import Trace

SOCKET_VARIABLE = ENVIRONMENT_VARIABLE
SOCKET_NAME = "pcscd.comm"

_UNTIL_HEARD_S = 0.05
"""How long a card that goes after its answer stays, so that the answer is on its way; it is silent meanwhile."""


class Insertable(Card, Protocol):
    """A card that somebody has to put back: one of the lab, or a recorded one."""

    def close(self) -> None:
        """Let go of it."""
        ...


@dataclass(slots=True)
class _Slot:
    reader: str
    card_name: str | None = None
    card: Insertable | None = None
    in_reader: Card | None = None
    """What the server holds: ``card``, or ``card`` with its faults."""


class VirtualReaders:
    """Readers named like a real multi-slot reader's, each empty or holding one card of the lab.

    ``open_card`` turns a card's name into the card; the card is closed, and its lock released, when it
    leaves its reader. ``faults`` go wrong with every card; where each is in the plan outlasts its stay in a reader.
    ``trace`` is told of every exchange, under the card's name.
    """

    def __init__(
        self,
        socket_path: Path,
        open_card: Callable[[str], Insertable],
        *,
        faults: FaultPlan | None = None,
        trace: Trace | None = None,
    ) -> None:
        self.socket_path = socket_path
        self._open_card = open_card
        self._faults = faults
        self._trace = trace
        self._engines: dict[str, FaultEngine] = {}
        self._lock = threading.RLock()  # a fault takes a card out from a client's thread
        self._added = 0
        self._server = PcscLiteServer(socket_path)
        self._slots: list[_Slot] = []

    def __enter__(self) -> VirtualReaders:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.stop()
        with self._lock:
            for slot in self._slots:
                if slot.card is not None:
                    with contextlib.suppress(ReaderError):  # a card that hangs: its lock ends with this process
                        self._give_back(slot, slot.card)

    @property
    def contents(self) -> dict[str, str | None]:
        """The readers in their order, each with the name of its card, or None."""
        return {slot.reader: slot.card_name for slot in self._slots}

    @property
    def struck(self) -> list[dict[str, Any]]:
        """Every fault that struck, card by card."""
        return [{"card": name, **firing.as_dict()} for name, engine in self._engines.items() for firing in engine.fired]

    def add_reader(self, card_name: str | None = None) -> str:
        """Add a reader, with a card or empty; return its name."""
        if len(self._slots) == MAX_READERS:
            raise ServiceError(f"there are {MAX_READERS} readers already", hint="PC/SC clients see no more than these")
        slot = _Slot(f"mynalab Virtual Reader {self._added:02d} 00")
        self._added += 1
        self._server.add_reader(slot.reader)
        self._slots.append(slot)
        if card_name is not None:
            self._fill(slot, card_name)
        return slot.reader

    def insert(self, card_name: str, reader: str | None = None) -> str:
        """Put a card into ``reader``, or into the first empty one; return the reader's name."""
        with self._lock:
            return self._insert(card_name, reader)

    def _insert(self, card_name: str, reader: str | None) -> str:
        self._refuse_twice(card_name)
        candidates = [slot for slot in self._slots if slot.card is None and reader in (None, slot.reader)]
        if not candidates:
            raise ServiceError(
                f"{reader or 'every reader'} is occupied or does not exist",
                hint="take a card out first: mynalab card remove NAME; or serve more readers: mynalab serve --empty 1",
            )
        slot = candidates[0]
        self._fill(slot, card_name)
        return slot.reader

    def remove(self, card_name: str) -> str:
        """Take a card out of its reader; return the reader's name."""
        with self._lock:
            for slot in self._slots:
                if slot.card is not None and slot.card_name == card_name:
                    self._empty(slot)
                    return slot.reader
        raise ServiceError(f"no reader holds {card_name!r}", hint="see what is where: mynalab card list")

    def _fill(self, slot: _Slot, card_name: str) -> None:
        self._refuse_twice(card_name)
        card = self._open_card(card_name)
        try:
            in_reader = self._layered(slot, card_name, card)
            self._server.insert(slot.reader, in_reader)
        except ReaderError:
            card.close()
            raise
        slot.card_name, slot.card, slot.in_reader = card_name, card, in_reader

    def _empty(self, slot: _Slot) -> None:
        assert slot.card is not None
        self._server.remove(slot.reader)
        self._give_back(slot, slot.card)

    def _give_back(self, slot: _Slot, card: Insertable) -> None:
        """Close a card that has left. Its lock holds all others off until what it still writes is written: whoever
        read the card before that would have a PIN try for nothing.
        """
        in_reader = slot.in_reader
        slot.card_name = slot.card = slot.in_reader = None
        if in_reader is not None:
            self._server.await_idle(in_reader)
        card.close()

    def _layered(self, slot: _Slot, card_name: str, card: Insertable) -> Card:
        """With its faults, and outside of these the recorder, which sees what the reader sees."""
        layered: Card = card
        if self._faults:
            from cardsim.faults import FaultyCard

            engine = self._engine(card_name, self._faults)
            layered = FaultyCard(card, engine, on_departure=lambda *what: self._depart(slot, card, *what))
        if self._trace is not None:
            from readers.trace import RecordingCard, Scribe

            layered = RecordingCard(layered, Scribe(self._trace, card=card_name))
        return layered

    def _engine(self, card_name: str, plan: FaultPlan) -> FaultEngine:
        from apdu.faults.engine import FaultEngine, Firing

        def write_down(firing: Firing) -> None:
            if self._trace is not None:
                self._trace.put({"card": card_name, **firing.as_dict()})

        return self._engines.setdefault(card_name, FaultEngine(plan, sleep=time.sleep, on_fired=write_down))

    def _depart(self, slot: _Slot, card: Insertable, departure: Departure, answered: bool) -> None:
        """A fault takes ``card`` away, or its reader; at once, unless its answer has to be heard first."""
        if answered:
            timer = threading.Timer(_UNTIL_HEARD_S, self._depart, (slot, card, departure, False))
            timer.daemon = True
            timer.start()
            return
        with self._lock:
            if slot.card is not card:
                return  # it has gone already
            # Not awaited: this is the thread of its last command, which is past the card itself.
            self._server.remove(slot.reader)
            slot.card_name = slot.card = slot.in_reader = None
            card.close()
            if departure.value == "reader":
                self._slots.remove(slot)
                self._server.remove_reader(slot.reader)

    def _refuse_twice(self, card_name: str) -> None:
        for slot in self._slots:
            if slot.card_name == card_name:
                raise ServiceError(
                    f"{card_name} is in {slot.reader} already", hint="a card is in one reader at a time: name another"
                )
