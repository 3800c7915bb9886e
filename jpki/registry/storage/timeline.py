"""The question of what happened to a person or a certificate, in the order of time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Select, Text, and_, bindparam, func, or_, select, union_all

from jpki.errors import UnknownEntryError
from jpki.registry.records import (
    CardChanged,
    CardRecord,
    CertificateChanged,
    CertificateId,
    CertificateRecord,
    CertificatesLinked,
    HolderRecord,
    OperationRecord,
    TimelineEntry,
)
from jpki.registry.storage.people import PeopleQuestions, nobody
from jpki.registry.storage.rows import (
    card_changed,
    certificate_changed,
    certificates_linked,
    moment_of,
    operation_record,
    seconds,
)
from jpki.registry.storage.schema import (
    card_events,
    cards,
    certificate_events,
    certificates,
    links,
    operations,
    resident_records,
)
from jpki.registry.storage.trust import TrustQuestions

# Within one second and one operation: what was asked for first, what came of it after.
_RANKS: Final[dict[type[object], int]] = {
    OperationRecord: 0,
    HolderRecord: 1,
    CardRecord: 2,
    CertificateRecord: 3,
    CertificatesLinked: 4,
    CertificateChanged: 5,
    CardChanged: 6,
}


def _last_event() -> Select[tuple[int]]:
    person = bindparam("person", type_=Text)
    of_card = cards.c.resident == person
    same = and_(certificate_events.c.kind == certificates.c.kind, certificate_events.c.serial == certificates.c.serial)
    on_card = certificates.c.card == cards.c.id
    moments = union_all(
        select(func.max(resident_records.c.at).label("at")).where(resident_records.c.resident == person),
        select(func.max(operations.c.at)).where(operations.c.resident == person),
        select(func.max(cards.c.at)).where(of_card),
        select(func.max(card_events.c.at)).where(card_events.c.card == cards.c.id, of_card),
        select(func.max(certificates.c.at)).where(on_card, of_card),
        select(func.max(certificate_events.c.at)).where(same, on_card, of_card),
    ).subquery()
    return select(func.max(moments.c.at))


_LAST_EVENT: Final = _last_event()


class TimelineQuestions(PeopleQuestions, TrustQuestions):
    """See ``jpki.registry.interfaces.Questions``."""

    def timeline(
        self, *, person_id: str | None = None, certificate: CertificateId | None = None, until: datetime | None = None
    ) -> Sequence[TimelineEntry]:
        """All that happened to a person, or to one certificate, in the order of time."""
        if (person_id is None) == (certificate is None):
            raise ValueError("a timeline is of one person or of one certificate")
        entries = self._of_person(person_id) if person_id is not None else self._of_certificate(certificate)
        ordered = sorted(entries, key=lambda entry: (entry.at, _operation_of(entry), _RANKS[type(entry)]))
        return [entry for entry in ordered if until is None or seconds(entry.at) <= seconds(until)]

    def last_event_at(self, person_id: str) -> datetime:
        """The moment of the last entry of a person's timeline; links are entered together with a certificate."""
        last = self.rows(_LAST_EVENT, {"person": person_id})[0][0]
        if last is None:
            raise UnknownEntryError(nobody(person_id), hint="register the person first")
        return moment_of(last)

    def _of_person(self, person_id: str) -> Iterator[TimelineEntry]:
        yield from self.holder_history(person_id)
        yield from map(operation_record, self.rows(select(operations).where(operations.c.resident == person_id)))
        yield from self.cards(person_id=person_id)
        of_person = select(cards.c.id).where(cards.c.resident == person_id)
        yield from map(card_changed, self.rows(select(card_events).where(card_events.c.card.in_(of_person))))
        for record in self.certificates(person_id=person_id):
            yield record
            yield from self._changes_of(record.id)
            yield from self._links_from(record.id)

    def _of_certificate(self, id_: CertificateId | None) -> Iterator[TimelineEntry]:
        assert id_ is not None
        record = self.certificate(id_)
        entries: list[TimelineEntry] = [record, *self._changes_of(id_), *self._links_from(id_, both=True)]
        yield from entries
        numbers = sorted({_operation_of(entry) for entry in entries})
        yield from map(operation_record, self.rows(select(operations).where(operations.c.id.in_(numbers))))

    def _changes_of(self, id_: CertificateId) -> Iterator[CertificateChanged]:
        table = certificate_events
        found = select(table).where(table.c.kind == id_.kind.value, table.c.serial == id_.serial)
        return map(certificate_changed, self.rows(found.order_by(table.c.number)))

    def _links_from(self, id_: CertificateId, *, both: bool = False) -> Iterator[CertificatesLinked]:
        def ends(kind: ColumnElement[str], serial: ColumnElement[int]) -> ColumnElement[bool]:
            return and_(kind == id_.kind.value, serial == id_.serial)

        where = ends(links.c.from_kind, links.c.from_serial)
        if both:
            where = or_(where, ends(links.c.to_kind, links.c.to_serial))
        return map(certificates_linked, self.rows(select(links).where(where)))


def _operation_of(entry: TimelineEntry) -> int:
    return entry.operation_id if isinstance(entry, OperationRecord) else entry.operation
