"""The counter: does what the life cycle plans, whole or not at all, and one operation on a person after the other."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from jpki.errors import OperationRefusedError
from jpki.kinds import CaKind
from jpki.registry.certifying import CertificateMaker, CertificateOrder, entry_of
from jpki.registry.effects import Act
from jpki.registry.interfaces import Register, UnitOfWork
from jpki.registry.lifecycle import TABLE
from jpki.registry.planning import NewToken, Plan, PlannedCertificate, plan
from jpki.registry.records import CardOrdered, CertificateSigned, Link
from jpki.registry.request import Operation, Refusal, Request
from jpki.registry.situation import Slot
from jpki.registry.survey import situation_of
from jpki.validity import PRESENT_TERMS, Terms, to_whole_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What an operation did: its plan, the number of its entry, the card or phone that is new, what was signed."""

    plan: Plan
    operation: int
    new_card_id: int | None
    certificates: tuple[CertificateSigned, ...]


class Counter:
    """Operations on the people of one register. ``maker`` signs the certificates, on the ``terms`` of its hierarchy."""

    def __init__(self, register: Register, maker: CertificateMaker, *, terms: Terms = PRESENT_TERMS) -> None:
        self._register = register
        self._maker = maker
        self._terms = terms

    def ask(self, person_id: str, request: Request, *, now: datetime) -> Plan | Refusal:
        """What ``perform`` would do now. Writes nothing."""
        now = to_whole_seconds(now)
        with self._register.reading() as questions:
            return plan(situation_of(questions, person_id, now=now), request, now=now, terms=self._terms)

    def perform(self, person_id: str, request: Request, *, now: datetime) -> Done:
        """Do it, or raise ``OperationRefusedError`` and leave everything as it was.

        Asked twice: at first without a lock, so that a refusal writes nothing at all, not even a serial number
        taken in advance; then under the lock, where it counts.
        """
        now = to_whole_seconds(now)
        _accepted(self.ask(person_id, request, now=now))
        with self._register.transaction(now=now, serials=_serials(request.operation)) as unit:
            unit.lock(person_id)
            planned = _accepted(plan(situation_of(unit, person_id, now=now), request, now=now, terms=self._terms))
            return self._apply(planned, unit)

    def _apply(self, planned: Plan, unit: UnitOfWork) -> Done:
        situation, request = planned.situation, planned.request
        operation = unit.operation(
            request.operation.value, person_id=situation.resident_id, details={"desk": request.desk.value}
        )
        _enter_changes(planned, unit)
        new_card_id = _enter_token(planned, planned.new_token, unit) if planned.new_token else None
        signed = tuple(self._signed(planned, new_card_id, unit))
        for succession in planned.successions:
            unit.link(Link.SUCCESSOR, succession.old, succession.new)
        if signed:
            unit.record_certificates(signed)
            _enter_links(planned, signed, unit)
        return Done(plan=planned, operation=operation, new_card_id=new_card_id, certificates=signed)

    def _signed(self, planned: Plan, new_card_id: int | None, unit: UnitOfWork) -> Iterator[CertificateSigned]:
        for wanted in planned.certificates:
            order = _order(planned, wanted, new_card_id, serial=unit.take_serial(wanted.slot.kind))
            yield entry_of(order, self._maker.make(order))


def _accepted(answer: Plan | Refusal) -> Plan:
    if isinstance(answer, Refusal):
        raise OperationRefusedError(answer)
    return answer


def _serials(operation: Operation) -> Mapping[CaKind, int]:
    """How many numbers an operation may need at most; a row that issues is about one card or phone."""
    row = TABLE[operation]
    return Tally(slot.kind for slot in Slot if row.effect(slot).act in (Act.ISSUE, Act.REPLACE))


def _enter_changes(planned: Plan, unit: UnitOfWork) -> None:
    """Everything but what is new."""
    row, person_id = planned.row, planned.situation.resident_id
    for reason, group in groupby(sorted(planned.revocations, key=attrgetter("reason")), key=attrgetter("reason")):
        unit.revoke([revocation.id for revocation in group], reason)
    if planned.releases:
        unit.release(planned.releases)
    if row.new_record or row.resident is not None:
        unit.record_holder(person_id, holder=planned.request.holder if row.new_record else None, state=row.resident)
    for change in planned.changes:
        unit.change_card(change.card_id, change.state)


def _enter_token(planned: Plan, new: NewToken, unit: UnitOfWork) -> int:
    request, person_id = planned.request, planned.situation.resident_id
    ordered = CardOrdered(
        medium=new.medium,
        name=_name(request, person_id, new),
        profile=request.profile or new.medium.value,
        expires=new.expires,
        number=request.number,
        state=new.state,
    )
    return unit.record_card(person_id, ordered)


def _name(request: Request, person_id: str, new: NewToken) -> str:
    return request.name or f"{person_id}-{new.medium.value}"


def _order(planned: Plan, wanted: PlannedCertificate, new_card_id: int | None, *, serial: int) -> CertificateOrder:
    token, new = wanted.token, planned.new_token
    if token is not None:
        card_id, name = token.card_id, token.name
    else:
        assert new is not None  # a row that issues for no card in being makes one
        assert new_card_id is not None
        card_id, name = new_card_id, _name(planned.request, planned.situation.resident_id, new)
    return CertificateOrder(
        kind=wanted.slot.kind,
        serial=serial,
        person_id=planned.situation.resident_id,
        holder=planned.situation.holder,
        medium=wanted.slot.medium,
        card_id=card_id,
        card=name,
        last_day=wanted.last_day,
        is_renewal=wanted.is_renewal,
        now=planned.now,
    )


def _enter_links(planned: Plan, signed: tuple[CertificateSigned, ...], unit: UnitOfWork) -> None:
    """The links that the law provides for; both kinds issued at once are linked by the register itself."""
    for wanted, new in zip(planned.certificates, signed, strict=True):
        if wanted.predecessor is not None:
            unit.link(Link.SUCCESSOR, wanted.predecessor, new.id)
        if wanted.partner is not None:
            pair = (new.id, wanted.partner) if new.id.kind is CaKind.SIGN else (wanted.partner, new.id)
            unit.link(Link.PAIR, *pair)
        if wanted.on_card is not None:
            unit.link(Link.SMARTPHONE, wanted.on_card, new.id)
