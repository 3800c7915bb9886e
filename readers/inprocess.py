"""Card → Channel without anything between: the fastest reader there is, for tests and for a lab in one process."""

from __future__ import annotations

from types import TracebackType

from apdu.ports import Card
from readers.errors import ReaderClosedError


class InProcessChannel:
    """A ``Channel`` that calls the card. The card is powered off when the channel closes.

    One channel serves one thread at a time, as a card answers one command at a time.
    """

    __slots__ = ("_card",)

    def __init__(self, card: Card) -> None:
        self._card: Card | None = card
        card.reset()

    def transmit(self, raw: bytes) -> bytes:
        """Send one command APDU, return the response APDU."""
        if self._card is None:
            raise _closed()
        return self._card.process(raw)

    def reset(self) -> bytes:
        """Reset the card and return its ATR."""
        if self._card is None:
            raise _closed()
        self._card.reset()
        return self._card.atr

    def close(self) -> None:
        """Power the card off and let go of it; a second call does nothing."""
        if self._card is not None:
            self._card.power_off()
            self._card = None

    def __enter__(self) -> InProcessChannel:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _closed() -> ReaderClosedError:
    return ReaderClosedError("this channel is closed", hint="open a new one; its card has been powered off")
