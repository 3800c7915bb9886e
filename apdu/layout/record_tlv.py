"""How the signed records of the text and card-face applications are put together.

Objects of fixed size keep the length form that was measured, minimal or not. Those of the holder's data have one
length byte on older cards and ``82 hi lo`` on newer ones (tex2e/secminicamp2023-mynumber, commit ff95fe9).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from itertools import accumulate
from typing import Final

from apdu.errors import LayoutError
from apdu.tlv import Tlv, encode_tag, read_first

FILLER: Final = b"\xff"  # measured: soltia48/myna-card README.md
SIGNATURE_SIZE: Final = 256  # RSA-2048; measured: soltia48/myna-card src/ca.rs
PUBLIC_KEY_SIZE: Final = 265
PUBLIC_EXPONENT: Final = 65537


class LengthForm(Enum):
    """How the lengths of the holder's data are written."""

    SHORT = "short"
    """One byte; ``82 hi lo`` from 128 on, since clients fail on ``81`` (by source: tex2e, mnbcard)."""
    LONG = "long"
    """Always ``82 hi lo``."""


def fixed(tag: int, value: bytes) -> bytes:
    """An object with one length byte, or ``82 hi lo`` where that is not enough."""
    return variable(tag, value, LengthForm.SHORT)


def wide(tag: int, value: bytes) -> bytes:
    """An object whose length is ``82 hi lo``, needed or not."""
    return variable(tag, value, LengthForm.LONG)


def variable(tag: int, value: bytes, form: LengthForm) -> bytes:
    """An object in the card's length form; ``LayoutError`` above 65,535 bytes."""
    if form is LengthForm.SHORT and len(value) < 0x80:
        return encode_tag(tag) + bytes((len(value),)) + value
    if len(value) > 0xFFFF:
        raise LayoutError(f"object {tag:X} has room for 65,535 bytes, not {len(value)}")
    return encode_tag(tag) + b"\x82" + len(value).to_bytes(2) + value


def with_filler(raw: bytes, size: int) -> bytes:
    """The content of an EF of this size; ``LayoutError`` when the record does not fit."""
    if len(raw) > size:
        raise LayoutError(f"a file of {size} bytes has no room for {len(raw)}")
    return raw.ljust(size, FILLER)


def indexed(tag: int, index_tag: int, objects: tuple[bytes, ...], form: LengthForm) -> bytes:
    """A record whose first object lists the file offsets of the others, two bytes each (soltia48/myna-card)."""
    index_size = len(fixed(index_tag, bytes(2 * len(objects))))
    inside = sum(map(len, objects)) + index_size
    start = len(variable(tag, bytes(inside), form)) - inside + index_size
    offsets = list(accumulate(map(len, objects), initial=start))[:-1]
    if offsets[-1] > 0xFFFF:
        raise LayoutError(f"record {tag:X} is longer than its offsets can say")
    index = fixed(index_tag, b"".join(offset.to_bytes(2) for offset in offsets))
    return variable(tag, index + b"".join(objects), form)


def members(raw: bytes, tag: int, *tags: int) -> tuple[bytes, ...]:
    """The values of a record's objects, which must be these in this order; filler may follow the record."""
    record = read_first(raw, minimal_lengths=False)
    if record.tag != tag:
        raise LayoutError(f"record {tag:X} is expected, {record.tag:X} is there")
    found: tuple[Tlv, ...] = record.children(minimal_lengths=False)
    if tuple(child.tag for child in found) != tags:
        expected = " ".join(f"{tag:X}" for tag in tags)
        raise LayoutError(f"record {tag:X} holds {' '.join(f'{child.tag:X}' for child in found)}, not {expected}")
    return tuple(child.value for child in found)


def check_index(raw: bytes, index: bytes, *tags: int) -> None:
    """``LayoutError`` unless the index names, in order, the offsets at which these objects begin."""
    offsets = [int.from_bytes(index[at : at + 2]) for at in range(0, len(index), 2)]
    begins = [raw[offset : offset + 2] for offset in offsets]
    if begins != [encode_tag(tag) for tag in tags]:
        raise LayoutError(f"the offsets {index.hex()} do not lead to the objects of the record")


def require_size(what: str, value: bytes, size: int) -> bytes:
    """The value; ``LayoutError`` when its size is another."""
    if len(value) != size:
        raise LayoutError(f"{what} has {size} bytes, not {len(value)}")
    return value


def digits(what: str, text: str, count: int) -> bytes:
    """ASCII digits, exactly so many."""
    if len(text) != count or not (text.isascii() and text.isdigit()):
        raise LayoutError(f"{what} has {count} ASCII digits")
    return text.encode("ascii")


def sex_digit(sex: str) -> bytes:
    """The one digit of a sex: ISO/IEC 5218, with the codes of JIS X 0303."""
    if sex not in ("0", "1", "2", "9"):
        raise LayoutError("the sex is one of 0, 1, 2, 9")
    return sex.encode("ascii")


def text_of(what: str, raw: bytes, encoding: str = "ascii") -> str:
    """The text of an object; ``LayoutError`` when the bytes are not in the encoding."""
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise LayoutError(f"{what} is not {encoding}") from error


@dataclass(frozen=True, slots=True)
class PublicKey:
    """``90 03 01 00 01 91 82 01 00 n``: the RSA-2048 keys of records and certificates (soltia48/myna-card)."""

    modulus: int = field(repr=False)
    exponent: int = PUBLIC_EXPONENT

    def encode(self) -> bytes:
        """265 bytes."""
        return _encode_key(self)

    @classmethod
    def decode(cls, raw: bytes) -> PublicKey:
        """Read exactly 265 bytes."""
        require_size("a public key", raw, PUBLIC_KEY_SIZE)
        if raw[:2] != b"\x90\x03" or raw[5:9] != b"\x91\x82\x01\x00" or raw[9] < 0x80:
            raise LayoutError("this is no public key of a record (90 03 … 91 82 01 00 …, 2,048 bits)")
        return cls(modulus=int.from_bytes(raw[9:]), exponent=int.from_bytes(raw[2:5]))


@lru_cache(maxsize=256)  # one key stands in several records of a card, and a municipality's in each of its cards
def _encode_key(key: PublicKey) -> bytes:
    if key.modulus.bit_length() != 8 * SIGNATURE_SIZE or not 0 < key.exponent < 1 << 24:
        raise LayoutError("the keys of records are RSA of 2,048 bits with an exponent of 3 bytes")
    return fixed(0x90, key.exponent.to_bytes(3)) + wide(0x91, key.modulus.to_bytes(SIGNATURE_SIZE))
