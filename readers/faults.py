"""The fault injector: a Channel → Channel wrapper that spoils what a plan says, on a virtual card or a real one.

What goes wrong is told as a reader tells it, by the errors of this package; what the plan does not name passes
untouched. On a channel whose card is not the lab's own it belongs outside the PIN guard: the client's commands pass
it first, and none that the guard refuses can be made to pass by a fault.
"""

from __future__ import annotations

from typing import NoReturn

from apdu.faults.engine import Departure, FaultEngine
from apdu.faults.gate import Gate
from apdu.ports import Channel
from readers.errors import CardRemovedError, CardTimeoutError, NoReaderError, ProtocolError


class FaultyChannel(Gate):
    """``channel`` under the plan of ``engine``.

    Once card or reader have gone, this channel is dead. Another one over the same engine is the card put back.
    """

    def __init__(self, channel: Channel, engine: FaultEngine) -> None:
        super().__init__(channel.transmit, engine)
        self._channel = channel
        self.transmit = self.through
        """Send one command APDU, return the response APDU, or what the plan makes of them."""

    def reset(self) -> bytes:
        """Reset the card and return its ATR, or the plan's."""
        if self._departure is not None:
            self.refuse()
        return self._engine.reset(self._channel.reset())

    # --- Target

    def reset_card(self) -> None:
        """Reset the card without telling anybody."""
        self._channel.reset()

    def leave(self, departure: Departure, *, answered: bool) -> None:
        """The card loses its power; what it was told last is answered before, as this is no other thread."""
        self._channel.reset()
        super().leave(departure, answered=answered)

    def refuse(self) -> NoReturn:
        """The card, or its reader, has gone."""
        if self._departure is Departure.READER:
            raise NoReaderError("the reader was unplugged", hint="plug it in and list the readers again")
        raise CardRemovedError("the card was removed", hint="put the card back and start again")

    def lose(self) -> NoReturn:
        """The answer was lost between card and reader."""
        raise ProtocolError(
            "data between reader and card were lost", hint="start again: the command may have been done"
        )

    def time_out(self) -> NoReturn:
        """No answer came."""
        raise CardTimeoutError("the card did not answer in time", hint="take it out, put it back and start again")

    def _refuse(self, raw: bytes) -> NoReturn:  # noqa: ARG002 - whatever it is
        self.refuse()
