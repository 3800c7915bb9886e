"""The two seams of the lab: what a reader slot needs of a card, and what a card client needs of a reader.

Everything in ``readers`` turns one of these into the other, or wraps one in itself. ``RandomBytes`` stands
beside them because chance, like time, is always passed in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

RandomBytes: TypeAlias = Callable[[int], bytes]
"""A source of randomness: called with a count, answers exactly that many bytes."""


class Card(Protocol):
    """The card side of a slot."""

    @property
    def atr(self) -> bytes:
        """The answer to reset, 2 to 33 bytes (ISO/IEC 7816-3 clause 8.2)."""
        ...

    def power_off(self) -> None:
        """Remove the supply: every volatile state is gone."""
        ...

    def reset(self) -> None:
        """Warm or cold reset: the volatile state is dropped, the persistent one is not touched."""
        ...

    def process(self, raw: bytes) -> bytes:
        """Answer one command APDU of any length and content with at least two bytes. Never raises."""
        ...


class Channel(Protocol):
    """The host side: one card, already connected."""

    def transmit(self, raw: bytes) -> bytes:
        """Send one command APDU, return the response APDU (at least two bytes)."""
        ...

    def reset(self) -> bytes:
        """Reset the card and return its ATR."""
        ...
