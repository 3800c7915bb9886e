"""ByteRange: which bytes of a file a PDF signature is over (ISO 32000-1 clause 12.8.1), looked up in the file itself.

No word of a PDF library is taken for it: the attacks on it live from how libraries read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from apdu.errors import TlvError
from apdu.tlv import header_size
from jpki.der_walk import MAX_HEADER_SIZE

_HEX: Final = frozenset(b"0123456789abcdefABCDEF")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRange:
    """What one signature covers, ``end`` bytes of the file but for the string that holds its CMS."""

    covered: bytes = field(repr=False)
    contents: bytes = field(repr=False)
    end: int


def signed_range(document: bytes, byte_range: Sequence[object]) -> SignedRange | None:
    """Exactly [0, a, b, c] with one hex string, and nothing else, between a and b; None for everything else."""
    numbers = [int(one) for one in byte_range if isinstance(one, int) and not isinstance(one, bool)]
    if len(numbers) != len(byte_range) or len(numbers) != 4:
        return None
    begin, first, second, rest = numbers
    end = second + rest
    if begin != 0 or not 0 < first < second < end <= len(document):
        return None
    gap = document[first:second]
    if gap[:1] != b"<" or gap[-1:] != b">" or len(gap) % 2 or not _HEX.issuperset(gap[1:-1]):
        return None
    return SignedRange(
        covered=document[:first] + document[second:end], contents=bytes.fromhex(gap[1:-1].decode()), end=end
    )


def without_padding(contents: bytes) -> bytes | None:
    """The CMS in a string that was reserved for it; None unless zeros alone follow it (ISO 32000-2 clause 12.8.1)."""
    try:
        header, length = header_size(contents[:MAX_HEADER_SIZE])
    except (TlvError, IndexError):
        return None
    end = header + length
    return contents[:end] if end <= len(contents) and not any(contents[end:]) else None
