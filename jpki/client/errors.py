"""What can go wrong while talking to a card.

CardClientError (a JpkiError)
├── NotJpkiCardError         the card has no JPKI application
├── NoApplicationError       the card has JPKI, and not the 券面 application that was asked for
├── PinFormatError           the caller's PIN cannot be one, so it was not sent
├── WrongPinError            the card refused the PIN (carries ``tries_left``)
├── PinBlockedError          no tries are left
├── PinRequiredError         the PIN has to be verified first
├── NoCertificateError       the card holds no certificate of that kind
├── MalformedAnswerError     the card's bytes are not what its file should hold
├── SecureSessionError       no key for secure messaging was agreed, or the session has ended
└── UnexpectedStatusError    any other status word (carries ``sw``)

What the channel raises (a reader without a card, the PIN guard) passes through unchanged.
"""

from __future__ import annotations

from apdu.status import StatusWord
from jpki.errors import JpkiError
from jpki.kinds import CaKind, RecordPin


class CardClientError(JpkiError):
    """Base of everything that a card session raises by itself."""


class NotJpkiCardError(CardClientError):
    """The card does not know the JPKI application."""


class NoApplicationError(CardClientError):
    """The card does not know the application of the records."""


class PinFormatError(CardClientError):
    """The text cannot be the PIN of ``kind``; the card was not asked. The text is not kept."""

    def __init__(self, message: str, *, kind: CaKind | RecordPin, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.kind = kind


class WrongPinError(CardClientError):
    """The PIN of ``kind`` was wrong; ``tries_left`` is None where the card does not count."""

    def __init__(self, message: str, *, kind: CaKind | RecordPin, tries_left: int | None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.kind = kind
        self.tries_left = tries_left


class PinBlockedError(CardClientError):
    """The PIN of ``kind`` has no tries left."""

    def __init__(self, message: str, *, kind: CaKind | RecordPin, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.kind = kind


class PinRequiredError(CardClientError):
    """The PIN of ``kind`` has not been verified since the application was selected."""

    def __init__(self, message: str, *, kind: CaKind | RecordPin, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.kind = kind


class NoCertificateError(CardClientError):
    """The file for a certificate of ``kind`` is absent or holds none."""

    def __init__(self, message: str, *, kind: CaKind, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.kind = kind


class MalformedAnswerError(CardClientError):
    """The card answered with success, and with bytes that cannot be right."""


class SecureSessionError(CardClientError):
    """Secure messaging cannot begin, or go on; ``sw`` is the card's status, where it said why."""

    def __init__(self, message: str, *, sw: StatusWord | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.sw = sw


class UnexpectedStatusError(CardClientError):
    """The card answered ``sw``, which has no meaning for what was asked."""

    def __init__(self, message: str, *, sw: StatusWord, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.sw = sw
