"""The images of a lab's cards: made for somebody, given new certificates, brought up to date after a move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Final

from apdu.layout import face, jpki, next_generation, text
from cardsim.personalise import CardOrder, KeyAndCertificate, personalise
from cardsim.profiles import CardProfile, Device, profile_named
from cardsim.recertify import recertify
from cardsim.state import CardImage, Pin
from jpki.algorithms import P_384, RSA_2048, KeyAlgorithm
from jpki.attributes import Sex
from jpki.errors import HolderError
from jpki.holder import Holder
from jpki.kinds import CaKind
from jpki.registry.journal_import import UNTOLD_PROFILE
from jpki.registry.records import Medium
from mynalab.chance import seeded_number
from mynalab.errors import PersonaError
from mynalab.lab.contents import ContentsMaker
from mynalab.lab.free_area import issuer_keys
from mynalab.lab.lab import Lab
from mynalab.lab.particulars import Particulars, particulars_of
from mynalab.lab.settings import LabSettings
from mynalab.persona import Persona

SEXES: Final = {"male": Sex.MALE, "female": Sex.FEMALE, "unknown": Sex.UNKNOWN}
_CERTIFICATES: Final = {CaKind.SIGN: jpki.SIGN_CERTIFICATE, CaKind.AUTH: jpki.AUTH_CERTIFICATE}


def algorithm_of_profile(name: str) -> KeyAlgorithm:
    """The same by the profile's name; what the journal of an old lab did not tell has RSA keys."""
    return RSA_2048 if name == UNTOLD_PROFILE else algorithm_of(profile_named(name))


def algorithm_of(profile: CardProfile) -> KeyAlgorithm:
    """Of the keys on a card of this profile, which decides the CAs."""
    return P_384 if profile.device is Device.NEXT_CARD else RSA_2048


def medium_of(profile: CardProfile) -> Medium:
    """Whether it is a card or a phone."""
    return Medium.PHONE if profile.is_phone else Medium.CARD


def serial_of(settings: LabSettings, label: str) -> str:
    """製造番号 of the card that ``label`` tells from every other: the lab's own begin with 4."""
    return f"4{seeded_number(settings.seed, f'card/{label}', 10**14):014d}"


def holder_of(persona: Persona) -> Holder:
    """What the resident register says of a persona; ``PersonaError`` where it could not."""
    try:
        return Holder(
            name=persona.full_name,
            birth_date=persona.birth,
            sex=SEXES[persona.sex],
            address=persona.address,
            prefecture_romaji=persona.prefecture,
            municipality_romaji=persona.municipality,
            municipality_code=persona.municipality_code,
            substitutes=persona.substitutes,
        )
    except HolderError as error:
        raise PersonaError(f"{persona.origin}: person: {error}", hint=error.hint or "mend that field") from error


class CardMaker:
    """The issuer's machine. Opened once, for one card or thousands; hold the cards' lock."""

    def __init__(self, lab: Lab) -> None:
        self._settings = lab.settings
        self._contents = ContentsMaker(lab)

    def require_chain(self, municipality_code: str) -> None:
        """``LabBrokenError`` when what signs the records of a municipality is missing or does not fit."""
        self._contents.chain(municipality_code)

    def make(
        self,
        persona: Persona,
        holder: Holder,
        profile: CardProfile,
        *,
        number: int,
        serial: str,
        expiry: date,
        cas: Mapping[CaKind, bytes],
        pairs: Mapping[CaKind, KeyAndCertificate],
    ) -> CardImage:
        """A fresh card or phone for the lab's ``number``-th person, with everything on it."""
        order = CardOrder(
            serial=serial,
            profile=profile.name,
            municipality_code=holder.municipality_code,
            card_expiry=expiry,
            sign=pairs.get(CaKind.SIGN),
            auth=pairs.get(CaKind.AUTH),
            sign_ca=cas[CaKind.SIGN],
            auth_ca=cas[CaKind.AUTH],
            sign_pin=persona.signature_pin,
            auth_pin=persona.authentication_pin,
            issuer_keys=issuer_keys(self._settings, serial),
        )
        if not profile.is_phone:
            order = self._filled(order, persona, holder, profile, number)
        return personalise(order)

    def recertified(
        self,
        image: CardImage,
        persona: Persona,
        *,
        cas: Mapping[CaKind, bytes],
        pairs: Mapping[CaKind, KeyAndCertificate],
    ) -> CardImage:
        """The same card with new keys and certificates."""
        pins = {CaKind.SIGN: persona.signature_pin, CaKind.AUTH: persona.authentication_pin}
        return recertify(
            image,
            {_CERTIFICATES[kind]: pair for kind, pair in pairs.items()},
            ca_certificates={_CERTIFICATES[kind]: cas[kind] for kind in pairs},
            pins={_CERTIFICATES[kind]: pins[kind] for kind in pairs},
        )

    def brought_up_to_date(
        self, image: CardImage, persona: Persona, holder: Holder, *, number: int, expiry: date
    ) -> CardImage:
        """The same card with records and pictures of what the resident register says now; counters stay."""
        shown, particulars = self._shown(persona, holder, image.serial, expiry)
        filled = self._contents.fill(shown, holder, particulars, profile_named(image.profile), number=number)
        records = {
            text.AID: filled.text.files,
            next_generation.FACE_AID: filled.text.files,
            face.AID: filled.face.files,
        }
        # What opens a record is printed on the card, with the birth date in it.
        values = {
            text.AID: {text.REFERENCE_B: filled.text.reference_b},
            face.AID: {face.REFERENCE_B: filled.face.reference_b, face.BIRTH_PIN: filled.face.birth_pin},
        }
        applications = {
            aid: replace(
                standing,
                files=_replaced(standing.files, records.get(aid, {})),
                pins=_revalued(standing.pins, values.get(aid, {})),
            )
            for aid, standing in image.applications.items()
        }
        return replace(image, applications=applications)

    def _filled(
        self, order: CardOrder, persona: Persona, holder: Holder, profile: CardProfile, number: int
    ) -> CardOrder:
        """The order with the applications beside JPKI."""
        shown, particulars = self._shown(persona, holder, order.serial, order.card_expiry)
        filled = self._contents.fill(shown, holder, particulars, profile, number=number)
        return replace(
            order,
            text=filled.text,
            face=filled.face,
            common=filled.common,
            juki=filled.juki,
            manager=filled.manager,
        )

    def _shown(self, persona: Persona, holder: Holder, serial: str, expiry: date) -> tuple[Persona, Particulars]:
        """The persona as the resident register has it by now, and what her card shows besides."""
        shown, now = persona, (holder.name, holder.address, holder.birth_date)
        if now != (persona.full_name, persona.address, persona.birth):
            shown = replace(persona, full_name=holder.name, address=holder.address, birth=holder.birth_date)
        return shown, particulars_of(self._settings, shown, holder, serial=serial, expiry=expiry)


def _replaced(standing: Mapping[int, bytes], fresh: Mapping[int, bytes]) -> dict[int, bytes]:
    return {fid: fresh.get(fid, content) for fid, content in standing.items()}


def _revalued(standing: Mapping[int, Pin], values: Mapping[int, str]) -> dict[int, Pin]:
    return {fid: replace(pin, value=values[fid].encode()) if fid in values else pin for fid, pin in standing.items()}
