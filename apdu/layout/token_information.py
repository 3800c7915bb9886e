"""Token information (EF 0006 of the JPKI application): PKCS #11 CK_TOKEN_INFO, numbers big-endian.

Offsets and values measured: soltia48/myna-card src/ap/jpki.rs; field order: PKCS #11 v2.40 clause 3.2 CK_TOKEN_INFO.
Text is padded with spaces: jpki/myna (Go) trims nothing else.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, fields
from typing import Any, Final

from apdu.errors import LayoutError

LABEL_CARD: Final = "JPKIAPICCTOKEN2"  # Individual Number Card: jpki/myna libmyna
LABEL_OLD_RESIDENT_CARD: Final = "JPKIAPICCTOKEN"  # 住基カード: jpki/myna libmyna
LABEL_ANDROID: Final = "JPKIAPGPSETOKEN"  # secure element of an Android phone: jpki/myna libmyna
LABEL_IPHONE: Final = "JPKIAPIOSTOKEN"  # measured: soltia48/myna-card src/ap/jpki.rs

_LAYOUT: Final = struct.Struct(">32s32s16s16sI4I2I4I2s2s16s")
SIZE: Final = _LAYOUT.size  # 160
UNKNOWN: Final = 0xFFFF_FFFF  # CK_UNAVAILABLE_INFORMATION


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenInformation:
    """The record by its fields; the defaults are those of a measured card, except its serial numbers."""

    label: str = LABEL_CARD
    manufacturer_id: str = "0" * 31 + "1"
    model: str = "E16R01NJ"
    serial_number: str
    flags: int = 0x040D
    max_session_count: int = 1
    session_count: int = 0
    max_rw_session_count: int = 1
    rw_session_count: int = 0
    max_pin_length: int = 16
    min_pin_length: int = 6
    total_public_memory: int = UNKNOWN
    free_public_memory: int = UNKNOWN
    total_private_memory: int = UNKNOWN
    free_private_memory: int = UNKNOWN
    hardware_version: str = "03"
    firmware_version: str = "01"
    utc_time: str = "9" * 16

    def encode(self) -> bytes:
        """The 160 bytes of the file; ``LayoutError`` when a field does not fit."""
        values: list[bytes | int] = []
        for field, width in zip(fields(self), _WIDTHS, strict=True):
            value: str | int = getattr(self, field.name)
            values.append(_pad(field.name, value, width) if isinstance(value, str) else value)
        try:
            return _LAYOUT.pack(*values)
        except struct.error as error:
            raise LayoutError(f"a number of the token information does not fit: {error}") from error

    @classmethod
    def decode(cls, raw: bytes) -> TokenInformation:
        """Read exactly 160 bytes; trailing spaces of texts are dropped."""
        if len(raw) != SIZE:
            raise LayoutError(f"token information has {SIZE} bytes, not {len(raw)}")
        values: dict[str, Any] = {}
        for field, value in zip(fields(cls), _LAYOUT.unpack(raw), strict=True):
            values[field.name] = _text(field.name, value) if isinstance(value, bytes) else value
        return cls(**values)


# width of each text field in the order of the record; 0 for a number
_WIDTHS: Final = (32, 32, 16, 16, *(0,) * 11, 2, 2, 16)


def _pad(name: str, text: str, width: int) -> bytes:
    try:
        raw = text.encode("ascii")
    except UnicodeEncodeError as error:
        raise LayoutError(f"{name} is ASCII") from error
    if len(raw) > width:
        raise LayoutError(f"{name} has room for {width} characters, not {len(raw)}")
    return raw.ljust(width)


def _text(name: str, raw: bytes) -> str:
    try:
        return raw.decode("ascii").rstrip(" ")
    except UnicodeDecodeError as error:
        raise LayoutError(f"{name} is ASCII") from error
