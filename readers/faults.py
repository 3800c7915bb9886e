"""The fault injector: a Channel → Channel wrapper that spoils what a plan says, on a virtual card or a real one.

What goes wrong is told as a reader tells it, by the errors of this package; what the plan does not name passes
untouched. On a channel whose card is not the lab's own it belongs outside the PIN guard: the client's commands pass
it first, and none that the guard refuses can be made to pass by a fault.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from apdu.faults.engine import Departure, FaultEngine, idle_engine
from apdu.ports import Channel
from readers.errors import CardRemovedError, CardTimeoutError, NoReaderError, ProtocolError


class FaultyChannel:
    """``channel`` under the plan of ``engine``.

    Once card or reader have gone, this channel is dead. Another one over the same engine is the card put back.
    """

    __slots__ = ("_channel", "_departure", "_engine", "_send")

    def __init__(self, channel: Channel, engine: FaultEngine) -> None:
        self._channel = channel
        self._engine = engine
        self._send: Callable[[bytes], bytes] = channel.transmit
        self._departure: Departure | None = None

    def transmit(self, raw: bytes) -> bytes:
        """Send one command APDU, return the response APDU, or what the plan makes of them."""
        engine = self._engine
        engine.countdown -= 1
        if engine.countdown and raw[1:2] not in engine.watched:
            return self._send(raw)
        return engine.exchange(raw, self)

    def reset(self) -> bytes:
        """Reset the card and return its ATR, or the plan's."""
        if self._departure is not None:
            self.refuse()
        return self._engine.reset(self._channel.reset())

    # --- Target

    def send(self, raw: bytes) -> bytes:
        """Hand a command to the card."""
        return self._send(raw)

    def reset_card(self) -> None:
        """Reset the card without telling anybody."""
        self._channel.reset()

    def leave(self, departure: Departure, *, answered: bool) -> None:  # noqa: ARG002 - it goes at once in either case
        """The card loses its power; commands that find none are not counted."""
        self._channel.reset()
        self._departure = departure
        self._engine = idle_engine()
        self._send = self._refuse

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

    def _refuse(self, _raw: bytes) -> NoReturn:
        self.refuse()
