"""Cards that can be used at the page: those of the lab, those in readers; and how a channel to one is opened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Final

from apdu.ports import Channel
from mynalab.errors import CardNameError, PersonaError
from mynalab.lab.cards import open_card
from mynalab.lab.issue import issue_card
from mynalab.lab.lab import Lab
from mynalab.persona import Persona, load_persona, parse_persona
from mynalab.resources import persona_files
from readers.errors import ReaderError

READER: Final = "reader:"
CARD: Final = "card:"
_PIN_BUDGET: Final = 1
"""A physical card may lose one try, and the guard never spends the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A card as it is shown. ``key`` is what the form sends."""

    key: str
    label: str
    is_lab_card: bool


class Wallet:
    """Looked at anew for every page."""

    def __init__(self, lab: Lab, *, with_readers: bool) -> None:
        self._lab = lab
        self._with_readers = with_readers
        self._issuing = Lock()

    def choices(self) -> list[Choice]:
        """The lab's cards by name, then the readers."""
        cards = [
            Choice(key=CARD + name, label=self._label(name), is_lab_card=True) for name in self._lab.paths.card_names()
        ]
        return cards + [Choice(key=READER + name, label=name, is_lab_card=False) for name in self._readers()]

    @contextmanager
    def channel(self, key: str) -> Iterator[Channel]:
        """The card, until the end of the block; ``CardNameError`` for a key that is none."""
        if key.startswith(CARD):
            from readers.inprocess import InProcessChannel

            card = open_card(self._lab.paths, key.removeprefix(CARD))
            try:
                with InProcessChannel(card) as channel:
                    yield channel
            finally:
                card.close()
        elif self._with_readers and key.startswith(READER):
            from readers.pcsc import PcscChannel

            name = key.removeprefix(READER)
            with PcscChannel.open(name, is_lab_card=False, pin_budget=_PIN_BUDGET) as channel:
                yield channel
        else:
            raise CardNameError("no card was chosen", hint="choose one of the list")

    def personas(self) -> list[str]:
        """Whom the test-response page offers: the shipped personas, and whoever has a card here."""
        return sorted({*persona_files(), *self._lab.paths.card_names()})

    def ensured(self, name: str, *, now: datetime) -> Persona:
        """The persona, whose card is there when this returns."""
        if name not in self.personas():
            raise PersonaError("there is no such persona", hint="`mynalab persona list` has the names")
        with self._issuing:
            persona = self.persona(name)
            if not self._lab.paths.card(name).exists():
                issue_card(self._lab, name=name, persona=persona, now=now)
        return persona

    def persona(self, name: str) -> Persona:
        """Whom a card of the lab was made for, else the shipped persona of that name."""
        path = self._lab.paths.persona(name)
        if path.exists():
            return parse_persona(path.read_text(encoding="utf-8"), origin=str(path))
        return load_persona(name)

    def _label(self, name: str) -> str:
        path = self._lab.paths.persona(name)
        if not path.exists():
            return name
        persona = parse_persona(path.read_text(encoding="utf-8"), origin=str(path))
        return f"{persona.full_name} ({name})"

    def _readers(self) -> tuple[str, ...]:
        if not self._with_readers:
            return ()
        from readers.pcsc import list_readers

        try:
            return list_readers()
        except ReaderError:
            return ()  # no PC/SC here: the lab's cards are enough
