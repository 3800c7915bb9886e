"""Data objects: BER-TLV (ISO/IEC 7816-4 clause 6.3) and SIMPLE-TLV (clause 6.2).

``decode`` reads exactly one object and ``decode_all`` a concatenation; both consume the whole input.
``read_first`` is for a card's file: one object, then filler. Lengths are minimal unless
``minimal_lengths=False``, which EF 0005 of the card's text application needs (``FF 40 82 00 9F``:
measured, soltia48/myna-card src/ap/text.rs).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from apdu.errors import TlvError

MAX_TAG_BYTES: Final = 3  # ISO/IEC 7816-4 clause 6.3: longer tags are reserved
MAX_LENGTH_BYTES: Final = 5  # clause 6.3: 84 and four bytes are the longest
MAX_DEPTH: Final = 16  # ours: far above any object of the card, far below Python's recursion limit
FILLER: Final = b"\xff\x00"  # FF on the card (measured: soltia48/myna-card); 00: clause 8.1, padding
_CONSTRUCTED: Final = 0x20
_MULTI_BYTE: Final = 0x1F


@dataclass(frozen=True, slots=True)
class Tlv:
    """One BER-TLV data object: the tag as its bytes read as a number, and the value."""

    tag: int
    value: bytes = field(repr=False)

    def __post_init__(self) -> None:
        encode_tag(self.tag)

    @property
    def is_constructed(self) -> bool:
        """True when the value is itself a concatenation of objects (bit 6 of the first tag byte)."""
        return bool(encode_tag(self.tag)[0] & _CONSTRUCTED)

    def encode(self) -> bytes:
        """The bytes on the wire, with the shortest length."""
        return encode_tag(self.tag) + encode_length(len(self.value)) + self.value

    def children(self, *, minimal_lengths: bool = True) -> tuple[Tlv, ...]:
        """The objects in the value; ``TlvError`` when it is not a concatenation of them."""
        return decode_all(self.value, minimal_lengths=minimal_lengths)

    def find(self, *path: int, minimal_lengths: bool = True) -> Tlv | None:
        """The first object at this path of tags below this one, or None."""
        here = self
        for tag in path:
            found = find(here.children(minimal_lengths=minimal_lengths), tag)
            if found is None:
                return None
            here = found
        return here


def constructed(tag: int, children: Iterable[Tlv]) -> Tlv:
    """An object whose value is the concatenation of others."""
    return Tlv(tag, b"".join(child.encode() for child in children))


@lru_cache(maxsize=512)
def encode_tag(tag: int) -> bytes:
    """The bytes of a tag; ``TlvError`` when the number is none."""
    if not 0 < tag < 1 << 8 * MAX_TAG_BYTES:
        raise TlvError(f"a tag has 1..{MAX_TAG_BYTES} bytes and is not zero, not {tag:#x}")
    raw = tag.to_bytes((tag.bit_length() + 7) // 8)
    if _tag_end(raw, 0) != len(raw):
        raise TlvError(f"{raw.hex().upper()} is not one tag")
    return raw


def encode_length(length: int) -> bytes:
    """The shortest form of a length: one byte up to 127, else 81..84 and the number."""
    if length < 0x80:
        return bytes((length,))
    raw = length.to_bytes((length.bit_length() + 7) // 8)
    if len(raw) >= MAX_LENGTH_BYTES:
        raise TlvError(f"a length has at most {MAX_LENGTH_BYTES - 1} bytes, {length} needs {len(raw)}")
    return bytes((0x80 | len(raw),)) + raw


def decode(raw: bytes, *, minimal_lengths: bool = True) -> Tlv:
    """Read exactly one object; ``TlvError`` for anything behind it."""
    tlv, end = read_one(raw, 0, minimal_lengths=minimal_lengths)
    if end != len(raw):
        raise TlvError(f"{len(raw) - end} bytes follow the object {tlv.tag:X}")
    return tlv


def decode_all(raw: bytes, *, minimal_lengths: bool = True) -> tuple[Tlv, ...]:
    """Read a concatenation of objects to its last byte; empty input holds none."""
    objects = []
    offset = 0
    while offset < len(raw):
        tlv, offset = read_one(raw, offset, minimal_lengths=minimal_lengths)
        objects.append(tlv)
    return tuple(objects)


def read_first(raw: bytes, *, minimal_lengths: bool = True) -> Tlv:
    """The one object of a card's file; what follows it must be filler, FF or 00, not mixed."""
    tlv, end = read_one(raw, 0, minimal_lengths=minimal_lengths)
    rest = raw[end:]
    if rest and (rest[0] not in FILLER or rest.strip(rest[:1])):
        raise TlvError(f"{len(rest)} bytes that are no filler follow the object {tlv.tag:X}")
    return tlv


def read_one(raw: bytes, offset: int, *, minimal_lengths: bool = True) -> tuple[Tlv, int]:
    """Read the object at ``offset``; returns it and the offset behind it."""
    tag_end = _tag_end(raw, offset)
    length, start = _read_length(raw, tag_end, minimal_lengths=minimal_lengths)
    end = start + length
    if end > len(raw):
        raise TlvError(f"a value of {length} bytes is announced, {len(raw) - start} are there")
    return Tlv(int.from_bytes(raw[offset:tag_end]), bytes(raw[start:end])), end


def header_size(raw: bytes, *, minimal_lengths: bool = True) -> tuple[int, int]:
    """Size of tag and length, and the length: for a client that reads the head of a file first."""
    tag_end = _tag_end(raw, 0)
    length, start = _read_length(raw, tag_end, minimal_lengths=minimal_lengths)
    return start, length


def find(objects: Iterable[Tlv], tag: int) -> Tlv | None:
    """The first object with this tag, or None."""
    return next((tlv for tlv in objects if tlv.tag == tag), None)


def walk(raw: bytes, *, minimal_lengths: bool = True) -> Iterator[tuple[tuple[int, ...], Tlv]]:
    """Every object of a concatenation, parents first, with the tags of its parents."""
    top = decode_all(raw, minimal_lengths=minimal_lengths)
    stack: list[tuple[tuple[int, ...], Tlv]] = [((), tlv) for tlv in reversed(top)]
    while stack:
        parents, tlv = stack.pop()
        if len(parents) >= MAX_DEPTH:
            raise TlvError(f"objects are nested deeper than {MAX_DEPTH}")
        yield parents, tlv
        if tlv.is_constructed:
            inside = tlv.children(minimal_lengths=minimal_lengths)
            stack.extend(((*parents, tlv.tag), child) for child in reversed(inside))


def _tag_end(raw: bytes, offset: int) -> int:
    """Offset behind the tag. Second bytes below 1F pass, as the card has FF10 (measured: soltia48/myna-card)."""
    if offset >= len(raw):
        raise TlvError("the tag is missing")
    if raw[offset] == 0:
        raise TlvError("00 is no tag")
    if raw[offset] & _MULTI_BYTE != _MULTI_BYTE:
        return offset + 1
    if offset + 1 < len(raw) and raw[offset + 1] & 0x7F == 0:
        raise TlvError("the tag number of a longer tag begins with a zero group")
    for end in range(offset + 1, offset + MAX_TAG_BYTES):
        if end >= len(raw):
            raise TlvError("the tag is cut")
        if not raw[end] & 0x80:
            return end + 1
    raise TlvError(f"the tag has more than {MAX_TAG_BYTES} bytes")


def _read_length(raw: bytes, offset: int, *, minimal_lengths: bool) -> tuple[int, int]:
    """The length and the offset behind it."""
    if offset >= len(raw):
        raise TlvError("the length is missing")
    first = raw[offset]
    if first < 0x80:
        return first, offset + 1
    count = first & 0x7F
    if not 1 <= count < MAX_LENGTH_BYTES:
        raise TlvError(f"{first:02X} begins no definite length of 1..{MAX_LENGTH_BYTES} bytes")
    end = offset + 1 + count
    if end > len(raw):
        raise TlvError("the length is cut")
    length = int.from_bytes(raw[offset + 1 : end])
    if minimal_lengths and encode_length(length) != raw[offset:end]:
        raise TlvError(f"the length {length} is not in its shortest form", hint="minimal_lengths=False accepts it")
    return length, end
