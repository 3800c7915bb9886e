"""The shapes that entries of real lists have: everything but the values stands in the same place.

Each list has a handful of them: two or three sizes of serial numbers, with and without a reason. A shape's number is
its total length, size of the serial number and kind of time, packed; 0 is no shape.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from jpki.der_walk import GENERALIZED_TIME, UTC_TIME
from jpki.revocation_index.columns import read_times
from jpki.revocation_index.entry import TIME_SIZES
from jpki.revocation_index.words import MAX_SERIAL_SIZE

_HEADERS: Final = 4  # of the entry and of the serial number
_TIME_HEADER: Final = 2


class _Block(NamedTuple):
    """Entry extensions; ``_`` in the pattern is a byte that varies."""

    pattern: str
    reason: int | None = None
    invalidity: slice | None = None


_REASON: Final = "300A 0603551D15 0403 0A01 __"  # reasonCode: RFC 5280 clause 5.3.1
_INVALIDITY: Final = "3018 0603551D18 0411 180F" + 15 * " __"  # invalidityDate: clause 5.3.2
_BLOCKS: Final = (
    _Block(f"300C {_REASON}", reason=13),
    _Block(f"301A {_INVALIDITY}", invalidity=slice(13, 28)),
    _Block(f"3026 {_REASON} {_INVALIDITY}", reason=13, invalidity=slice(25, 40)),
    _Block(f"3026 {_INVALIDITY} {_REASON}", reason=39, invalidity=slice(13, 28)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryShape:
    """Where in an entry of ``length`` bytes its parts stand."""

    length: int
    serial_size: int
    time_size: int

    @property
    def serial(self) -> slice:
        """The octets of the serial number."""
        return slice(_HEADERS, _HEADERS + self.serial_size)

    @property
    def time(self) -> slice:
        """The characters of the time."""
        start = self.serial.stop + _TIME_HEADER
        return slice(start, start + self.time_size)

    @property
    def extensions(self) -> slice:
        """The block of extensions, empty when there is none."""
        return slice(self.time.stop, self.length)

    def read_extensions(
        self, rows: NDArray[np.uint8]
    ) -> tuple[NDArray[np.bool_], NDArray[np.uint64], NDArray[np.uint64] | None]:
        """Which rows have extensions that are read here, their reasons, their invalidity dates if all have one."""
        extensions = rows[:, self.extensions]
        count, size = extensions.shape
        nothing = np.zeros(count, np.uint64)
        if not size:
            return np.ones(count, np.bool_), nothing, None
        for block, octets, mask in _blocks(size):
            fit = ~np.asarray(((extensions ^ octets) & mask).any(axis=1))
            if block.reason is not None:
                fit &= extensions[:, block.reason] < 0x80
            if not fit.any() or (block.invalidity is not None and not fit.all()):
                continue  # a list in which only some have dates of one shape is read one by one
            reasons = nothing if block.reason is None else extensions[:, block.reason].astype(np.uint64) * fit
            dates = None if block.invalidity is None else read_times(extensions[:, block.invalidity])
            return fit, reasons, dates
        return np.zeros(count, np.bool_), nothing, None


def matching_shapes(octets: NDArray[np.uint8], starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """The number of each entry's shape. Every start is that of an entry that lies whole within the octets."""
    lengths = octets[starts + 1].astype(np.int64) + 2
    sizes = octets[starts + 3].astype(np.int64)
    time_at = starts + _HEADERS + np.minimum(sizes, MAX_SERIAL_SIZE)
    last = len(octets) - 1
    tags, time_sizes = octets[np.minimum(time_at, last)], octets[np.minimum(time_at + 1, last)].astype(np.int64)
    utc = (tags == UTC_TIME) & (time_sizes == TIME_SIZES[UTC_TIME])
    generalized = (tags == GENERALIZED_TIME) & (time_sizes == TIME_SIZES[GENERALIZED_TIME])
    fit = (
        (sizes > 0)
        & (sizes <= MAX_SERIAL_SIZE)
        & (utc | generalized)
        & (_HEADERS + sizes + _TIME_HEADER + time_sizes <= lengths)
    )
    return np.where(fit, lengths << 6 | sizes << 1 | generalized, 0)


@cache
def shape_of(number: int) -> EntryShape:
    """The shape of a number that is not 0."""
    kind = GENERALIZED_TIME if number & 1 else UTC_TIME
    return EntryShape(length=number >> 6, serial_size=number >> 1 & 0x1F, time_size=TIME_SIZES[kind])


@cache
def _blocks(size: int) -> tuple[tuple[_Block, NDArray[np.uint8], NDArray[np.uint8]], ...]:
    """The blocks of this size, with the octets of their patterns and a mask of those that have to be there."""
    found = []
    for block in _BLOCKS:
        octets = bytes.fromhex(block.pattern.replace("__", "00"))
        if len(octets) == size:
            varies = [pair == "__" for pair in _pairs(block.pattern)]
            mask = np.where(varies, 0, 0xFF).astype(np.uint8)
            found.append((block, np.frombuffer(octets, np.uint8), mask))
    return tuple(found)


def _pairs(pattern: str) -> list[str]:
    packed = pattern.replace(" ", "")
    return [packed[index : index + 2] for index in range(0, len(packed), 2)]
