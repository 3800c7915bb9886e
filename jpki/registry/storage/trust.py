"""Questions about authorities, certificates, what became of them, and what goes together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, Select, Text, and_, bindparam, or_, select

from jpki.ca.crl import CrlEntry
from jpki.errors import UnknownEntryError
from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.registry.records import (
    AuthorityRecord,
    CertificateChange,
    CertificateId,
    CertificateRecord,
    CertificatesLinked,
    CertificateState,
    CertificateStatus,
    CrlPoint,
    Link,
)
from jpki.registry.storage.asking import Asking
from jpki.registry.storage.rows import (
    AnyRow,
    authority_record,
    certificate_record,
    certificates_linked,
    moment_of,
    point_of,
    seconds,
)
from jpki.registry.storage.schema import (
    CHANGES,
    MAX_SERIAL,
    authorities,
    cards,
    certificate_events,
    certificates,
    counters,
    links,
)

STATES_AT_ONCE: Final = 500
"""How many certificates one statement asks for; SQLite of Debian 12 takes 32,766 parameters, older ones 999."""

_KIND: Final = bindparam("ca", type_=Text)
_SERIAL: Final = bindparam("number", type_=BigInteger)
_AT: Final = bindparam("moment", type_=BigInteger)

_CHANGES = select(counters.c.last).where(counters.c.name == CHANGES)
_AUTHORITIES = select(authorities).order_by(authorities.c.kind, authorities.c.generation)
_AUTHORITY = select(authorities).where(authorities.c.kind == _KIND, authorities.c.key_id == bindparam("key"))
_POINTS = select(certificates.c.point).distinct().where(certificates.c.kind == _KIND).order_by(certificates.c.point)

_CERTIFICATES = (
    select(
        certificates,
        cards.c.resident,
        cards.c.name.label("card_name"),
        cards.c.medium,
        authorities.c.key_id,
    )
    .join(cards, cards.c.id == certificates.c.card)
    .join(authorities, authorities.c.id == certificates.c.authority)
)
_IN_ORDER = (certificates.c.at, certificates.c.operation, certificates.c.kind.desc(), certificates.c.serial)
_ONE = _CERTIFICATES.where(certificates.c.kind == _KIND, certificates.c.serial == _SERIAL)

_stands_at = and_(
    certificate_events.c.at <= _AT,
    or_(certificate_events.c.until.is_(None), certificate_events.c.until > _AT),
)
_STATES = (
    select(
        certificates.c.kind,
        certificates.c.serial,
        certificates.c.at,
        certificate_events.c.change,
        certificate_events.c.reason,
        certificate_events.c.since,
    )
    .outerjoin(
        certificate_events,
        and_(
            certificate_events.c.kind == certificates.c.kind,
            certificate_events.c.serial == certificates.c.serial,
            _stands_at,
        ),
    )
    .where(certificates.c.kind == _KIND, certificates.c.serial.in_(bindparam("numbers", expanding=True)))
)
# A release has no ``since``: what has one is held or revoked.
_LISTED = (
    select(certificate_events.c.serial, certificate_events.c.since, certificate_events.c.reason)
    .where(certificate_events.c.kind == _KIND, _stands_at, certificate_events.c.since.is_not(None))
    .order_by(certificate_events.c.serial, certificate_events.c.number)
)
_LINKS = (
    select(links)
    .where(
        or_(
            and_(links.c.from_kind == _KIND, links.c.from_serial == _SERIAL),
            and_(links.c.to_kind == _KIND, links.c.to_serial == _SERIAL),
        ),
        links.c.at <= _AT,
    )
    .order_by(links.c.at, links.c.operation, links.c.link, links.c.from_serial)
)

_CERTIFICATE_STATES: Final = {
    CertificateChange.HELD.value: CertificateState.ON_HOLD,
    CertificateChange.REVOKED.value: CertificateState.REVOKED,
}


class TrustQuestions(Asking):
    """See ``jpki.registry.interfaces.Questions``."""

    @property
    def changes(self) -> int:
        """How often a certificate was issued, held, released or revoked: the version of what CRLs and OCSP tell."""
        return int(self.rows(_CHANGES)[0][0])

    def authorities(self, kind: CaKind | None = None) -> Sequence[AuthorityRecord]:
        """Every generation, oldest first."""
        statement = _AUTHORITIES if kind is None else _AUTHORITIES.where(authorities.c.kind == kind.value)
        return [authority_record(row) for row in self.rows(statement)]

    def authority(self, kind: CaKind, key_id: bytes) -> AuthorityRecord:
        """The generation with this key."""
        return authority_record(self.authority_row(kind, key_id))

    def authority_row(self, kind: CaKind, key_id: bytes) -> AnyRow:
        """The same as it is stored."""
        missing = f"the register has no {kind.value} CA with the key identifier {key_id.hex()}"
        return self.row(
            _AUTHORITY, {"ca": kind.value, "key": key_id}, missing=missing, hint="enter that CA certificate first"
        )

    def certificate(self, id_: CertificateId) -> CertificateRecord:
        """One certificate."""
        rows = self.rows(_ONE, _numbers_of(id_)) if can_be_registered(id_) else ()
        if not rows:
            raise unknown_certificate(id_)
        return certificate_record(rows[0])

    def certificates(
        self,
        *,
        kind: CaKind | None = None,
        person_id: str | None = None,
        card: str | None = None,
        card_id: int | None = None,
    ) -> Sequence[CertificateRecord]:
        """The certificates that fit every filter given, in the order of issue."""
        statement: Select[Any] = _CERTIFICATES.order_by(*_IN_ORDER)
        filters = (
            (certificates.c.kind, kind.value if kind else None),
            (cards.c.resident, person_id),
            (cards.c.name, card),
            (cards.c.id, card_id),
        )
        for column, value in filters:
            if value is not None:
                statement = statement.where(column == value)
        return [certificate_record(row) for row in self.rows(statement)]

    def status(self, id_: CertificateId, *, at: datetime) -> CertificateStatus:
        """How a certificate stood at a moment."""
        found = self.statuses([id_], at=at)
        if id_ not in found:
            raise unknown_certificate(id_)
        return found[id_]

    def statuses(self, ids: Iterable[CertificateId], *, at: datetime) -> Mapping[CertificateId, CertificateStatus]:
        """How several stood. Who is not in the register is not in the answer."""
        moment = seconds(at)
        found = {}
        for kind, numbers in by_kind(ids):
            parameters = {"ca": kind.value, "numbers": numbers, "moment": moment}
            for row in self.rows(_STATES, parameters):
                found[CertificateId(kind, row.serial)] = _status(row, moment)
        return found

    def crl_entries(
        self, kind: CaKind, *, at: datetime, key_id: bytes | None = None, point: CrlPoint | None = None
    ) -> Iterator[CrlEntry]:
        """What the CRL of a CA listed at a moment, streamed in the order of serial numbers."""
        statement = _LISTED
        if key_id is not None:
            statement = statement.where(certificate_events.c.authority == self.authority_row(kind, key_id).id)
        if point is not None:
            statement = statement.where(certificate_events.c.point == str(point))
        for serial, since, reason in self.stream(statement, {"ca": kind.value, "moment": seconds(at)}):
            yield CrlEntry(serial=serial, revoked_at=moment_of(since), reason=RevocationReason(reason))

    def points(self, kind: CaKind, *, key_id: bytes | None = None) -> Sequence[CrlPoint]:
        """The distribution points that certificates of a CA name, in alphabetical order."""
        statement = _POINTS
        if key_id is not None:
            statement = statement.where(certificates.c.authority == self.authority_row(kind, key_id).id)
        return [point_of(row.point) for row in self.rows(statement, {"ca": kind.value})]

    def links(self, id_: CertificateId, *, at: datetime, link: Link | None = None) -> Sequence[CertificatesLinked]:
        """What a certificate was linked with at a moment, in either direction."""
        if not can_be_registered(id_):
            return ()
        statement = _LINKS if link is None else _LINKS.where(links.c.link == link.value)
        rows = self.rows(statement, {**_numbers_of(id_), "moment": seconds(at)})
        return [certificates_linked(row) for row in rows]


def by_kind(ids: Iterable[CertificateId]) -> Iterator[tuple[CaKind, list[int]]]:
    """The numbers of each CA, no more of them at a time than one statement takes."""
    numbers: dict[CaKind, list[int]] = {}
    for id_ in filter(can_be_registered, ids):
        numbers.setdefault(id_.kind, []).append(id_.serial)
    for kind, all_of_it in numbers.items():
        for first in range(0, len(all_of_it), STATES_AT_ONCE):
            yield kind, all_of_it[first : first + STATES_AT_ONCE]


def can_be_registered(id_: CertificateId) -> bool:
    """A verifier may ask about any number of up to 20 octets (RFC 5280 clause 4.1.2.2); a column holds eight."""
    return 0 < id_.serial <= MAX_SERIAL


def unknown_certificate(id_: CertificateId) -> UnknownEntryError:
    """The error about a certificate that is not there."""
    return UnknownEntryError(
        f"the register has no {id_}", hint="list the certificates of the card to see their numbers"
    )


def _numbers_of(id_: CertificateId) -> dict[str, object]:
    return {"ca": id_.kind.value, "number": id_.serial}


def _status(row: AnyRow, moment: int) -> CertificateStatus:
    if moment < row.at:
        return CertificateStatus(state=CertificateState.NOT_YET_ISSUED)
    state = _CERTIFICATE_STATES.get(row.change)
    if state is None:
        return CertificateStatus(state=CertificateState.GOOD)
    return CertificateStatus(state=state, reason=RevocationReason(row.reason), since=moment_of(row.since))
