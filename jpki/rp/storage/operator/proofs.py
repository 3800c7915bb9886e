"""What signatures leave: challenges, data that were signed, certificates, verifications."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, Table, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from jpki.kinds import CaKind
from jpki.registry.storage.rows import moment_of, seconds
from jpki.rp.challenges import Taken
from jpki.rp.operator.records import (
    KEPT_BY_LAW,
    Act,
    CheckMethod,
    GivenChallenge,
    KeptCertificate,
    Medium,
    VerificationRecord,
)
from jpki.rp.storage.operator.schema import certificates, challenges, used_data, verifications
from jpki.rp.storage.rows import Rows, moment_or_none

_SHOWN: Final = verifications.c.deleted_at.is_(None)
_HAS_EVIDENCE: Final = func.length(verifications.c.sealed) > 0
_IS_KEPT_BY_LAW: Final = verifications.c.act.in_(sorted(one.value for one in KEPT_BY_LAW)) & _HAS_EVIDENCE


class ProofRows(Rows):
    """See ``jpki.rp.operator.interfaces.TenantUnit``."""

    def put_challenge(self, challenge: GivenChallenge) -> None:
        """Remember a challenge that is about to be given out."""
        row = {
            "nonce_hash": challenge.nonce_hash,
            "act": challenge.act.value,
            "origin": challenge.origin,
            "text": challenge.text,
            "begun_at": seconds(challenge.begun_at),
            "expires_at": seconds(challenge.expires_at),
        }
        self._connection.execute(insert(challenges), row)

    def challenge(self, nonce_hash: bytes) -> GivenChallenge | None:
        """The one of this name."""
        row = self._connection.execute(select(challenges).where(challenges.c.nonce_hash == nonce_hash)).one_or_none()
        return None if row is None else _challenge(row)

    def take_challenge(self, nonce_hash: bytes, *, now: datetime) -> Taken:
        """One update decides who of all that ask at once is the first."""
        mine = challenges.c.nonce_hash == nonce_hash
        first = update(challenges).where(mine, challenges.c.used_at.is_(None)).values(used_at=seconds(now))
        if self._connection.execute(first).rowcount == 1:
            return Taken.FRESH
        known = self._connection.execute(select(challenges.c.act).where(mine)).one_or_none()
        return Taken.UNKNOWN if known is None else Taken.USED

    def forget_challenges(self, *, before: datetime) -> None:
        """Those that ended before a moment."""
        self._connection.execute(delete(challenges).where(challenges.c.expires_at < seconds(before)))

    def use_data(self, act: Act, digest: bytes, *, now: datetime) -> bool:
        """Remember what was signed; False when it was known."""
        return self._add_once(used_data, {"act": act.value, "digest": digest, "at": seconds(now)})

    def keep_certificate(self, certificate: KeptCertificate) -> KeptCertificate:
        """This one, or the one that is there under the same handle."""
        row = {
            "id": certificate.id,
            "handle": certificate.handle,
            "kind": certificate.kind.value,
            "not_before": seconds(certificate.not_before),
            "not_after": seconds(certificate.not_after),
            "created_at": seconds(certificate.created_at),
            "sealed": certificate.sealed,
            "medium": certificate.medium.value if certificate.medium else None,
        }
        if self._add_once(certificates, row):
            return certificate
        found = self.kept_by_handle(certificate.handle)
        assert found is not None
        return found

    def kept_certificate(self, id_: str) -> KeptCertificate | None:
        """By its id."""
        row = self._connection.execute(select(certificates).where(certificates.c.id == id_)).one_or_none()
        return None if row is None else _certificate(row)

    def kept_by_handle(self, handle: bytes) -> KeptCertificate | None:
        """By what stands for it."""
        row = self._connection.execute(select(certificates).where(certificates.c.handle == handle)).one_or_none()
        return None if row is None else _certificate(row)

    def add_verification(self, record: VerificationRecord) -> None:
        """A new one."""
        row = {
            "id": record.id,
            "at": seconds(record.at),
            "act": record.act.value,
            "result": record.result,
            "method": record.method.value,
            "certificate_id": record.certificate_id,
            "user_id": record.user_id,
            "keep_until": seconds(record.keep_until),
            "digest": record.digest,
            "sealed": record.sealed,
        }
        self._connection.execute(insert(verifications), row)

    def verification(self, id_: str) -> VerificationRecord | None:
        """By its id."""
        asked = select(verifications).where(verifications.c.id == id_, _SHOWN)
        row = self._connection.execute(asked).one_or_none()
        return None if row is None else _verification(row)

    def verifications(self, *, before: int | None, limit: int, user_id: str | None) -> Sequence[VerificationRecord]:
        """The newest first."""
        asked = select(verifications).where(_SHOWN).order_by(verifications.c.number.desc()).limit(limit)
        if before is not None:
            asked = asked.where(verifications.c.number < before)
        if user_id is not None:
            asked = asked.where(verifications.c.user_id == user_id)
        return [_verification(row) for row in self._connection.execute(asked)]

    def kept_verifications(self, *, after: int, limit: int) -> Sequence[VerificationRecord]:
        """Those with evidence, the oldest first, also where the tenant or the user has deleted them."""
        asked = select(verifications).where(verifications.c.number > after, _HAS_EVIDENCE)
        return [
            _verification(row) for row in self._connection.execute(asked.order_by(verifications.c.number).limit(limit))
        ]

    def delete_verification(self, id_: str, *, now: datetime) -> bool:
        """Hidden, and of nobody, where the law wants its evidence; else it is gone. False when there was none."""
        mine = (verifications.c.id == id_, _SHOWN)
        hidden = update(verifications).where(*mine, _IS_KEPT_BY_LAW, verifications.c.keep_until > seconds(now))
        values = {"deleted_at": seconds(now), "user_id": None, "certificate_id": None}
        if self._connection.execute(hidden.values(values)).rowcount:
            return True
        return self._connection.execute(delete(verifications).where(*mine)).rowcount > 0

    def purge_verifications(self, *, now: datetime) -> int:
        """Delete those whose time is over; how many."""
        over = delete(verifications).where(verifications.c.keep_until <= seconds(now))
        return self._connection.execute(over).rowcount

    def _add_once(self, table: Table, row: dict[str, Any]) -> bool:
        """Insert it unless one of its keys is there, without ending the transaction."""
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        added = dialect.insert(table).on_conflict_do_nothing().returning(table.primary_key.columns[0])
        return self._connection.execute(added, row).one_or_none() is not None


def _challenge(row: Row[Any]) -> GivenChallenge:
    return GivenChallenge(
        nonce_hash=row.nonce_hash,
        act=Act(row.act),
        origin=row.origin,
        text=row.text,
        begun_at=moment_of(row.begun_at),
        expires_at=moment_of(row.expires_at),
        used_at=moment_or_none(row.used_at),
    )


def _certificate(row: Row[Any]) -> KeptCertificate:
    return KeptCertificate(
        id=row.id,
        handle=row.handle,
        kind=CaKind(row.kind),
        not_before=moment_of(row.not_before),
        not_after=moment_of(row.not_after),
        created_at=moment_of(row.created_at),
        sealed=row.sealed,
        medium=None if row.medium is None else Medium(row.medium),
    )


def _verification(row: Row[Any]) -> VerificationRecord:
    return VerificationRecord(
        number=row.number,
        id=row.id,
        at=moment_of(row.at),
        act=Act(row.act),
        result=row.result,
        method=CheckMethod(row.method),
        certificate_id=row.certificate_id,
        user_id=row.user_id,
        keep_until=moment_of(row.keep_until),
        digest=row.digest,
        sealed=row.sealed,
    )
