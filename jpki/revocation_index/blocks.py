"""The entries of a CRL, many at a time: blocks of bytes in, columns of numbers out.

Where an entry begins is never guessed. Places that look like the beginning of an entry are found at once; which of
them are beginnings is decided by the chain of lengths from the first entry on, so a serial number may hold any bytes.
Entries of a shape that most lists have are read in columns, all others one by one by ``entry``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from jpki.der_walk import INTEGER, SEQUENCE
from jpki.revocation_index.columns import MalformedColumnError, read_serials, read_times
from jpki.revocation_index.entry import EntryExtensions, IndirectError, OddEntry, read_entry, read_extensions
from jpki.revocation_index.errors import CrlFlaw, CrlRefusedError
from jpki.revocation_index.shapes import EntryShape, matching_shapes, shape_of
from jpki.revocation_index.words import FLAG_INVALIDITY, MOMENT_SHIFT, NARROW_SIZE

Numbers: TypeAlias = NDArray[np.uint64]
Places: TypeAlias = NDArray[np.int64]
Octets: TypeAlias = NDArray[np.uint8]

MAX_ENTRY_SIZE: Final = 1 << 16  # ours: far above any entry, and a bound on what is kept between two blocks
_HEADER: Final = 2
_LEAST_SIZE: Final = _HEADER + 3 + 15  # a serial number of one octet and a UTCTime
_MOST_SHORT: Final = 0x80
_KEPT_BLOCKS: Final = 4096
_UNREADABLE: Final = (ValueError, IndexError)


@dataclass(slots=True)
class Rows:
    """Columns of one block. A serial number is one number, or three where it is wide."""

    serials: Numbers
    words: Numbers
    invalid_since: Numbers | None = None


@dataclass(slots=True)
class EntryBlocks:
    """Feed it the entries in any pieces, then ``finish``. ``offset`` is where the first one stands in the list."""

    offset: int
    narrow: list[Rows] = field(default_factory=list)
    wide: list[Rows] = field(default_factory=list)
    critical_extension: str | None = None
    _rest: bytes = b""
    _known: dict[bytes, EntryExtensions] = field(default_factory=dict)

    def feed(self, piece: bytes | memoryview) -> None:
        """The next bytes; ``CrlRefusedError`` where an entry is none."""
        block = self._rest + piece if self._rest else bytes(piece)
        try:
            consumed = self._read(block)
        except IndirectError as error:
            raise CrlRefusedError(CrlFlaw.INDIRECT, str(error)) from error
        self._rest = block[consumed:]
        self.offset += consumed
        if len(self._rest) > MAX_ENTRY_SIZE:
            raise self._malformed(0, "the entry is too long")

    def finish(self) -> None:
        """There are no more bytes; ``CrlRefusedError`` in the middle of an entry."""
        if self._rest:
            raise self._malformed(0, "the last entry reaches past the list")

    def _read(self, block: bytes) -> int:
        octets = np.frombuffer(block, np.uint8)
        starts, others, consumed = self._chain(block, octets)
        shapes = matching_shapes(octets, starts)
        others += ((int(at), _end(block, int(at))) for at in starts[shapes == 0])
        for shape in np.flatnonzero(np.bincount(shapes)):
            if shape:
                self._read_alike(octets, starts[shapes == shape], shape_of(int(shape)))
        for at, end in others:
            self._add_one(self._read_one(block, at, end))
        return consumed

    def _chain(self, block: bytes, octets: Octets) -> tuple[Places, list[tuple[int, int]], int]:
        """Beginnings of entries with short lengths, places of all others, and where the last whole entry ends."""
        starts, ends = _candidates(octets)
        runs: list[Places] = []
        others: list[tuple[int, int]] = []
        # Where an entry is not followed by the next candidate, a run ends.
        last_of_runs = np.flatnonzero(np.append(ends[:-1] != starts[1:], True)) if len(starts) else starts
        at = 0
        while at < len(block):
            first = int(np.searchsorted(starts, at))
            if first < len(starts) and starts[first] == at:
                last = int(last_of_runs[np.searchsorted(last_of_runs, first)])
                runs.append(starts[first : last + 1])
                at = int(ends[last])
                continue
            end = self._end_of_other(block, at)
            if end is None:
                break
            others.append((at, end))
            at = end
        return np.concatenate(runs) if runs else starts[:0], others, at

    def _end_of_other(self, block: bytes, at: int) -> int | None:
        """Where an entry that is no candidate ends; None when it does so in a later block."""
        if block[at] != SEQUENCE:
            raise self._malformed(at, "there is no entry")
        try:
            end = _end(block, at)
        except _UNREADABLE as error:
            if len(block) - at < _HEADER + 4:
                return None  # the length itself may go on
            raise self._malformed(at, "the length of the entry is in no shortest form") from error
        if end - at > MAX_ENTRY_SIZE:
            raise self._malformed(at, "the entry is too long")
        return end if end <= len(block) else None

    def _read_alike(self, octets: Octets, starts: Places, shape: EntryShape) -> None:
        rows = sliding_window_view(octets, shape.length)[starts]
        try:
            serials = read_serials(rows[:, shape.serial])
            words = read_times(rows[:, shape.time]) << np.uint64(MOMENT_SHIFT)
            fit, reasons, invalid_since = shape.read_extensions(rows)
        except MalformedColumnError as error:
            raise self._malformed(int(starts[error.row]), str(error)) from error
        words |= reasons
        if invalid_since is not None:
            words |= np.uint64(FLAG_INVALIDITY)
        if not fit.all():
            invalid_since = self._read_blocks(rows[:, shape.extensions], ~fit, words, invalid_since)
        table = self.narrow if shape.serial_size <= NARROW_SIZE else self.wide
        table.append(Rows(serials, words, invalid_since))

    def _read_blocks(
        self, extensions: Octets, unread: NDArray[np.bool_], words: Numbers, invalid_since: Numbers | None
    ) -> Numbers | None:
        """Extensions of no common shape, each distinct block once."""
        if invalid_since is None:
            invalid_since = np.zeros(len(words), np.uint64)
        for row in np.flatnonzero(unread):
            read = self._extensions(extensions[row].tobytes())
            words[row] = int(words[row]) >> MOMENT_SHIFT << MOMENT_SHIFT | _flags(read)
            invalid_since[row] = read.invalid_since or 0
        return invalid_since

    def _extensions(self, block: bytes) -> EntryExtensions:
        read = self._known.get(block)
        if read is None:
            try:
                read = read_extensions(block)
            except IndirectError:
                raise
            except _UNREADABLE as error:
                raise self._malformed(0, f"an entry's extensions cannot be read: {error}") from error
            if len(self._known) >= _KEPT_BLOCKS:
                self._known.clear()
            self._known[block] = read
            self.critical_extension = self.critical_extension or read.critical
        return read

    def _read_one(self, block: bytes, at: int, end: int) -> OddEntry:
        try:
            return read_entry(block, at, end)
        except IndirectError:
            raise
        except _UNREADABLE as error:
            raise self._malformed(at, f"the entry cannot be read: {error}") from error

    def _add_one(self, entry: OddEntry) -> None:
        self.critical_extension = self.critical_extension or entry.extensions.critical
        word = entry.revoked_at << MOMENT_SHIFT | _flags(entry.extensions)
        columns = [entry.serial] if entry.serial_size <= NARROW_SIZE else list(_three(entry.serial))
        table = self.narrow if entry.serial_size <= NARROW_SIZE else self.wide
        serials = np.array(columns, np.uint64).reshape(len(columns), 1)
        invalid_since = np.array([entry.extensions.invalid_since or 0], np.uint64)
        table.append(Rows(serials, np.array([word], np.uint64), invalid_since))

    def _malformed(self, at: int, why: str) -> CrlRefusedError:
        return CrlRefusedError(CrlFlaw.MALFORMED_ENTRY, why, offset=self.offset + at)


def _candidates(octets: Octets) -> tuple[Places, Places]:
    """Where SEQUENCE, a short length and INTEGER stand, and where such an entry would end; both within the block."""
    if len(octets) < _LEAST_SIZE:
        nothing = np.zeros(0, np.int64)
        return nothing, nothing
    starts = np.flatnonzero((octets[:-_HEADER] == SEQUENCE) & (octets[_HEADER:] == INTEGER))
    lengths = octets[starts + 1]
    ends = starts + _HEADER + lengths
    whole = (lengths < _MOST_SHORT) & (lengths >= _LEAST_SIZE - _HEADER) & (ends <= len(octets))
    starts, ends = starts[whole], ends[whole]
    if len(starts) and (ends[:-1] != starts[1:]).any():  # most of those that nothing leads to are within serial numbers
        led_to = np.zeros(len(octets) + 1, np.bool_)
        led_to[0] = True
        led_to[ends] = True
        kept = led_to[starts]
        starts, ends = starts[kept], ends[kept]
    return starts, ends


def _end(block: bytes, at: int) -> int:
    """Where the entry would end, though the block may end earlier."""
    first = block[at + 1]
    if first < _MOST_SHORT:
        return at + _HEADER + first
    size = first & 0x7F
    content = at + _HEADER + size
    length = int.from_bytes(block[at + _HEADER : content])
    if not 0 < size <= 4 or content > len(block) or length < _MOST_SHORT or length >> 8 * (size - 1) == 0:
        raise ValueError("a length is in its shortest form")
    return content + length


def _flags(extensions: EntryExtensions) -> int:
    return extensions.reason | (FLAG_INVALIDITY if extensions.invalid_since is not None else 0)


def _three(serial: int) -> Iterator[int]:
    """The three numbers of a wide serial number, the most significant first."""
    for shift in (128, 64, 0):
        yield serial >> shift & (1 << 64) - 1
