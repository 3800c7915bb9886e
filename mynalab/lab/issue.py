"""Issuing a card: the holder enters the register, two keys get certificates, the card is personalised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from cardsim.personalise import CardOrder, personalise
from cardsim.profiles import CardProfile, Device, profile_named
from cardsim.state import CardImage
from cardsim.store import FileStore
from jpki.algorithms import P_384, RSA_2048, KeyAlgorithm
from jpki.attributes import Sex
from jpki.errors import HolderError, IssueError
from jpki.holder import Holder
from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.registry.certifying import CertificateOrder
from jpki.registry.interfaces import Register, UnitOfWork
from jpki.registry.records import CardOrdered, Link, Medium
from mynalab.chance import seeded_number
from mynalab.errors import CardNameError, PersonaError
from mynalab.lab.authorities import KINDS
from mynalab.lab.certify import Certified, Certifier
from mynalab.lab.contents import ContentsMaker
from mynalab.lab.files import taking_turns, write_atomically
from mynalab.lab.free_area import with_free_area
from mynalab.lab.generations import CA_AGE
from mynalab.lab.lab import Lab
from mynalab.lab.particulars import particulars_of
from mynalab.lab.publish import publish_crls
from mynalab.lab.register import open_register
from mynalab.lab.settings import LabSettings
from mynalab.lab.trouble import Life, life_of, revoke_as_told, spend_tries, with_birthday
from mynalab.persona import Persona

_SEXES = {"male": Sex.MALE, "female": Sex.FEMALE, "unknown": Sex.UNKNOWN}


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


class IssuingDesk:
    """Where the cards of a lab are issued. Opened once, for one card or thousands; ``publish`` when all are done."""

    def __init__(self, lab: Lab, register: Register) -> None:
        self._lab = lab
        self._register = register
        self._certifier = Certifier(lab, register)
        self._contents = ContentsMaker(lab)
        self._revoked = False

    def issue(self, *, name: str, persona: Persona, now: datetime, profile: str | None = None) -> IssuedCard:
        """Issue one card; see ``issue_card``."""
        path = self._lab.paths.card(name)
        card_profile = profile_named(profile or persona.card_profile)
        _require_begun(self._lab.settings, now)
        persona = with_birthday(persona, now=now)
        holder = _holder(persona)
        life = life_of(persona, self._certifier.since, now=now)
        self._certifier.require_sound()
        self._cas(life, card_profile)  # those of the next cards are made here, outside the unit of work
        self._contents.chain(holder.municipality_code)  # a broken one is met here
        with taking_turns(self._lab.paths.cards):
            if path.exists():
                raise CardNameError(
                    f"there is a card {name!r} already", hint="choose another name: mynalab card new NAME"
                )
            serials = {kind: len(life.certified) for kind in persona.certificates}
            with self._register.transaction(now=now, serials=serials) as unit:
                order, numbers = self._enter(unit, name, persona, holder, life, card_profile)
                image = spend_tries(personalise(with_free_area(order, self._lab.settings)), persona)
            self._hand_out(path, name, persona, image)
        self._revoked |= bool(persona.revoked) or life.renewed is not None
        return IssuedCard(
            name=name,
            path=path,
            card_serial=order.serial,
            serials={kind.value: serial for kind, serial in numbers.items()},
        )

    def publish(self, *, now: datetime) -> None:
        """Publish the CRLs, if a card was issued whose certificates are on them."""
        if self._revoked:
            publish_crls(self._lab, now=now, register=self._register)
            self._revoked = False

    def _cas(self, life: Life, profile: CardProfile) -> dict[CaKind, bytes]:
        """The certificates of the CAs that go onto the card."""
        algorithm = _algorithm_of(profile)
        for moment in life.certified:
            cas = {kind: self._certifier.authority(kind, moment, algorithm) for kind in KINDS}
        return {kind: ca.certificate_der for kind, ca in cas.items()}

    def _enter(
        self, unit: UnitOfWork, name: str, persona: Persona, holder: Holder, life: Life, profile: CardProfile
    ) -> tuple[CardOrder, dict[CaKind, int]]:
        """Enter person, card and certificates, with their past; the order for the card, its certificates' numbers."""
        number = unit.count_persons()
        person_id = f"{number + 1:06d}"
        order = self._order(persona, life, profile, number)
        unit.operation("issue", person_id=person_id, at=life.issued, details={"card": name, "persona": persona.name})
        unit.register_person(person_id, holder, at=life.issued)
        card_id = unit.record_card(person_id, _card_record(name, order, profile), at=life.issued)
        wanted = _Wanted(
            unit=unit,
            person_id=person_id,
            holder=holder,
            card_id=card_id,
            card=name,
            medium=_medium(profile),
            life=life,
            kinds=persona.certificates,
            algorithm=_algorithm_of(profile),
        )
        certified = self._certify(wanted)
        numbers = {kind: one.signed.id.serial for kind, one in certified.items()}
        revoke_as_told(unit, persona, card_id, numbers, now=unit.now)
        order = replace(
            order,
            sign=certified[CaKind.SIGN].pair if CaKind.SIGN in certified else None,
            auth=certified[CaKind.AUTH].pair if CaKind.AUTH in certified else None,
        )
        if not profile.is_phone:
            order = self._filled(order, persona, holder, profile, number)
        return order, numbers

    def _certify(self, wanted: _Wanted) -> dict[CaKind, Certified]:
        """The present certificates; those that they took the place of are revoked."""
        first = self._round(wanted, wanted.life.issued, is_renewal=False)
        if wanted.life.renewed is None:
            return first
        present = self._round(wanted, wanted.life.renewed, is_renewal=True)
        replaced = [one.signed.id for one in first.values()]
        for kind, one in first.items():
            wanted.unit.link(Link.SUCCESSOR, one.signed.id, present[kind].signed.id, at=wanted.life.renewed)
        wanted.unit.revoke(replaced, RevocationReason.SUPERSEDED, at=wanted.life.renewed)
        return present

    def _round(self, wanted: _Wanted, at: datetime, *, is_renewal: bool) -> dict[CaKind, Certified]:
        """A certificate of each kind, made at one moment of the past or now."""
        if is_renewal:
            wanted.unit.operation("renew", person_id=wanted.person_id, at=at)
        certified = {
            kind: self._certifier.certify(wanted.order(kind, at, is_renewal=is_renewal), wanted.algorithm)
            for kind in wanted.kinds
        }
        wanted.unit.record_certificates([one.signed for one in certified.values()], at=at)
        return certified

    def _order(self, persona: Persona, life: Life, profile: CardProfile, number: int) -> CardOrder:
        cas = self._cas(life, profile)
        return CardOrder(
            serial=f"4{seeded_number(self._lab.settings.seed, f'card/{number}', 10**14):014d}",
            profile=profile.name,
            municipality_code=persona.municipality_code,
            card_expiry=life.card_expiry,
            sign=None,
            auth=None,
            sign_ca=cas[CaKind.SIGN],
            auth_ca=cas[CaKind.AUTH],
            sign_pin=persona.signature_pin,
            auth_pin=persona.authentication_pin,
        )

    def _filled(
        self, order: CardOrder, persona: Persona, holder: Holder, profile: CardProfile, number: int
    ) -> CardOrder:
        """The order with the applications beside JPKI."""
        particulars = particulars_of(self._lab.settings, persona, holder, serial=order.serial, expiry=order.card_expiry)
        filled = self._contents.fill(persona, holder, particulars, profile, number=number)
        return replace(
            order,
            text=filled.text,
            face=filled.face,
            common=filled.common,
            juki=filled.juki,
            manager=filled.manager,
        )

    def _hand_out(self, path: Path, name: str, persona: Persona, image: CardImage) -> None:
        write_atomically(self._lab.paths.persona(name), persona.source.encode())
        FileStore.create(path, image)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """The certificates of one card, as the register is to know them."""

    unit: UnitOfWork
    person_id: str
    holder: Holder
    card_id: int
    card: str
    medium: Medium
    life: Life
    kinds: Sequence[CaKind]
    algorithm: KeyAlgorithm

    def order(self, kind: CaKind, at: datetime, *, is_renewal: bool) -> CertificateOrder:
        """One of them, with the next serial number."""
        return CertificateOrder(
            kind=kind,
            serial=self.unit.take_serial(kind),
            person_id=self.person_id,
            holder=self.holder,
            medium=self.medium,
            card_id=self.card_id,
            card=self.card,
            last_day=self.life.card_expiry,
            is_renewal=is_renewal,
            now=at,
        )


def _card_record(name: str, order: CardOrder, profile: CardProfile) -> CardOrdered:
    return CardOrdered(
        medium=_medium(profile),
        name=name,
        number=order.serial,
        profile=profile.name,
        expires=order.card_expiry,
    )


def _medium(profile: CardProfile) -> Medium:
    return Medium.PHONE if profile.is_phone else Medium.CARD


def _require_begun(settings: LabSettings, now: datetime) -> None:
    """Only what a persona tells of its past is issued before the present CAs, by those before them."""
    begin = settings.created - CA_AGE
    if now < begin:
        raise IssueError(
            f"the lab's CAs are valid from {begin:%Y-%m-%dT%H:%M:%SZ} on, and nothing is issued before",
            hint=f"give a later --now, or make a lab that is older: mynalab lab init DIR --now {now:%Y-%m-%d}",
        )


def _algorithm_of(profile: CardProfile) -> KeyAlgorithm:
    return P_384 if profile.device is Device.NEXT_CARD else RSA_2048


def _holder(persona: Persona) -> Holder:
    try:
        return Holder(
            name=persona.full_name,
            birth_date=persona.birth,
            sex=_SEXES[persona.sex],
            address=persona.address,
            prefecture_romaji=persona.prefecture,
            municipality_romaji=persona.municipality,
            municipality_code=persona.municipality_code,
            substitutes=persona.substitutes,
        )
    except HolderError as error:
        raise PersonaError(f"{persona.origin}: person: {error}", hint=error.hint or "mend that field") from error
