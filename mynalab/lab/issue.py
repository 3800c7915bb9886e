"""Issuing a card: the holder enters the register, two keys get certificates, the card is personalised."""

from __future__ import annotations

from collections.abc import Mapping
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
from jpki.registry.records import CertificateId
from mynalab.chance import seeded_number
from mynalab.errors import CardNameError, PersonaError
from mynalab.lab.authorities import KINDS
from mynalab.lab.certify import Certified, Certifier, Request
from mynalab.lab.contents import ContentsMaker
from mynalab.lab.files import taking_turns, write_atomically
from mynalab.lab.free_area import with_free_area
from mynalab.lab.generations import CaId
from mynalab.lab.lab import Lab
from mynalab.lab.particulars import particulars_of
from mynalab.lab.publish import publish_crls
from mynalab.lab.register import open_register
from mynalab.lab.settings import LabSettings
from mynalab.lab.trouble import Life, life_of, revoke_as_told, spend_tries, with_birthday
from mynalab.persona import Persona

_SEXES = {"male": Sex.MALE, "female": Sex.FEMALE, "unknown": Sex.UNKNOWN}
_KEYS_OF_RENEWED = 44
"""How far the key numbers of certificates that were renewed since lie from those of the present ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedCard:
    """A new card: where its image lies, its number, and the serial numbers of its certificates by CA."""

    name: str
    path: Path
    card_serial: str
    serials: dict[str, int]


def issue_card(lab: Lab, *, name: str, persona: Persona, now: datetime, profile: str | None = None) -> IssuedCard:
    """Issue the card ``name`` to ``persona``; ``CardNameError`` when there is one of that name.

    What can be refused is refused before the register hears of it: its numbers are never given back.
    """
    desk = IssuingDesk(lab)
    issued = desk.issue(name=name, persona=persona, now=now, profile=profile)
    desk.publish(now=now)
    return issued


class IssuingDesk:
    """Where the cards of a lab are issued. Opened once, for one card or thousands; ``publish`` when all are done."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._registry = open_register(lab)
        self._certifier = Certifier(lab, self._registry)
        self._contents = ContentsMaker(lab)
        self._revoked = False

    def issue(self, *, name: str, persona: Persona, now: datetime, profile: str | None = None) -> IssuedCard:
        """Issue one card; see ``issue_card``."""
        path = self._lab.paths.card(name)
        card_profile = profile_named(profile or persona.card_profile)
        _require_begun(self._lab.settings, now)
        persona = with_birthday(persona, now=now)
        holder = _holder(persona)
        life = life_of(persona, self._lab.settings, now=now)
        self._certifier.require_sound()
        with taking_turns(self._lab.paths.cards):
            if path.exists():
                raise CardNameError(
                    f"there is a card {name!r} already", hint="choose another name: mynalab card new NAME"
                )
            order, serials = self._prepare(name, persona, holder, life, card_profile)
            image = spend_tries(personalise(with_free_area(order, self._lab.settings)), persona)
            self._hand_out(path, name, persona, image)
        self._revoked |= revoke_as_told(self._registry, persona, serials, now=now) or life.renewed is not None
        numbers = {kind.value: serial for kind, serial in serials.items()}
        return IssuedCard(name=name, path=path, card_serial=order.serial, serials=numbers)

    def publish(self, *, now: datetime) -> None:
        """Publish the CRLs, if a card was issued whose certificates are on them."""
        if self._revoked:
            publish_crls(self._lab, now=now, registry=self._registry)
            self._revoked = False

    def _prepare(
        self, name: str, persona: Persona, holder: Holder, life: Life, profile: CardProfile
    ) -> tuple[CardOrder, dict[CaKind, int]]:
        """Register and certify; the order for the card, and the numbers of its certificates."""
        self._contents.chain(holder.municipality_code)  # a broken one is met here
        with self._registry.held():
            number = self._registry.person_count
            person_id = f"{number + 1:06d}"
            self._registry.register_person(person_id, holder, now=life.issued)
            request = Request(
                holder=holder,
                person_id=person_id,
                card=name,
                card_expiry=life.card_expiry,
                algorithm=_algorithm_of(profile),
            )
            certified = self._certify(request, persona, life, first_key=2 + 2 * number)
        order = self._order(persona, life, profile, certified, number)
        if not profile.is_phone:
            order = self._filled(order, persona, holder, profile, number)
        return order, {kind: one.serial for kind, one in certified.items()}

    def _certify(self, request: Request, persona: Persona, life: Life, *, first_key: int) -> dict[CaKind, Certified]:
        """The present certificates; those that they took the place of are revoked."""
        keys = {kind: first_key + KINDS.index(kind) for kind in persona.certificates}
        if life.renewed is None:
            return {
                kind: self._certifier.certify(kind, request, key_number=key, now=life.issued)
                for kind, key in keys.items()
            }
        first = [
            self._certifier.certify(kind, request, key_number=key + _KEYS_OF_RENEWED, now=life.issued)
            for kind, key in keys.items()
        ]
        renewal = replace(request, renewal=True)
        present = {
            kind: self._certifier.certify(kind, renewal, key_number=key, now=life.renewed) for kind, key in keys.items()
        }
        ids = [CertificateId(kind, one.serial) for kind, one in zip(keys, first, strict=True)]
        self._registry.revoke(ids, RevocationReason.SUPERSEDED, now=life.renewed)
        return present

    def _order(
        self, persona: Persona, life: Life, profile: CardProfile, certified: Mapping[CaKind, Certified], number: int
    ) -> CardOrder:
        cas = {
            kind: certified[kind].ca_certificate
            if kind in certified
            else self._certifier.authority(kind, life.certified[-1], _algorithm_of(profile)).certificate_der
            for kind in KINDS
        }
        pairs = {kind: one.pair for kind, one in certified.items()}
        return CardOrder(
            serial=f"4{seeded_number(self._lab.settings.seed, f'card/{number}', 10**14):014d}",
            profile=profile.name,
            municipality_code=persona.municipality_code,
            card_expiry=life.card_expiry,
            sign=pairs.get(CaKind.SIGN),
            auth=pairs.get(CaKind.AUTH),
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


def _require_begun(settings: LabSettings, now: datetime) -> None:
    """Only what a persona tells of its past is issued before the present CAs, by those before them."""
    begin = CaId(CaKind.SIGN).since(settings)
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
