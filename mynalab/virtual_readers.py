"""Virtual readers with lab cards behind a private socket: what `mynalab run` and `mynalab serve` keep up."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from mynalab.errors import ServiceError
from readers.errors import ReaderError
from readers.pcsclite import ENVIRONMENT_VARIABLE, MAX_READERS, PcscLiteServer

if TYPE_CHECKING:
    from cardsim.card import VirtualCard

SOCKET_VARIABLE = ENVIRONMENT_VARIABLE
SOCKET_NAME = "pcscd.comm"


@dataclass(slots=True)
class _Slot:
    reader: str
    card_name: str | None = None
    card: VirtualCard | None = None


class VirtualReaders:
    """Readers named like a real multi-slot reader's, each empty or holding one card of the lab.

    ``open_card`` turns a card's name into the card; the card is closed, and its lock released, when it
    leaves its reader.
    """

    def __init__(self, socket_path: Path, open_card: Callable[[str], VirtualCard]) -> None:
        self.socket_path = socket_path
        self._open_card = open_card
        self._server = PcscLiteServer(socket_path)
        self._slots: list[_Slot] = []

    def __enter__(self) -> VirtualReaders:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.stop()
        for slot in self._slots:
            if slot.card is not None:
                with contextlib.suppress(ReaderError):  # a card that hangs: its lock ends with this process
                    self._give_back(slot, slot.card)

    @property
    def contents(self) -> dict[str, str | None]:
        """The readers in their order, each with the name of its card, or None."""
        return {slot.reader: slot.card_name for slot in self._slots}

    def add_reader(self, card_name: str | None = None) -> str:
        """Add a reader, with a card or empty; return its name."""
        if len(self._slots) == MAX_READERS:
            raise ServiceError(f"there are {MAX_READERS} readers already", hint="PC/SC clients see no more than these")
        slot = _Slot(f"mynalab Virtual Reader {len(self._slots):02d} 00")
        self._server.add_reader(slot.reader)
        self._slots.append(slot)
        if card_name is not None:
            self._fill(slot, card_name)
        return slot.reader

    def insert(self, card_name: str, reader: str | None = None) -> str:
        """Put a card into ``reader``, or into the first empty one; return the reader's name."""
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
        for slot in self._slots:
            if slot.card is not None and slot.card_name == card_name:
                self._server.remove(slot.reader)
                self._give_back(slot, slot.card)
                return slot.reader
        raise ServiceError(f"no reader holds {card_name!r}", hint="see what is where: mynalab card list")

    def _fill(self, slot: _Slot, card_name: str) -> None:
        self._refuse_twice(card_name)
        card = self._open_card(card_name)
        try:
            self._server.insert(slot.reader, card)
        except ReaderError:
            card.close()
            raise
        slot.card_name, slot.card = card_name, card

    def _give_back(self, slot: _Slot, card: VirtualCard) -> None:
        """Close a card that has left. Its lock holds all others off until what it still writes is written: whoever
        read the card before that would have a PIN try for nothing.
        """
        slot.card_name = slot.card = None
        self._server.await_idle(card)
        card.close()

    def _refuse_twice(self, card_name: str) -> None:
        for slot in self._slots:
            if slot.card_name == card_name:
                raise ServiceError(
                    f"{card_name} is in {slot.reader} already", hint="a card is in one reader at a time: name another"
                )
