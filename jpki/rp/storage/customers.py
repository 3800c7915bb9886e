"""Customers, their certificates behind hashes, and their sealed attributes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from jpki.kinds import CaKind
from jpki.registry.storage.rows import moment_of, seconds
from jpki.rp.records import BoundCertificate, CustomerRecord, Ended
from jpki.rp.storage.migrations import CERTIFICATES
from jpki.rp.storage.rows import Rows, bound_certificate
from jpki.rp.storage.schema import attributes, certificates, consents, counters, customers, evidence, snapshots


class CustomerRows(Rows):
    """See ``jpki.rp.interfaces.Unit``."""

    def customer(self, user_id: str) -> CustomerRecord | None:
        """One customer."""
        row = self._connection.execute(select(customers).where(customers.c.user_id == user_id)).one_or_none()
        return None if row is None else CustomerRecord(user_id=row.user_id, created_at=moment_of(row.created_at))

    def lock(self, user_id: str) -> bool:
        """Keep others from this customer until the end; of SQLite the transaction keeps out all as it is."""
        mine = select(customers.c.user_id).where(customers.c.user_id == user_id).with_for_update()
        return self._connection.execute(mine).one_or_none() is not None

    def lock_bindings(self) -> None:
        """Keep others from binding certificates until the end: the row of their counter is locked."""
        self._connection.execute(select(counters.c.last).where(counters.c.name == CERTIFICATES).with_for_update())

    def add_customer(self, user_id: str, *, at: datetime) -> None:
        """A new one, under a name of the caller's choice."""
        self._connection.execute(insert(customers), {"user_id": user_id, "created_at": seconds(at)})

    def delete_customer(self, user_id: str, *, now: datetime) -> None:
        """Everything but evidence that has to be kept."""
        self._connection.execute(
            delete(evidence).where(evidence.c.user_id == user_id, evidence.c.keep_until <= seconds(now))
        )
        for table in (snapshots, consents, attributes, certificates, customers):
            self._connection.execute(delete(table).where(table.c.user_id == user_id))

    def certificate(self, handle: bytes) -> BoundCertificate | None:
        """Whose certificate it is, if anybody's."""
        row = self._connection.execute(select(certificates).where(certificates.c.handle == handle)).one_or_none()
        return None if row is None else bound_certificate(row)

    def certificates(self, user_id: str) -> Sequence[BoundCertificate]:
        """All that a customer ever had."""
        rows = select(certificates).where(certificates.c.user_id == user_id).order_by(certificates.c.number)
        return [bound_certificate(row) for row in self._connection.execute(rows)]

    def bind(
        self,
        user_id: str,
        kind: CaKind,
        *,
        handle: bytes,
        authority: bytes,
        bond: bytes,
        not_after: datetime,
        at: datetime,
        points: frozenset[bytes] = frozenset(),
    ) -> None:
        """A certificate stands for a customer from now on."""
        # The row of the counter is locked until the commit, hence numbers are committed in their order.
        next_one = update(counters).where(counters.c.name == CERTIFICATES).values(last=counters.c.last + 1)
        number = self._connection.execute(next_one.returning(counters.c.last)).scalar_one()
        row = {
            "number": number,
            "user_id": user_id,
            "kind": kind.value,
            "handle": handle,
            "authority": authority,
            "bond": bond,
            "not_after": seconds(not_after),
            "bound_at": seconds(at),
            "points": b"".join(sorted(points)),
        }
        self._connection.execute(insert(certificates), row)

    def succeed(self, handle: bytes, *, at: datetime) -> None:
        """A newer certificate took this one's place."""
        ended = update(certificates).where(certificates.c.handle == handle, certificates.c.ended.is_(None))
        self._connection.execute(ended.values(ended=Ended.SUCCEEDED.value, ended_at=seconds(at)))

    def keep_attributes(self, user_id: str, sealed: bytes, *, at: datetime) -> None:
        """Instead of those that were kept before."""
        self._connection.execute(delete(attributes).where(attributes.c.user_id == user_id))
        self._connection.execute(insert(attributes), {"user_id": user_id, "sealed": sealed, "at": seconds(at)})

    def attributes(self, user_id: str) -> bytes | None:
        """Sealed, where a ceremony had to keep them."""
        found = select(attributes.c.sealed).where(attributes.c.user_id == user_id)
        return self._connection.execute(found).scalar_one_or_none()
