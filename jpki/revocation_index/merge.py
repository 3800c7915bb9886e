"""Two indexes side by side, in columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from jpki.revocation_index.mapped import MappedIndex

Rows: TypeAlias = NDArray[np.int64]
Keys: TypeAlias = NDArray[Any]
_WIDE_SIZE = 24


class RowDifference(NamedTuple):
    """Row numbers; ``changed_from`` and ``changed_to`` pair."""

    added: Rows
    removed: Rows
    changed_from: Rows
    changed_to: Rows


@dataclass(frozen=True, slots=True)
class _Columns:
    """Ascending serial numbers; a row's ``facts`` are its word and its invalidityDate."""

    keys: Keys
    facts: NDArray[np.uint64]


def compare_rows(before: MappedIndex | None, after: MappedIndex) -> RowDifference:
    """What two indexes tell differently; narrow and wide serial numbers never meet, so they are compared apart."""
    old, new = _columns(before), _columns(after)
    narrow = _compare(old[0], new[0])
    wide = _compare(old[1], new[1])
    firsts = (len(new[0].keys), len(old[0].keys), len(old[0].keys), len(new[0].keys))
    return RowDifference(
        *(np.append(left, right + first) for left, right, first in zip(narrow, wide, firsts, strict=True))
    )


def _compare(old: _Columns, new: _Columns) -> RowDifference:
    places = np.searchsorted(old.keys, new.keys)
    inside = places < len(old.keys)
    both = np.zeros(len(new.keys), np.bool_)
    both[inside] = old.keys[places[inside]] == new.keys[inside]
    here, there = places[both], np.flatnonzero(both)
    gone = np.ones(len(old.keys), np.bool_)
    gone[here] = False
    changed = (old.facts[:, here] != new.facts[:, there]).any(axis=0)
    return RowDifference(np.flatnonzero(~both), np.flatnonzero(gone), here[changed], there[changed])


def _columns(index: MappedIndex | None) -> tuple[_Columns, _Columns]:
    """Of narrow serial numbers, and of wide ones, whose key is their octets."""
    if index is None:
        nothing = np.zeros((2, 0), np.uint64)
        return _Columns(nothing[0], nothing), _Columns(np.zeros(0, f"S{_WIDE_SIZE}"), nothing)
    narrow, count = _numbers(index, "serials"), len(index)
    facts = np.zeros((2, count), np.uint64)
    facts[0] = np.append(_numbers(index, "words"), _numbers(index, "wide_words"))
    facts[1, _numbers(index, "invalid_rows")] = _numbers(index, "invalid_since")
    parts = [_numbers(index, name).astype(">u8") for name in ("wide_high", "wide_middle", "wide_low")]
    wide = np.stack(parts, axis=1).view(f"S{_WIDE_SIZE}").ravel()
    return _Columns(narrow.astype(np.uint64), facts[:, : len(narrow)]), _Columns(wide, facts[:, len(narrow) :])


def _numbers(index: MappedIndex, name: str) -> NDArray[Any]:
    view = index.column(name)
    return np.frombuffer(view, np.uint32 if view.format == "I" else np.uint64)
