"""From one list to the next: what was added, taken off or changed, and whether the next one is the next one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, overload

from jpki.revocation_index.crl_stream import StreamedCrl
from jpki.revocation_index.errors import CrlFlaw, CrlRefusedError, CrlRolledBackError
from jpki.revocation_index.mapped import MappedIndex
from jpki.verify.crl_frame import CrlFrame, RevokedEntry

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Rows(Sequence[RevokedEntry]):
    """Some rows of an index; an entry is made when it is looked at."""

    def __init__(self, index: MappedIndex, rows: NDArray[np.int64]) -> None:
        self._index = index
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, place: int) -> RevokedEntry: ...
    @overload
    def __getitem__(self, place: slice) -> Rows: ...
    def __getitem__(self, place: int | slice) -> RevokedEntry | Rows:
        if isinstance(place, slice):
            return Rows(self._index, self._rows[place])
        return self._index.row(int(self._rows[place]))

    def __iter__(self) -> Iterator[RevokedEntry]:
        return (self._index.row(row) for row in self._rows.tolist())


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexDifference:
    """Entries that only the new list has, that only the old one had, and pairs that both have and tell differently."""

    added: Rows
    removed: Rows
    changed_from: Rows
    changed_to: Rows

    @property
    def changed(self) -> Iterator[tuple[RevokedEntry, RevokedEntry]]:
        """Old and new entry of each serial number: another date or reason, such as a hold that became a revocation."""
        return zip(self.changed_from, self.changed_to, strict=True)

    @property
    def is_empty(self) -> bool:
        """True when both lists say the same of every certificate."""
        return not (self.added or self.removed or self.changed_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexUpdate:
    """What an update did. ``before`` is None for the first index; the same object as ``index`` for the same CRL."""

    before: MappedIndex | None
    index: MappedIndex
    difference: IndexDifference

    @property
    def is_same(self) -> bool:
        """True when the CRL was the one that the index had been made of."""
        return self.before is self.index

    @property
    def numbers_skipped(self) -> int | None:
        """How many CRL numbers lie between the two lists; None where one has no number. A CA may well skip some."""
        before = None if self.before is None else self.before.frame.number
        after = self.index.frame.number
        return None if before is None or after is None else max(0, after - before - 1)

    @property
    def time_without_list(self) -> timedelta:
        """From the old list's nextUpdate to the new one's thisUpdate: a list in between was missed, or never made."""
        if self.before is None or self.before.frame.next_update is None:
            return timedelta(0)
        return max(timedelta(0), self.index.frame.this_update - self.before.frame.next_update)


def is_same_list(before: MappedIndex, crl: StreamedCrl) -> bool:
    """True when the CRL is the one that is there; refused or rolled back unless it is that or a later one."""
    if crl.sha256 == before.header.crl_sha256:
        return True
    old, new = before.frame, crl.frame
    if new.issuer != old.issuer:
        raise CrlRefusedError(CrlFlaw.OTHER_ISSUER, "the index is of a list of another CA")
    if new.partition != old.partition:
        raise CrlRefusedError(CrlFlaw.OTHER_PARTITION, "the index is of a list of another partition")
    step_back = _step_back(old, new)
    if step_back:
        raise CrlRolledBackError(step_back, hint="somebody serves an old list: fetch it again, from another place")
    return False


def _step_back(old: CrlFrame, new: CrlFrame) -> str:
    if old.number is not None and new.number is None:
        return f"the list has no number, the index is of number {old.number}"
    if old.number is not None and new.number is not None:
        if new.number < old.number:
            return f"the list has number {new.number}, the index is of number {old.number}"
        if new.number == old.number:  # RFC 5280 clause 5.2.3: numbers grow
            return f"the list has number {new.number} as the one that the index is of, and is another"
    if new.this_update < old.this_update:
        return f"the list is of {new.this_update:%Y-%m-%d %H:%M:%S}Z, the index of {old.this_update:%Y-%m-%d %H:%M:%S}Z"
    return ""


def compare(before: MappedIndex | None, after: MappedIndex) -> IndexDifference:
    """What the second index tells otherwise than the first."""
    from jpki.revocation_index.merge import compare_rows  # numpy

    rows = compare_rows(before, after)
    return IndexDifference(
        added=Rows(after, rows.added),
        removed=Rows(before or after, rows.removed),
        changed_from=Rows(before or after, rows.changed_from),
        changed_to=Rows(after, rows.changed_to),
    )
