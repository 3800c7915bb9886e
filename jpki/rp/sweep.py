"""現況確認, the sweep over all customers: which certificates were revoked, held, have expired, and what to ask of whom.

It goes page by page in the order of the certificates' numbers. Each page with all that was found in it and how far the
sweep has come are one transaction: whoever is killed goes on with the next page, and no certificate is counted twice.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from jpki.rp.asks import Ask, AskRow, ask_about
from jpki.rp.errors import SweepIncompleteError
from jpki.rp.interfaces import Store
from jpki.rp.listed import RevokedHandles
from jpki.rp.records import Snapshot, State, SweepRecord

PAGE: Final = 5_000
_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class CustomerAsk:
    """What to do about one customer: the sternest of what its certificates ask for."""

    user_id: str
    row: AskRow
    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class SweepReport:
    """A sweep that has ended, with its proof: in = good + revoked + held + expired + unknown."""

    sweep: SweepRecord
    asks: tuple[CustomerAsk, ...]

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        counts = {state.value: count for state, count in self.sweep.counts.items()}
        return {
            "sweep": self.sweep.number,
            "complete": self.sweep.is_complete,
            "in": self.sweep.seen,
            **counts,
            "asks": dict(Counter(one.row.ask.value for one in self.asks)),
            "findings": dict(Counter(one.row.code for one in self.asks)),
        }


def begin_or_resume(store: Store, listed: RevokedHandles, *, at: datetime) -> SweepRecord:
    """The sweep that was not finished, if it stands on the same lists and the same moment; a new one otherwise."""
    with store.unit() as unit:
        newest = unit.sweep()
        if newest and not newest.is_complete and (newest.basis, newest.at) == (listed.basis, at.replace(microsecond=0)):
            return newest
        return unit.begin_sweep(at=at, basis=listed.basis)


def sweep_pages(store: Store, listed: RevokedHandles, sweep: SweepRecord, *, page: int = PAGE) -> Iterator[SweepRecord]:
    """Go on, one page at each step; what is yielded is stored."""
    while not sweep.is_complete:
        sweep = _next_page(store, listed, sweep, page)
        yield sweep


def run_sweep(store: Store, listed: RevokedHandles, *, at: datetime, page: int = PAGE) -> SweepReport:
    """All of it, from where the last one was interrupted."""
    sweep = begin_or_resume(store, listed, at=at)
    pages = deque(sweep_pages(store, listed, sweep, page=page), maxlen=1)
    return report(store, pages[-1] if pages else sweep)


def report(store: Store, sweep: SweepRecord) -> SweepReport:
    """What a sweep found, customer by customer."""
    with store.reading() as unit:
        snapshots = unit.snapshots(sweep.number)
    sternest: dict[str, CustomerAsk] = {}
    for one in snapshots:
        row = ask_about(one)
        known = sternest.get(one.user_id)
        if known is None or row.ask.rank > known.row.ask.rank:
            sternest[one.user_id] = CustomerAsk(one.user_id, row, one)
    return SweepReport(sweep, tuple(one for one in sternest.values() if one.row.ask is not Ask.NOTHING))


def _next_page(store: Store, listed: RevokedHandles, sweep: SweepRecord, limit: int) -> SweepRecord:
    for _ in range(_TRIES):
        with store.unit() as unit:
            current = unit.lock_sweep(sweep.number)  # two who resume one sweep take turns
            assert current is not None
            if current.is_complete:
                return current
            page = unit.page(after=current.done, last=current.last, limit=limit)
            upto = page[-1].number if len(page) == limit else current.last
            if unit.count_page(after=current.done, upto=upto) != len(page):
                continue  # somebody left, or a newer certificate was bound, between the two questions
            found = [listed.snapshot(one, at=current.at) for one in page]
            counts = Counter(one.state for one in found)
            moved = replace(
                current,
                done=upto,
                seen=current.seen + len(page),
                counts={state: current.counts[state] + counts[state] for state in State},
            )
            unit.swept(moved, [one for one in found if one.state is not State.GOOD])
            return moved
    raise SweepIncompleteError("the certificates of a page were not the same twice in one transaction")
