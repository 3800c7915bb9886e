"""What can go wrong while managing a card's free area.

CardManagementError (a JpkiError)
├── PackageFileError        a description that makes no package (names the field)
├── NoFreeAreaError         the card opens no secure channel: it has no free area, or it is no card of the lab
├── ChannelRefusedError     keys that are not the card's, or a card that is not the keys'
├── CardFullError           no room left in the free area, or in what the domain may fill
└── ManagementRefusedError  any other status word (carries ``sw``)
"""

from __future__ import annotations

from apdu.status import StatusWord
from jpki.errors import JpkiError


class CardManagementError(JpkiError):
    """Base of everything that card management raises by itself."""


class PackageFileError(CardManagementError):
    """The caller's description of an application makes no package."""


class NoFreeAreaError(CardManagementError):
    """The card has no security domain that opens a channel."""


class ChannelRefusedError(CardManagementError):
    """Card and host could not prove to each other that they have the same keys, or the channel broke."""


class CardFullError(CardManagementError):
    """The card has not enough memory left."""


class ManagementRefusedError(CardManagementError):
    """The card answered ``sw`` to what was asked."""

    def __init__(self, message: str, *, sw: StatusWord, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.sw = sw
