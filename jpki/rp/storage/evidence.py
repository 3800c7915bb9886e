"""Records of ceremonies, for as long as the law wants them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, insert, select

from jpki.registry.storage.rows import moment_of, seconds
from jpki.rp.records import KeptEvidence
from jpki.rp.storage.rows import Rows
from jpki.rp.storage.schema import evidence


class EvidenceRows(Rows):
    """See ``jpki.rp.interfaces.Unit``."""

    def add_evidence(
        self, user_id: str, ceremony: str, *, at: datetime, keep_until: datetime, digest: bytes, sealed: bytes
    ) -> int:
        """Keep a record; its number."""
        row = {
            "user_id": user_id,
            "ceremony": ceremony,
            "at": seconds(at),
            "keep_until": seconds(keep_until),
            "digest": digest,
            "sealed": sealed,
        }
        return int(self._connection.execute(insert(evidence).returning(evidence.c.number), row).scalar_one())

    def evidence(self, user_id: str) -> Sequence[KeptEvidence]:
        """A customer's, also a former one's."""
        rows = self._connection.execute(
            select(evidence).where(evidence.c.user_id == user_id).order_by(evidence.c.number)
        )
        return [
            KeptEvidence(
                number=row.number,
                user_id=row.user_id,
                ceremony=row.ceremony,
                at=moment_of(row.at),
                keep_until=moment_of(row.keep_until),
                digest=row.digest,
                sealed=row.sealed,
            )
            for row in rows
        ]

    def purge_evidence(self, *, now: datetime) -> int:
        """Delete what need not be kept any longer; how many there were."""
        return self._connection.execute(delete(evidence).where(evidence.c.keep_until <= seconds(now))).rowcount
