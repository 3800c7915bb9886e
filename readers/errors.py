"""What can go wrong between a program and a card.

ReaderError
├── PcscUnavailableError     the environment: no pyscard, or no smart-card service to talk to
├── NoReaderError            the environment: no reader, or none of that name
├── NoCardError              the environment: the reader is empty
├── CardRemovedError         the environment: the card went away (or came back as another one) in mid-session
├── CardTimeoutError         the environment: the card did not answer as long as the reader waits
├── CardResetError           another program reset the card: its security status is gone
├── ReaderBusyError          another program holds the reader
├── ReaderClosedError        the caller: the channel was closed before
├── PinGuardError            the caller: the command could cost a physical card a try
├── ProtocolError            the peer: bytes that are none of the protocol's messages
├── TraceError               the peer: a trace that is none, or that goes another way than this session
├── SlotError                the caller: a virtual reader cannot be added, or cannot take this card
├── SocketInUseError         the environment: another server already listens there
└── SocketPathError          the caller: the path cannot be a socket
"""

from __future__ import annotations

from pathlib import Path


class ReaderError(Exception):
    """Base of this package. ``reader`` is the name of the reader concerned, ``hint`` a next step for a person."""

    def __init__(self, message: str, *, reader: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.reader = reader
        self.hint = hint


class PcscUnavailableError(ReaderError):
    """PC/SC cannot be used at all: the binding is not installed, or the service does not answer."""


class NoReaderError(ReaderError):
    """No reader of that name; ``available`` has the names that there are."""

    def __init__(self, message: str, *, available: tuple[str, ...] = (), reader: str = "", hint: str = "") -> None:
        super().__init__(message, reader=reader, hint=hint)
        self.available = available


class NoCardError(ReaderError):
    """The reader holds no card that answers."""


class CardRemovedError(ReaderError):
    """The card was removed while it was in use."""


class CardTimeoutError(ReaderError):
    """The card did not answer in time; whether it did what it was told is not known."""


class CardResetError(ReaderError):
    """Another program reset the card: selected files and verified PINs are gone."""


class ReaderBusyError(ReaderError):
    """Another program holds the reader, exclusively or in a transaction."""


class ReaderClosedError(ReaderError):
    """The channel, slot or server was closed before this call."""


class PinGuardError(ReaderError):
    """A command that could lower a counter was not sent to the card.

    ``tries_left`` is what the card said it has, or None when it was not asked or did not say.
    """

    def __init__(self, message: str, *, tries_left: int | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.tries_left = tries_left


class ProtocolError(ReaderError):
    """The peer sent bytes that are no message of the protocol, or one that does not belong here."""


class TraceError(ReaderError):
    """The lines are no trace, or the client sends what the trace does not have at this place."""


class SlotError(ReaderError):
    """A virtual reader of that name or number cannot be added, or the card cannot go into it."""


class SocketInUseError(ReaderError):
    """A live server already listens at ``path``."""

    def __init__(self, message: str, *, path: Path | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.path = path


class SocketPathError(ReaderError):
    """``path`` cannot be listened at: too long for a Unix socket, or something else lies there."""

    def __init__(self, message: str, *, path: Path | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.path = path
