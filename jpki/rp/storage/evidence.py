"""Records of ceremonies and the data that they stand on, for as long as the law wants them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import case, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from jpki.registry.storage.rows import moment_of, seconds
from jpki.rp.records import KeptEvidence
from jpki.rp.storage.rows import Rows
from jpki.rp.storage.schema import evidence, evidence_data


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

    def extend_data(self, digest: bytes, *, until: datetime) -> bool:
        """Keep them so long at least; False when they are not there. Most times nothing has to be written."""
        mine = evidence_data.c.sha256 == digest
        kept = self._connection.execute(select(evidence_data.c.keep_until).where(mine)).scalar_one_or_none()
        if kept is None or kept >= seconds(until):
            return kept is not None
        longer = update(evidence_data).where(mine).values(keep_until=seconds(until))
        return bool(self._connection.execute(longer).rowcount)  # none when they were purged meanwhile

    def add_data(self, digest: bytes, sealed: bytes, *, until: datetime) -> None:
        """Under their hash. Where somebody else was first, for as long as the one who needs them longer."""
        row = {"sha256": digest, "keep_until": seconds(until), "sealed": sealed}
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        added = dialect.insert(evidence_data)
        mine, theirs = added.excluded.keep_until, evidence_data.c.keep_until
        longest = {"keep_until": case((theirs > mine, theirs), else_=mine)}
        self._connection.execute(added.on_conflict_do_update(index_elements=["sha256"], set_=longest), row)

    def data(self, digest: bytes) -> bytes | None:
        """Sealed."""
        found = select(evidence_data.c.sealed).where(evidence_data.c.sha256 == digest)
        return self._connection.execute(found).scalar_one_or_none()

    def purge_evidence(self, *, now: datetime) -> int:
        """Delete what need not be kept any longer; how many records there were."""
        self._connection.execute(delete(evidence_data).where(evidence_data.c.keep_until <= seconds(now)))
        return self._connection.execute(delete(evidence).where(evidence.c.keep_until <= seconds(now))).rowcount
