"""Issuing a card: the holder enters the register, two keys get certificates, the card is personalised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Final

from cardsim.profiles import CardProfile, profile_named
from cardsim.state import CardImage
from cardsim.store import FileStore
from jpki.errors import IssueError
from jpki.holder import Holder
from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.registry.certifying import CertificateOrder
from jpki.registry.interfaces import Register, UnitOfWork
from jpki.registry.records import CardOrdered, Link
from mynalab.errors import CardNameError
from mynalab.lab.authorities import KINDS
from mynalab.lab.certify import Certified, Certifier
from mynalab.lab.files import taking_turns, write_atomically
from mynalab.lab.generations import CA_AGE
from mynalab.lab.lab import Lab
from mynalab.lab.making import CardMaker, algorithm_of, holder_of, medium_of, serial_of
from mynalab.lab.publish import publish_crls
from mynalab.lab.register import open_register
from mynalab.lab.settings import LabSettings
from mynalab.lab.trouble import Life, life_of, revoke_as_told, spend_tries, with_birthday
from mynalab.persona import Persona

CARDS_AT_ONCE: Final = 16
"""So many cards are entered together: one commit for all of them is nearly as cheap as for thousands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedCard:
    """A new card: where its image lies, its number, and the serial numbers of its certificates by CA."""

    name: str
    path: Path
    card_serial: str
    serials: dict[str, int]


def issue_card(lab: Lab, *, name: str, persona: Persona, now: datetime, profile: str | None = None) -> IssuedCard:
    """Issue the card ``name`` to ``persona``; ``CardNameError`` when there is one of that name.

    Whatever is refused leaves the register as it was, but for serial numbers, which are never given back.
    """
    with open_register(lab) as register:
        desk = IssuingDesk(lab, register)
        issued = desk.issue(name=name, persona=persona, now=now, profile=profile)
        desk.publish(now=now)
    return issued


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """What one card is to be."""

    name: str
    persona: Persona
    holder: Holder
    profile: CardProfile
    life: Life
    cas: dict[CaKind, bytes] = field(repr=False)


class IssuingDesk:
    """Where the cards of a lab are issued. Opened once, for one card or thousands; ``publish`` when all are done."""

    def __init__(self, lab: Lab, register: Register) -> None:
        self._lab = lab
        self._register = register
        self._certifier = Certifier(lab, register)
        self._maker = CardMaker(lab)
        self._revoked = False

    def issue(self, *, name: str, persona: Persona, now: datetime, profile: str | None = None) -> IssuedCard:
        """Issue one card; see ``issue_card``."""
        return self._issue([self._case(name, persona, profile_named(profile or persona.card_profile), now)], now)[0]

    def issue_all(self, orders: Iterable[tuple[str, Persona]], *, now: datetime) -> Iterator[IssuedCard]:
        """Issue a card to each of these people under its name, some cards in one unit of work: all of them or none."""
        waiting = iter(orders)
        while some := list(islice(waiting, CARDS_AT_ONCE)):
            cases = [self._case(name, persona, profile_named(persona.card_profile), now) for name, persona in some]
            yield from self._issue(cases, now)

    def _issue(self, cases: Sequence[_Case], now: datetime) -> list[IssuedCard]:
        with taking_turns(self._lab.paths.cards):
            paths = [self._free(case.name) for case in cases]
            if len(set(paths)) != len(paths):
                raise CardNameError("two of the cards have one name", hint="give each card a name of its own")
            serials = Counter(kind for case in cases for kind in case.persona.certificates for _ in case.life.certified)
            with self._register.transaction(now=now, serials=serials) as unit:
                number = unit.count_persons()
                entered = [self._enter(unit, case, number + index) for index, case in enumerate(cases)]
            issued = []
            for case, path, (image, numbers) in zip(cases, paths, entered, strict=True):
                write_atomically(self._lab.paths.persona(case.name), case.persona.source.encode())
                FileStore.create(path, image)
                serial_numbers = {kind.value: serial for kind, serial in numbers.items()}
                issued.append(IssuedCard(name=case.name, path=path, card_serial=image.serial, serials=serial_numbers))
        self._revoked |= any(case.persona.revoked or case.life.renewed is not None for case in cases)
        return issued

    def _free(self, name: str) -> Path:
        path = self._lab.paths.card(name)
        if path.exists():
            raise CardNameError(f"there is a card {name!r} already", hint="choose another name: mynalab card new NAME")
        return path

    def publish(self, *, now: datetime) -> None:
        """Publish the CRLs, if a card was issued whose certificates are on them."""
        if self._revoked:
            publish_crls(self._lab, now=now, register=self._register)
            self._revoked = False

    def _case(self, name: str, persona: Persona, profile: CardProfile, now: datetime) -> _Case:
        """Everything that can be refused, or has to be there, before the register hears of it."""
        _require_begun(self._lab.settings, now)
        persona = with_birthday(persona, now=now)
        holder = holder_of(persona)
        life = life_of(persona, self._certifier.since, now=now)
        self._certifier.require_sound()
        self._maker.require_chain(holder.municipality_code)
        for moment in life.certified:  # the CAs of the next cards are made here, outside the unit of work
            cas = {kind: self._certifier.authority(kind, moment, algorithm_of(profile)) for kind in KINDS}
        return _Case(
            name=name,
            persona=persona,
            holder=holder,
            profile=profile,
            life=life,
            cas={kind: ca.certificate_der for kind, ca in cas.items()},
        )

    def _enter(self, unit: UnitOfWork, case: _Case, number: int) -> tuple[CardImage, dict[CaKind, int]]:
        """Enter person, card and certificates with their past; the card, and its certificates' numbers."""
        person_id = f"{number + 1:06d}"
        at = case.life.issued
        unit.operation("issue", person_id=person_id, at=at, details={"card": case.name, "persona": case.persona.name})
        unit.register_person(person_id, case.holder, at=at)
        ordered = CardOrdered(
            medium=medium_of(case.profile),
            name=case.name,
            number=serial_of(self._lab.settings, str(number)),
            profile=case.profile.name,
            expires=case.life.card_expiry,
        )
        card_id = unit.record_card(person_id, ordered, at=at)
        certified = self._certify(unit, case, person_id, card_id)
        numbers = {kind: one.signed.id.serial for kind, one in certified.items()}
        revoke_as_told(unit, case.persona, card_id, numbers, now=unit.now)
        image = self._maker.make(
            case.persona,
            case.holder,
            case.profile,
            number=number,
            serial=ordered.number,
            expiry=ordered.expires,
            cas=case.cas,
            pairs={kind: one.pair for kind, one in certified.items()},
        )
        return spend_tries(image, case.persona), numbers

    def _certify(self, unit: UnitOfWork, case: _Case, person_id: str, card_id: int) -> dict[CaKind, Certified]:
        """The present certificates; those that they took the place of are revoked."""
        first = self._round(unit, case, person_id, card_id, at=case.life.issued, is_renewal=False)
        renewed = case.life.renewed
        if renewed is None:
            return first
        unit.operation("renew", person_id=person_id, at=renewed)
        present = self._round(unit, case, person_id, card_id, at=renewed, is_renewal=True)
        for kind, one in first.items():
            unit.link(Link.SUCCESSOR, one.signed.id, present[kind].signed.id, at=renewed)
        unit.revoke([one.signed.id for one in first.values()], RevocationReason.SUPERSEDED, at=renewed)
        return present

    def _round(
        self, unit: UnitOfWork, case: _Case, person_id: str, card_id: int, *, at: datetime, is_renewal: bool
    ) -> dict[CaKind, Certified]:
        """A certificate of each kind that the person has, made at one moment of the past or now."""
        orders = [
            CertificateOrder(
                kind=kind,
                serial=unit.take_serial(kind),
                person_id=person_id,
                holder=case.holder,
                medium=medium_of(case.profile),
                card_id=card_id,
                card=case.name,
                last_day=case.life.card_expiry,
                is_renewal=is_renewal,
                now=at,
            )
            for kind in case.persona.certificates
        ]
        certified = {order.kind: self._certifier.certify(order, algorithm_of(case.profile)) for order in orders}
        unit.record_certificates([one.signed for one in certified.values()], at=at)
        return certified


def _require_begun(settings: LabSettings, now: datetime) -> None:
    """Only what a persona tells of its past is issued before the present CAs, by those before them."""
    begin = settings.created - CA_AGE
    if now < begin:
        raise IssueError(
            f"the lab's CAs are valid from {begin:%Y-%m-%dT%H:%M:%SZ} on, and nothing is issued before",
            hint=f"give a later --now, or make a lab that is older: mynalab lab init DIR --now {now:%Y-%m-%d}",
        )
