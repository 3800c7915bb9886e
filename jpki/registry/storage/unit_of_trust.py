"""A unit of work: the certificates of one operation, and what becomes of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, Connection, Text, and_, bindparam, insert, select, update

from jpki.errors import AlreadyRevokedError, NotOnHoldError, RegistryError, UnknownEntryError
from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.registry.records import (
    AuthorityRecord,
    CertificateChange,
    CertificateId,
    CertificateSigned,
    Link,
)
from jpki.registry.storage.known import Known
from jpki.registry.storage.rows import AnyRow, moment_of, seconds
from jpki.registry.storage.schema import (
    CHANGES,
    authorities,
    certificate_events,
    certificates,
    links,
)
from jpki.registry.storage.serials import advance, count, last_serial
from jpki.registry.storage.trust import by_kind, unknown_certificate
from jpki.registry.storage.unit import PeopleUnit

_HOLD: Final = RevocationReason.CERTIFICATE_HOLD

_NEW_AUTHORITY = insert(authorities)
_NEW_CERTIFICATE = insert(certificates)
_NEW_EVENT = insert(certificate_events)
_NEW_LINK = insert(links)

# The last event of each certificate, if any, is the one that nothing has ended.
_STANDING = (
    select(
        certificates.c.kind,
        certificates.c.serial,
        certificates.c.at,
        certificates.c.authority,
        certificates.c.point,
        certificate_events.c.number,
        certificate_events.c.change,
        certificate_events.c.reason,
        certificate_events.c.at.label("changed_at"),
        certificate_events.c.since,
    )
    .outerjoin(
        certificate_events,
        and_(
            certificate_events.c.kind == certificates.c.kind,
            certificate_events.c.serial == certificates.c.serial,
            certificate_events.c.until.is_(None),
        ),
    )
    .where(
        certificates.c.kind == bindparam("ca", type_=Text),
        certificates.c.serial.in_(bindparam("numbers", expanding=True)),
    )
)
_END_EVENT = (
    update(certificate_events)
    .where(
        certificate_events.c.kind == bindparam("ca", type_=Text),
        certificate_events.c.serial == bindparam("of_serial", type_=BigInteger),
        certificate_events.c.number == bindparam("of_number", type_=BigInteger),
    )
    .values(until=bindparam("moment", type_=BigInteger))
)


class SqlUnit(PeopleUnit):
    """See ``jpki.registry.interfaces.UnitOfWork``."""

    def __init__(
        self, connection: Connection, *, now: datetime, serials: dict[CaKind, list[int]], known: Known
    ) -> None:
        super().__init__(connection, now=now)
        self._serials = serials
        self._known = known
        self._new_authority = False

    def take_serial(self, kind: CaKind) -> int:
        """The next of the serial numbers that were reserved for this unit, durably, before it began."""
        left = self._serials.get(kind)
        if not left:
            raise RegistryError(f"no serial number of the {kind.value} CA is left of those reserved for this unit")
        return left.pop(0)

    def record_authority(self, authority: AuthorityRecord) -> None:
        """Enter a generation of a CA; the serial number of its certificate came from the counter, too."""
        self.operation_for("record-authority")
        self._new_authority = True
        self._check_counted(CertificateId(authority.kind, authority.serial))
        values = {
            "kind": authority.kind.value,
            "generation": authority.generation,
            "key_id": authority.key_id,
            "algorithm": authority.algorithm,
            "serial": authority.serial,
            "not_before": seconds(authority.not_before),
            "not_after": seconds(authority.not_after),
            "certificate": authority.certificate_der,
            "at": self.moment(None),
        }
        self.insert(_NEW_AUTHORITY, values, duplicate=f"this {authority.kind.value} CA is in the register already")

    def record_certificates(self, signed: Sequence[CertificateSigned], *, at: datetime | None = None) -> None:
        """Enter certificates that were signed. Those of both kinds for one card in one call are linked as a pair."""
        if not signed:
            return
        operation = self.operation_for("record-certificates")
        moment = self.moment(at)
        rows = [self._certificate_row(one, moment, operation) for one in signed]
        named = ", ".join(str(one.id) for one in signed)
        self.insert(
            _NEW_CERTIFICATE,
            rows,
            duplicate=f"in the register already: {named}",
            missing="the card of the certificate is not in the register",
        )
        # Counted before it is seen: an "unknown" that was answered until now is not to be answered any longer.
        count(self.connection, CHANGES, len(rows))
        for source, target in _pairs(signed):
            self.link(Link.PAIR, source, target, at=at)

    def link(self, link: Link, source: CertificateId, target: CertificateId, *, at: datetime | None = None) -> None:
        """Connect two certificates."""
        values = {
            "link": link.value,
            "from_kind": source.kind.value,
            "from_serial": source.serial,
            "to_kind": target.kind.value,
            "to_serial": target.serial,
            "at": self.moment(at),
            "operation": self.operation_for("link"),
        }
        said = f"{source} and {target}"
        self.insert(_NEW_LINK, values, duplicate=f"linked already: {said}", missing=f"not both registered: {said}")

    def revoke(self, ids: Iterable[CertificateId], reason: RevocationReason, *, at: datetime | None = None) -> None:
        """Revoke, or hold (``CERTIFICATE_HOLD``): all or none. ``AlreadyRevokedError`` where that is not possible."""
        change = CertificateChange.HELD if reason is _HOLD else CertificateChange.REVOKED
        self._change(ids, change, reason, at)

    def release(self, ids: Iterable[CertificateId], *, at: datetime | None = None) -> None:
        """Lift holds: all or none. ``NotOnHoldError`` where there is none."""
        self._change(ids, CertificateChange.RELEASED, None, at)

    def _change(
        self,
        ids: Iterable[CertificateId],
        change: CertificateChange,
        reason: RevocationReason | None,
        at: datetime | None,
    ) -> None:
        wanted = list(ids)
        if not wanted or len(set(wanted)) != len(wanted):
            raise RegistryError("a revocation names at least one certificate, and each once")
        # The counter's row is what keeps two revocations of one certificate apart in PostgreSQL, too.
        numbers = advance(self.connection, CHANGES, len(wanted))
        moment = self.moment(at)
        standing = self._standing(wanted)
        for id_ in wanted:
            _check_change(id_, standing[id_], change, reason, moment)
        operation = self.operation_for("release" if reason is None else "revoke")
        open_events = [
            {"ca": row.kind, "of_serial": row.serial, "of_number": row.number, "moment": moment}
            for row in standing.values()
            if row.number is not None
        ]
        if open_events:
            self.connection.execute(_END_EVENT, open_events)
        events = [
            {
                "kind": id_.kind.value,
                "serial": id_.serial,
                "number": number,
                "authority": standing[id_].authority,
                "point": standing[id_].point,
                "change": change.value,
                "reason": reason,
                "at": moment,
                "until": None,
                "since": _since(standing[id_], change, moment),
                "operation": operation,
            }
            for id_, number in zip(wanted, numbers, strict=True)
        ]
        self.insert(_NEW_EVENT, events)

    def _standing(self, ids: Sequence[CertificateId]) -> Mapping[CertificateId, AnyRow]:
        found = {}
        for kind, numbers in by_kind(ids):
            for row in self.rows(_STANDING, {"ca": kind.value, "numbers": numbers}):
                found[CertificateId(kind, row.serial)] = row
        for id_ in ids:
            if id_ not in found:
                raise unknown_certificate(id_)
        return found

    def _certificate_row(self, signed: CertificateSigned, moment: int, operation: int) -> dict[str, object]:
        self._check_counted(signed.id)
        return {
            "kind": signed.id.kind.value,
            "serial": signed.id.serial,
            "authority": self._authority_number(signed.id.kind, signed.key_id),
            "card": signed.card_id,
            "at": moment,
            "not_before": seconds(signed.not_before),
            "not_after": seconds(signed.not_after),
            "point": str(signed.point),
            "operation": operation,
            "certificate": signed.certificate_der,
        }

    def _authority_number(self, kind: CaKind, key_id: bytes) -> int:
        number = self._known.authorities.get((kind, key_id))
        if number is None:
            number = int(self.authority_row(kind, key_id).id)
            if not self._new_authority:  # else it may be undone yet
                self._known.authorities[kind, key_id] = number
        return number

    def _check_counted(self, id_: CertificateId) -> None:
        if id_.serial > self._known.last_serial.get(id_.kind, 0):
            self._known.met_serial(id_.kind, last_serial(self.connection, id_.kind))
        if not 0 < id_.serial <= self._known.last_serial[id_.kind]:
            raise UnknownEntryError(
                f"the serial number of the {id_} did not come from the counter", hint="reserve it first"
            )


def _pairs(signed: Sequence[CertificateSigned]) -> Iterator[tuple[CertificateId, CertificateId]]:
    for one in signed:
        for other in signed:
            if one.card_id == other.card_id and (one.id.kind, other.id.kind) == (CaKind.SIGN, CaKind.AUTH):
                yield one.id, other.id


def _check_change(
    id_: CertificateId,
    standing: AnyRow,
    change: CertificateChange,
    reason: RevocationReason | None,
    moment: int,
) -> None:
    if moment < standing.at:
        raise RegistryError(f"the {id_} cannot be revoked before it was issued")
    held = standing.change == CertificateChange.HELD.value
    revoked = standing.change == CertificateChange.REVOKED.value
    if change is CertificateChange.RELEASED and not held:
        raise NotOnHoldError(f"the {id_} is not on hold", hint="only a hold can be lifted, a revocation is final")
    if change is not CertificateChange.RELEASED and (revoked or (held and reason is _HOLD)):
        stands = RevocationReason(standing.reason)
        raise AlreadyRevokedError(
            f"the {id_} is {'on hold' if held else 'revoked'} already: {stands.rfc_name}",
            reason=stands,
            revoked_at=moment_of(standing.since),
            hint="a revocation is final; a hold can only become a revocation",
        )
    if standing.number is not None and moment < standing.changed_at:
        raise RegistryError(f"the {id_} cannot change before its last change")


def _since(standing: AnyRow, change: CertificateChange, moment: int) -> int | None:
    """A revocation that follows a hold counts from the hold: see ``records.CertificateStatus``."""
    if change is CertificateChange.RELEASED:
        return None
    return moment if standing.since is None else int(standing.since)
