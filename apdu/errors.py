"""What can go wrong with bytes of the wire language.

ApduError
├── CommandError     a command APDU that is none of the seven cases, or fields that fit none
├── ResponseError    a response APDU without its two status bytes
├── TlvError         a data object that is cut, overlong or not in the strict form
├── ChainingError    a card that announces more data without end
├── LayoutError      a file of the card that has not its documented form, or fields that fit none
├── SecureChannelError  a secured command or answer that was changed, replayed or is in the wrong order
├── PackageError     a card application package that is none, or a description that makes none
└── FaultPlanError   a description of faults that cannot be followed
"""

from __future__ import annotations


class ApduError(ValueError):
    """Base of this package. ``hint`` is a next step for a person, or empty."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class CommandError(ApduError):
    """The bytes are no command APDU (ISO/IEC 7816-4 clause 5.2), or the fields cannot be encoded as one."""


class ResponseError(ApduError):
    """The bytes are no response APDU (ISO/IEC 7816-4 clause 5.2): fewer than two."""


class TlvError(ApduError):
    """The bytes are no data object in the form the decoder was asked for."""


class ChainingError(ApduError):
    """The peer keeps announcing more data with 61xx (ISO/IEC 7816-4 clause 5.6)."""


class LayoutError(ApduError):
    """The bytes have not the documented form of a file of the card, or the fields cannot be encoded as it."""


class SecureChannelError(ApduError):
    """The peer's command or answer is not what the open channel allows: it has to be closed."""


class PackageError(ApduError):
    """The bytes are no card application package, or the description cannot be made into one."""


class FaultPlanError(ApduError):
    """The text, table or value describes no fault that could ever happen. The message names place and field."""
