"""Consents to the latest four attributes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select, update

from jpki.registry.storage.rows import moment_of, seconds
from jpki.rp.records import Consent
from jpki.rp.storage.rows import Rows, moment_or_none
from jpki.rp.storage.schema import consents


class ConsentRows(Rows):
    """See ``jpki.rp.interfaces.Unit``."""

    def give_consent(self, user_id: str, *, at: datetime, ends_at: datetime, sealed: bytes) -> int:
        """A new one; one that was in force ends, and its serial number is forgotten."""
        self.withdraw_consent(user_id, at=at)
        row = {"user_id": user_id, "given_at": seconds(at), "ends_at": seconds(ends_at), "sealed": sealed}
        return int(self._connection.execute(insert(consents).returning(consents.c.number), row).scalar_one())

    def withdraw_consent(self, user_id: str, *, at: datetime) -> bool:
        """End it; what was sealed in it goes. False when there was none."""
        open_ones = update(consents).where(consents.c.user_id == user_id, consents.c.withdrawn_at.is_(None))
        return self._connection.execute(open_ones.values(withdrawn_at=seconds(at), sealed=b"")).rowcount > 0

    def move_consent(self, number: int, sealed: bytes) -> None:
        """It is about a newer certificate now."""
        self._connection.execute(update(consents).where(consents.c.number == number).values(sealed=sealed))

    def consent(self, user_id: str) -> Consent | None:
        """The newest one."""
        newest = select(consents).where(consents.c.user_id == user_id).order_by(consents.c.number.desc()).limit(1)
        row = self._connection.execute(newest).one_or_none()
        if row is None:
            return None
        return Consent(
            number=row.number,
            user_id=row.user_id,
            given_at=moment_of(row.given_at),
            ends_at=moment_of(row.ends_at),
            withdrawn_at=moment_or_none(row.withdrawn_at),
            sealed=row.sealed,
        )
