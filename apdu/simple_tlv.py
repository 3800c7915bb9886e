"""SIMPLE-TLV data objects (ISO/IEC 7816-4 clause 6.2): the records of the card.

Tag 01..FE; length one byte 00..FE, or FF and two bytes. Record 1 of the common application is
``01 1C`` and 28 digits (measured: soltia48/myna-card src/ap/common.rs).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from apdu.errors import TlvError

MAX_LENGTH: Final = 0xFFFF
_LONG: Final = 0xFF


@dataclass(frozen=True, slots=True)
class SimpleTlv:
    """One SIMPLE-TLV data object."""

    tag: int
    value: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not 0x01 <= self.tag <= 0xFE:
            raise TlvError(f"a simple tag is 01..FE, not {self.tag:#x}")
        if len(self.value) > MAX_LENGTH:
            raise TlvError(f"a simple object holds at most {MAX_LENGTH} bytes, not {len(self.value)}")

    def encode(self) -> bytes:
        """The bytes on the wire, with the shortest length."""
        length = len(self.value)
        head = bytes((self.tag, length)) if length < _LONG else bytes((self.tag, _LONG)) + length.to_bytes(2)
        return head + self.value


def decode(raw: bytes, *, minimal_lengths: bool = True) -> SimpleTlv:
    """Read exactly one object; ``TlvError`` for anything behind it."""
    tlv, end = _read_one(raw, 0, minimal_lengths=minimal_lengths)
    if end != len(raw):
        raise TlvError(f"{len(raw) - end} bytes follow the object {tlv.tag:02X}")
    return tlv


def decode_all(raw: bytes, *, minimal_lengths: bool = True) -> tuple[SimpleTlv, ...]:
    """Read a concatenation of objects to its last byte; empty input holds none."""
    objects = []
    offset = 0
    while offset < len(raw):
        tlv, offset = _read_one(raw, offset, minimal_lengths=minimal_lengths)
        objects.append(tlv)
    return tuple(objects)


def _read_one(raw: bytes, offset: int, *, minimal_lengths: bool) -> tuple[SimpleTlv, int]:
    if len(raw) < offset + 2:
        raise TlvError("the tag or the length is missing")
    tag, length, start = raw[offset], raw[offset + 1], offset + 2
    if length == _LONG:
        start += 2
        if len(raw) < start:
            raise TlvError("the length is cut")
        length = raw[offset + 2] << 8 | raw[offset + 3]
        if minimal_lengths and length < _LONG:
            raise TlvError(f"the length {length} is not in its shortest form", hint="minimal_lengths=False accepts it")
    end = start + length
    if end > len(raw):
        raise TlvError(f"a value of {length} bytes is announced, {len(raw) - start} are there")
    return SimpleTlv(tag, bytes(raw[start:end])), end
