"""The columns of all entries, in the order of the serial numbers, and the directory that narrows a search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jpki.revocation_index.blocks import EntryBlocks, Numbers, Rows
from jpki.revocation_index.errors import CrlFlaw, CrlRefusedError
from jpki.revocation_index.words import FLAG_INVALIDITY

_PER_BUCKET = 8  # entries in one bucket of the directory, on average


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Narrow serial numbers, wide ones as three columns; ``words`` of both, narrow first. Row numbers likewise.

    ``buckets[n]`` is the first row whose serial number is at least ``base + (n << shift)``.
    """

    serials: NDArray[np.unsignedinteger[Any]]
    wide: NDArray[np.uint64]
    words: Numbers
    wide_words: Numbers
    invalid_rows: NDArray[np.uint32]
    invalid_since: Numbers
    buckets: NDArray[np.uint32]
    base: int
    shift: int

    def columns(self) -> dict[str, NDArray[np.unsignedinteger[Any]]]:
        """By the names that they have in the file, in its order."""
        high, middle, low = self.wide
        return {
            "buckets": self.buckets,
            "serials": self.serials,
            "words": self.words,
            "wide_high": high,
            "wide_middle": middle,
            "wide_low": low,
            "wide_words": self.wide_words,
            "invalid_rows": self.invalid_rows,
            "invalid_since": self.invalid_since,
        }


def make_table(blocks: EntryBlocks) -> Table:
    """Sort the entries; ``CrlRefusedError`` when a serial number is listed twice."""
    serials, words, since = _join(blocks.narrow, columns=1)
    blocks.narrow.clear()  # a list of ten million would be there twice
    narrow = serials[0]
    if len(narrow) and not (narrow[:-1] < narrow[1:]).all():
        order = np.argsort(narrow)
        narrow, words, since = narrow[order], words[order], since if since is None else since[order]
    wide, wide_words, wide_since = _join(blocks.wide, columns=3)
    order = np.lexsort(wide[::-1])
    wide, wide_words, wide_since = (
        np.ascontiguousarray(wide[:, order]),
        wide_words[order],
        wide_since if wide_since is None else wide_since[order],
    )
    _refuse_twice(narrow, wide)
    buckets, base, shift = _directory(narrow)
    invalid_rows, invalid_since = _invalidity(words, since, 0)
    wide_rows, wide_dates = _invalidity(wide_words, wide_since, len(narrow))
    return Table(
        serials=narrow.astype(np.uint32) if not len(narrow) or narrow[-1] < 1 << 32 else narrow,
        wide=wide,
        words=words,
        wide_words=wide_words,
        invalid_rows=np.concatenate((invalid_rows, wide_rows)).astype(np.uint32),
        invalid_since=np.concatenate((invalid_since, wide_dates)),
        buckets=buckets,
        base=base,
        shift=shift,
    )


def _join(pieces: Sequence[Rows], *, columns: int) -> tuple[Numbers, Numbers, Numbers | None]:
    if not pieces:
        return np.zeros((columns, 0), np.uint64), np.zeros(0, np.uint64), None
    serials = np.concatenate([piece.serials for piece in pieces], axis=1)
    words = np.concatenate([piece.words for piece in pieces])
    if all(piece.invalid_since is None for piece in pieces):
        return serials, words, None
    dates = [
        np.zeros(len(piece.words), np.uint64) if piece.invalid_since is None else piece.invalid_since
        for piece in pieces
    ]
    return serials, words, np.concatenate(dates)


def _refuse_twice(narrow: Numbers, wide: Numbers) -> None:
    twice = np.flatnonzero(narrow[:-1] == narrow[1:])
    if len(twice):
        raise _listed_twice(int(narrow[twice[0]]))
    twice = np.flatnonzero((wide[:, :-1] == wide[:, 1:]).all(axis=0))
    if len(twice):
        high, middle, low = (int(part) for part in wide[:, twice[0]])
        raise _listed_twice(high << 128 | middle << 64 | low)


def _listed_twice(serial: int) -> CrlRefusedError:
    return CrlRefusedError(CrlFlaw.DUPLICATE_SERIAL, f"serial number {serial} is listed twice")


def _directory(serials: Numbers) -> tuple[NDArray[np.uint32], int, int]:
    """Serial numbers are counted up, so equal steps hold nearly equal numbers of entries."""
    if not len(serials):
        return np.zeros(1, np.uint32), 0, 0
    base, span = int(serials[0]), int(serials[-1] - serials[0])
    shift = max(0, span.bit_length() - max(0, (len(serials) // _PER_BUCKET).bit_length()))
    bounds = (np.arange((span >> shift) + 1, dtype=np.uint64) << np.uint64(shift)) + np.uint64(base)
    return np.append(np.searchsorted(serials, bounds), len(serials)).astype(np.uint32), base, shift


def _invalidity(words: Numbers, since: Numbers | None, first: int) -> tuple[NDArray[np.int64], Numbers]:
    if since is None:
        return np.zeros(0, np.int64), np.zeros(0, np.uint64)
    rows = np.flatnonzero(words & np.uint64(FLAG_INVALIDITY))
    return rows + first, since[rows]
