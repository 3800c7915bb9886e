"""What every card client does the same way: send, select a file, read exactly so many bytes of it.

The sequences are those of the published clients (OpenSC card-jpki.c and pkcs15-jpki.c, jpki/myna). Channels of
``apdu.chaining`` go below for readers that need them.
"""

from __future__ import annotations

from typing import Final

from apdu.command import Command
from apdu.errors import ResponseError
from apdu.ports import Channel
from apdu.response import Response
from jpki.client.errors import MalformedAnswerError, NoCertificateError
from jpki.client.statuses import Doing, PinKind, error_of, is_blocked

CURRENT_EF: Final = 0x80  # P2 of VERIFY and of COMPUTE DIGITAL SIGNATURE: OpenSC card-jpki.c
_READ_SIZE: Final = 256  # the longest short answer: works with every reader and every card
_MAX_OFFSET: Final = 0x7FFF  # READ BINARY: 15 bits of P1-P2 (ISO/IEC 7816-4 clause 11.3.3)
_END_OF_FILE: Final = 0x6282  # a warning with data: ISO/IEC 7816-4 clause 5.6, tolerated by soltia48/myna-card


class CardWire:
    """A card behind a Channel; one thread at a time."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def _select_application(self, aid: bytes, doing: Doing) -> None:
        self._send(Command(cla=0x00, ins=0xA4, p1=0x04, p2=0x0C, data=aid), doing)

    def _select_file(self, fid: int, doing: Doing, kind: PinKind | None = None) -> None:
        self._send(Command(cla=0x00, ins=0xA4, p1=0x02, p2=0x0C, data=fid.to_bytes(2)), doing, kind)

    def _tries_left(self, fid: int, kind: PinKind, limit: int | None) -> int:
        """Ask a PIN EF, which costs no try. 9000: it is verified, its counter at the limit (soltia48/myna-card)."""
        self._select_file(fid, Doing.SELECT_FILE)
        response = self._transmit(Command(cla=0x00, ins=0x20, p1=0x00, p2=CURRENT_EF))
        if is_blocked(response.sw):
            return 0
        tries = limit if response.sw.is_ok else response.sw.tries_left
        if tries is None:
            raise error_of(response.sw, Doing.ASK_TRIES, kind)
        return tries

    def _verify(self, fid: int, kind: PinKind, pin: bytes) -> None:
        self._select_file(fid, Doing.SELECT_FILE)
        self._send(Command(cla=0x00, ins=0x20, p1=0x00, p2=CURRENT_EF, data=pin), Doing.VERIFY, kind)

    def _read(self, start: int, size: int, doing: Doing, kind: PinKind | None = None) -> bytes:
        """Exactly ``size`` bytes from ``start`` of the current EF, in as many commands as the card's answers take."""
        parts = bytearray()
        while len(parts) < size:
            offset = start + len(parts)
            if offset > _MAX_OFFSET:
                raise MalformedAnswerError(f"the file would reach past byte {_MAX_OFFSET}, where READ BINARY ends")
            part = self._read_some(offset, min(size - len(parts), _READ_SIZE), doing, kind)
            if not part:
                raise MalformedAnswerError(f"the file ends at byte {offset}, {size - len(parts)} bytes too early")
            parts += part
        return bytes(parts)

    def _read_some(self, offset: int, ne: int, doing: Doing, kind: PinKind | None) -> bytes:
        response = self._transmit(Command(cla=0x00, ins=0xB0, p1=offset >> 8, p2=offset & 0xFF, ne=ne))
        if response.sw.is_ok or response.sw.value == _END_OF_FILE:
            if len(response.data) > ne:
                raise MalformedAnswerError(f"asked for {ne} bytes, the card gave {len(response.data)}")
            return response.data
        error = error_of(response.sw, doing, kind)
        if offset and isinstance(error, NoCertificateError):  # something was there before this offset
            return b""
        raise error

    def _send(self, command: Command, doing: Doing, kind: PinKind | None = None) -> bytes:
        response = self._transmit(command)
        if not response.sw.is_ok:
            raise error_of(response.sw, doing, kind)
        return response.data

    def _transmit(self, command: Command) -> Response:
        try:
            return Response.decode(self._channel.transmit(command.encode()))
        except ResponseError as error:
            raise MalformedAnswerError(str(error), hint=error.hint) from error
