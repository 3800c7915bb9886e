"""Bringing a register of the first releases, a journal of JSON lines, into one of today: once, and nothing is lost.

The journal is read to its end under its lock, entered in one unit of work, and then set aside under another name. A
process that dies in between leaves the journal in its place: the next one enters what was not entered, or sees that all
of it was, and sets it aside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from jpki.errors import RegistryCorruptError, RegistryError, RegistryExistsError, RegistryStorageError
from jpki.kinds import CaKind
from jpki.registry.codec import decode_event
from jpki.registry.interfaces import Register, UnitOfWork
from jpki.registry.journal import JournalLine, locked_journal
from jpki.registry.opening import WAIT_S, create_register, open_register
from jpki.registry.reading import read_certificate
from jpki.registry.records import (
    AuthorityRecord,
    CardOrdered,
    CertificateId,
    CertificateIssued,
    CertificateSigned,
    CertificatesRevoked,
    Event,
    Link,
    Medium,
    PersonRegistered,
    SerialAllocated,
)
from jpki.registry.state import RegisterState
from jpki.validity import JST

ASIDE: Final = ".imported"
"""What the journal's name ends with afterwards."""
UNTOLD_PROFILE: Final = "unknown"
"""The journal did not say of which profile a card is."""


def import_journal(
    journal: Path,
    place: Path | str,
    *,
    authorities: Sequence[AuthorityRecord],
    cards: Mapping[str, CardOrdered] | None = None,
    now: datetime,
    wait_s: float = WAIT_S,
) -> Register:
    """Make the register at ``place`` out of a journal, and open it.

    The journal never held the CAs' own certificates: they come with ``authorities``, all that issued anything.
    ``cards`` tells what is known of a card by its name.
    """
    with locked_journal(journal) as lines:
        events = _read(lines, journal)
        register = _make_or_open(place, wait_s=wait_s)
        with ExitStack() as stack:
            stack.callback(register.close)
            _enter(register, events, journal, authorities=authorities, cards=cards or {}, now=now)
            _set_aside(journal)
            stack.pop_all()
    return register


def _enter(
    register: Register,
    events: Sequence[Event],
    journal: Path,
    *,
    authorities: Sequence[AuthorityRecord],
    cards: Mapping[str, CardOrdered],
    now: datetime,
) -> None:
    if _is_empty(register):
        _reserve(register, events)
        with register.transaction(now=now) as unit:
            _Importer(unit, cards).enter(authorities, events)
    elif not _holds(register, events):
        raise RegistryExistsError(
            f"{journal} is to be brought into a register that has other entries already",
            path=journal,
            hint="move one of the two away",
        )


def _read(lines: Sequence[JournalLine], journal: Path) -> list[Event]:
    """All events; what no register writes is ``RegistryCorruptError``, with its line."""
    state, events = RegisterState(), []
    for line in lines:
        try:
            event = decode_event(line.event)
            state.check(event)
        except (ValueError, RegistryError) as error:
            raise RegistryCorruptError(str(error), path=journal, line=line.number) from error
        state.apply(event)
        events.append(event)
    return events


def _make_or_open(place: Path | str, *, wait_s: float) -> Register:
    try:
        return create_register(place, wait_s=wait_s)
    except RegistryExistsError:
        return open_register(place, wait_s=wait_s)


def _is_empty(register: Register) -> bool:
    return not register.authorities() and register.count_persons() == 0


def _holds(register: Register, events: Sequence[Event]) -> bool:
    people = {record.person_id for record in register.persons()}
    told = {event.person_id for event in events if isinstance(event, PersonRegistered)}
    issued = {event.id: event for event in events if isinstance(event, CertificateIssued)}
    known = {one.id: one.certificate_der for one in register.certificates() if one.id in issued}
    return told <= people and known == {id_: event.certificate_der for id_, event in issued.items()}


def _reserve(register: Register, events: Sequence[Event]) -> None:
    """Bring the counters to where they were. Done again after a kill, this leaves a gap of one."""
    last: dict[CaKind, int] = {}
    for event in events:
        if isinstance(event, SerialAllocated):
            last[event.id.kind] = event.id.serial
    for kind, serial in last.items():
        register.reserve(kind, at_least=serial)


def _set_aside(journal: Path) -> None:
    try:
        journal.rename(journal.with_name(journal.name + ASIDE))
    except OSError as error:
        raise RegistryStorageError(
            f"{journal} is in the new register, but could not be renamed: {error.strerror}",
            path=journal,
            hint="check the permissions of that directory, then do it again",
        ) from error


class _Importer:
    """The journal's events as entries of one unit."""

    def __init__(self, unit: UnitOfWork, cards: Mapping[str, CardOrdered]) -> None:
        self._unit = unit
        self._told = cards
        self._cards: dict[tuple[str, str], int] = {}
        self._newest: dict[tuple[int, CaKind], tuple[CertificateId, datetime]] = {}

    def enter(self, authorities: Sequence[AuthorityRecord], events: Sequence[Event]) -> None:
        """Everything, in the order of the journal."""
        self._unit.operation("import-journal", details={"events": len(events)})
        for authority in authorities:
            self._unit.record_authority(authority)
        for event in events:
            self._enter(event)

    def _enter(self, event: Event) -> None:
        match event:
            case PersonRegistered():
                self._unit.operation("register-person", person_id=event.person_id, at=event.at)
                self._unit.register_person(event.person_id, event.holder, at=event.at)
            case CertificateIssued():
                self._unit.operation("issue", person_id=event.person_id, at=event.at)
                self._enter_certificate(event)
            case CertificatesRevoked():
                owners = {self._unit.certificate(id_).person_id for id_ in event.ids}
                owner = owners.pop() if len(owners) == 1 else None
                self._unit.operation("revoke", person_id=owner, at=event.at)
                self._unit.revoke(event.ids, event.reason, at=event.at)
            case SerialAllocated():
                pass  # the counters stand where they stood

    def _enter_certificate(self, event: CertificateIssued) -> None:
        signed = read_certificate(event.certificate_der, kind=event.id.kind, card_id=0)
        card_id = self._card(event, signed)
        self._unit.record_certificates([replace(signed, card_id=card_id)], at=event.at)
        if before := self._newest.get((card_id, event.id.kind)):
            self._unit.link(Link.SUCCESSOR, before[0], event.id, at=event.at)
        self._newest[card_id, event.id.kind] = event.id, event.at
        sign, auth = (self._newest.get((card_id, kind)) for kind in (CaKind.SIGN, CaKind.AUTH))
        if sign and auth and sign[1] == auth[1]:
            self._unit.link(Link.PAIR, sign[0], auth[0], at=event.at)

    def _card(self, event: CertificateIssued, signed: CertificateSigned) -> int:
        key = (event.person_id, event.card)
        if key not in self._cards:
            ordered = self._told.get(event.card) or CardOrdered(
                medium=Medium.CARD,
                name=event.card,
                profile=UNTOLD_PROFILE,
                expires=signed.not_after.astimezone(JST).date(),
            )
            self._cards[key] = self._unit.record_card(event.person_id, ordered, at=event.at)
        return self._cards[key]
