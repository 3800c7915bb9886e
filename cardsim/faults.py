"""The fault injector on the card's side of a reader: Card → Card, for readers that other programs use.

A card has no errors to raise: where the channel's side would, ``process`` answers without a byte, which a card never
does, and the reader makes of it what its kind makes of a mute card. What only a reader can do (lose its card, vanish)
is asked of it by ``on_departure``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from apdu.faults.engine import Departure, FaultEngine
from apdu.faults.gate import Gate
from apdu.ports import Card

NO_ANSWER: Final = b""

OnDeparture: TypeAlias = Callable[[Departure, bool], object]
"""Called when card or reader have to go. True: the answer under way is delivered first. May be called twice."""


def _nobody(_departure: Departure, _answered: bool) -> None:
    """No reader to tell: the card falls silent until it is powered on again."""


class FaultyCard(Gate):
    """``card`` under the plan of ``engine``. Being put into a reader is its first reset, the power-on of that stay."""

    def __init__(self, card: Card, engine: FaultEngine, *, on_departure: OnDeparture = _nobody) -> None:
        super().__init__(card.process, engine)
        self._card = card
        self._plan_engine = engine
        self._on_departure = on_departure
        self.process = self.through
        """Answer one command APDU, or what the plan makes of it: perhaps with fewer than two bytes."""
        self._atr = engine.reset(card.atr)
        self._is_fresh = True

    @property
    def atr(self) -> bytes:
        """The ATR of the last reset, as far as the plan lets it through."""
        return self._atr

    def power_off(self) -> None:
        """Remove the supply."""
        self._card.power_off()

    def reset(self) -> None:
        """Reset the card. One that had gone is back."""
        self._card.reset()
        self._departure = None
        self._use(self._plan_engine)
        self._send = self._card.process
        if not self._is_fresh:
            self._atr = self._engine.reset(self._card.atr)
        self._is_fresh = False

    # --- Target

    def reset_card(self) -> None:
        """Reset the card without telling the reader."""
        self._card.reset()

    def leave(self, departure: Departure, *, answered: bool) -> None:
        """The card loses its power, and the reader learns why."""
        self._card.power_off()
        super().leave(departure, answered=answered)
        self._on_departure(departure, answered)

    def refuse(self) -> bytes:
        """Nobody is there."""
        return NO_ANSWER

    def lose(self) -> bytes:
        """The answer was lost."""
        return NO_ANSWER

    def time_out(self) -> bytes:
        """The reader has waited long enough."""
        return NO_ANSWER

    def _refuse(self, raw: bytes) -> bytes:  # noqa: ARG002 - whatever it is
        """A command after the departure that was to follow an answer: now it has to be over."""
        if self._departure is not None:
            self._on_departure(self._departure, False)
        return NO_ANSWER
