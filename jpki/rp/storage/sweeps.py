"""Sweeps: how far each has come, and what it found."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, insert, select, update

from jpki.kinds import CaKind
from jpki.registry.storage.rows import moment_of, seconds
from jpki.rp.records import BoundCertificate, Snapshot, State, SweepRecord
from jpki.rp.storage.migrations import CERTIFICATES
from jpki.rp.storage.rows import Rows, bound_certificate, moment_or_none
from jpki.rp.storage.schema import certificates, counters, snapshots, sweeps


class SweepRows(Rows):
    """See ``jpki.rp.interfaces.Unit``."""

    def begin_sweep(self, *, at: datetime, basis: str) -> SweepRecord:
        """A new one, over all certificates that are bound by now."""
        last = self._connection.execute(select(counters.c.last).where(counters.c.name == CERTIFICATES)).scalar_one()
        row: dict[str, Any] = {"at": seconds(at), "basis": basis, "last": last, "done": 0, "seen": 0}
        row |= {state.value: 0 for state in State}
        number = self._connection.execute(insert(sweeps).returning(sweeps.c.number), row).scalar_one()
        found = self.sweep(number)
        assert found is not None
        return found

    def sweep(self, number: int | None = None) -> SweepRecord | None:
        """This one, or the newest."""
        asked = select(sweeps).order_by(sweeps.c.number.desc()).limit(1)
        if number is not None:
            asked = select(sweeps).where(sweeps.c.number == number)
        row = self._connection.execute(asked).one_or_none()
        return None if row is None else _sweep(row)

    def lock_sweep(self, number: int) -> SweepRecord | None:
        """This one, while nobody else goes on with it until the transaction ends."""
        mine = select(sweeps).where(sweeps.c.number == number).with_for_update()
        row = self._connection.execute(mine).one_or_none()
        return None if row is None else _sweep(row)

    def swept(self, sweep: SweepRecord, found: Sequence[Snapshot]) -> None:
        """Come so far, and found this on the way."""
        row: dict[str, Any] = {"done": sweep.done, "seen": sweep.seen}
        row |= {state.value: count for state, count in sweep.counts.items()}
        self._connection.execute(update(sweeps).where(sweeps.c.number == sweep.number).values(row))
        if found:
            self._connection.execute(insert(snapshots), [_row(sweep.number, one) for one in found])

    def snapshots(self, number: int) -> Sequence[Snapshot]:
        """All that a sweep found not to be good."""
        rows = self._connection.execute(
            select(snapshots).where(snapshots.c.sweep == number).order_by(snapshots.c.certificate)
        )
        return [_snapshot(row) for row in rows]

    def page(self, *, after: int, last: int, limit: int) -> Sequence[BoundCertificate]:
        """The next current certificates in the order of their numbers."""
        rows = select(certificates).where(_current(after, last)).order_by(certificates.c.number).limit(limit)
        return [bound_certificate(row) for row in self._connection.execute(rows)]

    def count_page(self, *, after: int, upto: int) -> int:
        """How many of them there are, counted by the database."""
        counted = select(func.count()).select_from(certificates).where(_current(after, upto))
        return int(self._connection.execute(counted).scalar_one())


def _current(after: int, last: int) -> ColumnElement[bool]:
    number = certificates.c.number
    return and_(number > after, number <= last, certificates.c.ended.is_(None))


def _sweep(row: Row[Any]) -> SweepRecord:
    return SweepRecord(
        number=row.number,
        at=moment_of(row.at),
        basis=row.basis,
        last=row.last,
        done=row.done,
        seen=row.seen,
        counts={state: getattr(row, state.value) for state in State},
    )


def _row(sweep: int, snapshot: Snapshot) -> dict[str, Any]:
    return {
        "sweep": sweep,
        "certificate": snapshot.certificate,
        "user_id": snapshot.user_id,
        "kind": snapshot.kind.value,
        "state": snapshot.state.value,
        "reason": snapshot.reason,
        "since": None if snapshot.since is None else seconds(snapshot.since),
    }


def _snapshot(row: Row[Any]) -> Snapshot:
    return Snapshot(
        certificate=row.certificate,
        user_id=row.user_id,
        kind=CaKind(row.kind),
        state=State(row.state),
        reason=row.reason,
        since=moment_or_none(row.since),
    )
