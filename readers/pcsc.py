"""The operating system's PC/SC → Channel: any reader, with the PIN guard in front of it unless the card is the lab's.

pyscard is imported when a function here first needs it, so that mynalab installs without a compiler.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, Final

from readers.errors import (
    CardRemovedError,
    CardResetError,
    NoCardError,
    NoReaderError,
    PcscUnavailableError,
    ProtocolError,
    ReaderBusyError,
    ReaderClosedError,
    ReaderError,
)
from readers.guard import PinGuard

if TYPE_CHECKING:
    from apdu.ports import Channel


_SUCCESS: Final = 0x0000_0000
_NO_READERS_AVAILABLE: Final = 0x8010_002E

_MEANING: Final[dict[int, tuple[type[ReaderError], str, str]]] = {
    # pcsc-lite pcsclite.h, the SCARD_E_ and SCARD_W_ codes
    0x8010_0009: (NoReaderError, "the reader is gone", "list the readers again"),
    0x8010_000B: (ReaderBusyError, "another program holds the reader", "close that program, or wait until it lets go"),
    0x8010_000C: (NoCardError, "the reader is empty", "put the card in, or lay it on the reader"),
    0x8010_000F: (ProtocolError, "reader and card share no protocol that was asked for", "the card speaks T=1"),
    0x8010_0016: (ProtocolError, "the exchange with the card failed", "clean the card's contacts and try again"),
    0x8010_0017: (NoReaderError, "the reader was unplugged", "plug it in and list the readers again"),
    0x8010_001D: (
        PcscUnavailableError,
        "no smart-card service answers",
        "start pcscd, or use `mynalab run`, which needs none",
    ),
    0x8010_001E: (PcscUnavailableError, "the smart-card service has stopped", "start pcscd again"),
    _NO_READERS_AVAILABLE: (NoReaderError, "there is no reader", "plug one in, or use `mynalab run` for a virtual one"),
    0x8010_002F: (ProtocolError, "data between reader and card were lost", "try again"),
    0x8010_0066: (NoCardError, "the card does not answer its reset", "turn the card round and put it in again"),
    0x8010_0067: (NoCardError, "the card has no power", "take the card out and put it in again"),
    0x8010_0068: (CardResetError, "another program reset the card", "select the application and verify the PIN again"),
    0x8010_0069: (CardRemovedError, "the card was removed", "put the card back and start again"),
}


def list_readers() -> tuple[str, ...]:
    """The names of the readers that PC/SC knows, in its order; empty when there are none."""
    scard = _load_scard()
    with _context(scard) as context:
        code, names = scard.SCardListReaders(context, [])
        if _unsigned(code) == _NO_READERS_AVAILABLE:
            return ()
        _check(scard, code)
        return tuple(names)


class PcscChannel:
    """A ``Channel`` over one connection to a PC/SC reader. Make it with ``open``; close it, or use ``with``.

    Closing resets the card, so that the next program finds no PIN verified.
    """

    def __init__(self, connection: _Connection, channel: Channel) -> None:
        self._connection = connection
        self._channel = channel

    @classmethod
    def open(
        cls, reader: str, *, exclusive: bool = False, is_lab_card: bool = False, pin_budget: int = 0
    ) -> PcscChannel:
        """Connect to the card in ``reader``.

        A PIN guard stands in front of the card, with ``pin_budget`` failed attempts to spend. ``is_lab_card``
        leaves it out and is for readers that the caller itself has put a virtual card into: neither the name of
        a reader nor an ATR tells a virtual card from a citizen's.
        """
        connection = _Connection(_load_scard(), reader, exclusive=exclusive)
        if is_lab_card:
            return cls(connection, connection)
        return cls(connection, PinGuard(connection, budget=pin_budget, transaction=connection.transaction))

    @property
    def reader(self) -> str:
        """The name of the reader."""
        return self._connection.reader

    @property
    def atr(self) -> bytes:
        """The ATR of the card that is connected."""
        return self._connection.atr()

    def transmit(self, raw: bytes) -> bytes:
        """Send one command APDU, return the response APDU; ``PinGuardError`` for what the guard holds back."""
        return self._channel.transmit(raw)

    def reset(self) -> bytes:
        """Reset the card and return its ATR."""
        return self._channel.reset()

    def transaction(self) -> AbstractContextManager[None]:
        """Keep other programs from the card for as long as the block runs."""
        return self._connection.transaction()

    def close(self) -> None:
        """Reset the card and let go of the reader; a second call does nothing."""
        self._connection.close()

    def __enter__(self) -> PcscChannel:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Connection:
    """The bare connection, and a ``Channel`` itself; nothing outside this module holds one without a guard."""

    def __init__(self, scard: ModuleType, reader: str, *, exclusive: bool) -> None:
        self.reader = reader
        self._scard = scard
        self._share = scard.SCARD_SHARE_EXCLUSIVE if exclusive else scard.SCARD_SHARE_SHARED
        self._protocols = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        self._context: object | None = None
        context = _establish(scard)
        try:
            code, self._handle, self._protocol = scard.SCardConnect(context, reader, self._share, self._protocols)
            self._require_success(code)
        except ReaderError as error:
            if isinstance(error, NoReaderError):
                error.available = _names(scard, context)
            scard.SCardReleaseContext(context)
            raise
        self._context = context

    def transmit(self, raw: bytes) -> bytes:
        self._require_open()
        pci = self._scard.SCARD_PCI_T1 if self._protocol == self._scard.SCARD_PROTOCOL_T1 else self._scard.SCARD_PCI_T0
        code, answer = self._scard.SCardTransmit(self._handle, pci, list(raw))
        self._require_success(code)
        if len(answer) < 2:
            # vsmartcard's reader driver reports success with an empty answer when its card dies in mid-exchange.
            raise CardRemovedError("the card went away in mid-exchange", reader=self.reader, hint="put it back")
        return bytes(byte & 0xFF for byte in answer)

    def reset(self) -> bytes:
        self._require_open()
        code, self._protocol = self._scard.SCardReconnect(
            self._handle, self._share, self._protocols, self._scard.SCARD_RESET_CARD
        )
        self._require_success(code)
        return self.atr()

    def atr(self) -> bytes:
        self._require_open()
        code, _name, _state, _protocol, atr = self._scard.SCardStatus(self._handle)
        self._require_success(code)
        return bytes(byte & 0xFF for byte in atr)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self._require_open()
        self._require_success(self._scard.SCardBeginTransaction(self._handle))
        try:
            yield
        finally:
            # A failure here means that card or reader are gone, and the transaction with them.
            self._scard.SCardEndTransaction(self._handle, self._scard.SCARD_LEAVE_CARD)

    def close(self) -> None:
        if self._context is None:
            return
        self._scard.SCardDisconnect(self._handle, self._scard.SCARD_RESET_CARD)
        self._scard.SCardReleaseContext(self._context)
        self._context = None

    def _require_open(self) -> None:
        if self._context is None:
            raise ReaderClosedError("this channel is closed", hint="open the reader again")

    def _require_success(self, code: int) -> None:
        _check(self._scard, code, reader=self.reader)


def _load_scard() -> ModuleType:
    try:
        from smartcard import scard
    except ImportError as error:
        raise PcscUnavailableError(
            "PC/SC needs the package pyscard, which is not installed",
            hint="pip install 'mynalab[pcsc]' (it compiles against libpcsclite-dev with swig)",
        ) from error
    return scard


def _establish(scard: ModuleType) -> object:
    code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    _check(scard, code)
    return context


@contextmanager
def _context(scard: ModuleType) -> Iterator[object]:
    context = _establish(scard)
    try:
        yield context
    finally:
        scard.SCardReleaseContext(context)


def _names(scard: ModuleType, context: object) -> tuple[str, ...]:
    code, names = scard.SCardListReaders(context, [])
    return tuple(names) if _unsigned(code) == _SUCCESS else ()


def _check(scard: ModuleType, code: int, *, reader: str = "") -> None:
    number = _unsigned(code)
    if number == _SUCCESS:
        return
    where = f" ({reader})" if reader else ""
    if number in _MEANING:
        kind, message, hint = _MEANING[number]
        raise kind(message + where, reader=reader, hint=hint)
    raise ReaderError(f"PC/SC says {number:#010x}: {scard.SCardGetErrorMessage(code)}{where}", reader=reader)


def _unsigned(code: int) -> int:
    """pyscard gives the codes signed on some platforms and unsigned on others."""
    return code & 0xFFFF_FFFF
