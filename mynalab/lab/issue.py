"""Issuing a card: the holder enters the register, two keys get certificates, the card is personalised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from cardsim.personalise import CardOrder, KeyAndCertificate, personalise
from cardsim.profiles import profile_named
from cardsim.store import FileStore
from jpki.attributes import Sex
from jpki.birthdate import BirthDate
from jpki.ca.authority import Authority
from jpki.ca.issue import issue_authentication, issue_signing
from jpki.errors import HolderError, IssueError
from jpki.holder import Holder
from jpki.keys import load_private_key
from jpki.kinds import CaKind
from jpki.registry.registry import Registry
from jpki.validity import JST
from mynalab.chance import seeded_number, seeded_random
from mynalab.errors import CardNameError, PersonaError
from mynalab.lab.authorities import KINDS, authority
from mynalab.lab.create import keys_of
from mynalab.lab.files import taking_turns, write_atomically
from mynalab.lab.lab import Lab
from mynalab.lab.register import open_register
from mynalab.persona import Persona

_SEXES = {"male": Sex.MALE, "female": Sex.FEMALE, "unknown": Sex.UNKNOWN}
_HOURS_BETWEEN_REQUEST_AND_ISSUE = 8
"""The real service signs in the night after a request made in the daytime (measured on published certificates)."""


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
    path = lab.paths.card(name)
    profile = profile_named(profile or persona.card_profile).name
    holder = _holder(persona)
    authorities = {kind: authority(lab, kind) for kind in KINDS}
    _require_begun(authorities, now)
    with taking_turns(lab.paths.cards):
        if path.exists():
            raise CardNameError(f"there is a card {name!r} already", hint="choose another name: mynalab card new NAME")
        return _issue(lab, name, persona, holder, authorities, profile, now)


def _require_begun(authorities: Mapping[CaKind, Authority], now: datetime) -> None:
    begin = max(ca.not_before for ca in authorities.values())
    if now < begin:
        raise IssueError(
            f"the lab's CAs are valid from {begin:%Y-%m-%dT%H:%M:%SZ} on, and nothing is issued before",
            hint=f"give a later --now, or make a lab that is older: mynalab lab init DIR --now {now:%Y-%m-%d}",
        )


def _issue(
    lab: Lab,
    name: str,
    persona: Persona,
    holder: Holder,
    authorities: Mapping[CaKind, Authority],
    profile: str,
    now: datetime,
) -> IssuedCard:
    path = lab.paths.card(name)
    registry = open_register(lab)
    number = len(registry.persons())
    person_id = f"{number + 1:06d}"
    registry.register_person(person_id, holder, now=now)
    card_expiry = _card_expiry(persona, now)
    pairs = {
        kind: _certify(lab, authorities[kind], registry, holder, person_id, name, card_expiry, now, key_number)
        for key_number, kind in enumerate(KINDS, start=2 + 2 * number)
    }
    order = CardOrder(
        serial=f"4{seeded_number(lab.settings.seed, f'card/{number}', 10**14):014d}",
        profile=profile,
        municipality_code=persona.municipality_code,
        card_expiry=card_expiry,
        sign=pairs[CaKind.SIGN][1],
        auth=pairs[CaKind.AUTH][1],
        sign_ca=authorities[CaKind.SIGN].certificate_der,
        auth_ca=authorities[CaKind.AUTH].certificate_der,
        sign_pin=persona.signature_pin,
        auth_pin=persona.authentication_pin,
    )
    image = personalise(order)
    write_atomically(lab.paths.persona(name), persona.source.encode())
    FileStore.create(path, image)
    serials = {kind.value: pair[0] for kind, pair in pairs.items()}
    return IssuedCard(name=name, path=path, card_serial=order.serial, serials=serials)


def _certify(
    lab: Lab,
    ca: Authority,
    registry: Registry,
    holder: Holder,
    person_id: str,
    card: str,
    card_expiry: date,
    now: datetime,
    key_number: int,
) -> tuple[int, KeyAndCertificate]:
    """Give one key of the lab a certificate of ``ca``, and enter it in the register."""
    private_key = keys_of(lab.settings)(key_number)
    serial = registry.allocate_serial(ca.kind, now=now)
    certificate = _sign(lab, ca, holder, private_key, serial, card_expiry, now)
    registry.record_certificate(certificate, kind=ca.kind, person_id=person_id, card=card, now=now)
    return serial, KeyAndCertificate(private_key=private_key, certificate=certificate)


def _sign(
    lab: Lab, ca: Authority, holder: Holder, private_key: bytes, serial: int, card_expiry: date, now: datetime
) -> bytes:
    public_key = load_private_key(private_key).public_key()
    rng = seeded_random(lab.settings.seed, f"common-name/{ca.kind.value}/{serial}")
    if ca.kind is CaKind.AUTH:
        return issue_authentication(
            ca, holder=holder, public_key=public_key, serial=serial, now=now, card_expiry=card_expiry, rng=rng
        )
    return issue_signing(
        ca,
        holder=holder,
        public_key=public_key,
        serial=serial,
        now=now,
        card_expiry=card_expiry,
        request_time=now - timedelta(hours=_HOURS_BETWEEN_REQUEST_AND_ISSUE),
        rng=rng,
    )


def _holder(persona: Persona) -> Holder:
    try:
        return Holder(
            name=persona.full_name,
            birth_date=BirthDate.of(persona.birth),
            sex=_SEXES[persona.sex],
            address=persona.address,
            prefecture_romaji=persona.prefecture,
            municipality_romaji=persona.municipality,
            municipality_code=persona.municipality_code,
        )
    except HolderError as error:
        raise PersonaError(f"{persona.origin}: person: {error}", hint=error.hint or "mend that field") from error


def _card_expiry(persona: Persona, now: datetime) -> date:
    """The card's last day: the n-th birthday after the day of issue (Digital Agency: 発行日から10回目の誕生日まで)."""
    issued = now.astimezone(JST).date()
    birthday_is_over = (issued.month, issued.day) >= (persona.birth.month, persona.birth.day)
    year = issued.year + persona.card_valid_years - (0 if birthday_is_over else 1)
    day = 28 if (persona.birth.month, persona.birth.day) == (2, 29) else persona.birth.day
    return date(year, persona.birth.month, day)
