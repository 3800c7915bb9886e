"""Response APDUs (ISO/IEC 7816-4 clause 5.2): optional data, then the status word."""

from __future__ import annotations

from dataclasses import dataclass

from apdu.errors import ResponseError
from apdu.status import StatusWord


@dataclass(frozen=True, slots=True)
class Response:
    """What a card answered: ``data`` of 0..65,536 bytes and its status word."""

    sw: StatusWord
    data: bytes = b""

    @classmethod
    def decode(cls, raw: bytes) -> Response:
        """Split the last two bytes off; ``ResponseError`` when there are not even two."""
        if len(raw) < 2:
            raise ResponseError(
                f"a response APDU has at least 2 bytes, this one {len(raw)}",
                hint="the card vanished in mid-exchange, or the reader lost bytes",
            )
        return cls(StatusWord(raw[-2] << 8 | raw[-1]), bytes(raw[:-2]))

    def encode(self) -> bytes:
        """The bytes on the wire."""
        return self.data + bytes(self.sw)

    def __repr__(self) -> str:
        return f"Response({self.data.hex()!r}, sw={self.sw})"
