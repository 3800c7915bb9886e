"""Pictures of one bit and their PNG files. Sooner than an imaging library where pictures are small.

A picture is one number: the lines of its PNG file, filter type and all. Laying a letter on a page is then one
operation, and so is writing the page.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Self, TypeAlias

from PIL import Image

Point: TypeAlias = tuple[int, int]

_PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"  # ISO/IEC 15948 clause 5.2
_FILTER_BITS: Final = 8  # clause 9: a line begins with its filter type; 0 is none
_LEVEL: Final = 3  # of compression: a tenth larger than the best, in two fifths of the time


@dataclass(frozen=True, slots=True)
class Bitmap:
    """What is set in ``bits`` is ink. Lines follow each other, each of whole bytes, the leftmost pixel first."""

    width: int
    height: int
    bits: int

    @classmethod
    def blank(cls, size: tuple[int, int]) -> Self:
        """Without ink."""
        return cls(*size, 0)

    @classmethod
    def of(cls, image: Image.Image) -> Self:
        """An image of one bit, whose set pixels are ink."""
        raw, size = image.tobytes(), (image.width + 7) // 8
        lines = b"".join([b"\0" + raw[at : at + size] for at in range(0, len(raw), size)])
        return cls(*image.size, int.from_bytes(lines))

    @classmethod
    def of_rows(cls, width: int, rows: Iterable[int]) -> Self:
        """A number a row, its last bit the rightmost pixel."""
        numbers, (pitch, padding) = list(rows), _pitch(width)
        bits = 0
        for row in numbers:
            bits = bits << pitch | row << padding
        return cls(width, len(numbers), bits)

    @property
    def rows(self) -> list[int]:
        """A number a row."""
        (pitch, padding), mask = _pitch(self.width), (1 << self.width) - 1
        return [self.bits >> (pitch * row + padding) & mask for row in reversed(range(self.height))]

    def with_ink(self, pieces: Iterable[tuple[Bitmap, Point]]) -> Bitmap:
        """The same with the ink of others at these places; what lies outside is lost."""
        pitch, padding = _pitch(self.width)
        bits = self.bits
        for piece, (x, y) in pieces:
            right, below = self.width - x - piece.width, self.height - y - piece.height
            if x < 0 or y < 0 or right < 0 or below < 0:
                piece, (x, y) = piece._cut((x, y), (self.width, self.height))
                right, below = self.width - x - piece.width, self.height - y - piece.height
            bits |= _at_pitch(piece, pitch) << (below * pitch + right + padding)
        return Bitmap(self.width, self.height, bits)

    def png(self) -> bytes:
        """A PNG of one bit a pixel, black on white (ISO/IEC 15948 clauses 5 and 11)."""
        lines = (self.bits ^ _white(self.width, self.height)).to_bytes(self.height * _pitch(self.width)[0] // 8)
        header = struct.pack(">IIBBBBB", self.width, self.height, 1, 0, 0, 0, 0)  # depth 1, greyscale
        chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines, _LEVEL)), (b"IEND", b""))
        return _PNG_SIGNATURE + b"".join([_chunk(kind, data) for kind, data in chunks])

    def _cut(self, at: Point, size: tuple[int, int]) -> tuple[Bitmap, Point]:
        """What lies on a page of this size when it is laid there, and where that begins."""
        (x, y), (left, top) = at, (max(-at[0], 0), max(-at[1], 0))
        width = max(min(self.width, size[0] - x) - left, 0)
        height = max(min(self.height, size[1] - y) - top, 0)
        if not width or not height:
            return Bitmap.blank((0, 0)), (0, 0)
        right, mask = self.width - left - width, (1 << width) - 1
        kept = [row >> right & mask for row in self.rows[top : top + height]]
        return Bitmap.of_rows(width, kept), (x + left, y + top)


def _pitch(width: int) -> tuple[int, int]:
    """The bits of a line, and how many at its end are not of the picture."""
    padding = -width % 8
    return _FILTER_BITS + width + padding, padding


@lru_cache(maxsize=8192)  # the letters of a register, at a few sizes, on pages of three widths
def _at_pitch(ink: Bitmap, pitch: int) -> int:
    bits = 0
    for row in ink.rows:
        bits = bits << pitch | row
    return bits


@lru_cache(maxsize=64)
def _white(width: int, height: int) -> int:
    return Bitmap.of_rows(width, [(1 << width) - 1] * height).bits


def _chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)
