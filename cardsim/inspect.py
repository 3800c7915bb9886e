"""A look at a card image from outside, for people: no PIN value and no private key comes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from apdu.layout import common, face, jpki, juki, next_generation, text
from cardsim.image import SCHEMA
from cardsim.profiles import profile_named
from cardsim.state import ApplicationImage, CardImage

_PIN_NAMES: Final = {
    (jpki.AID, jpki.AUTH_PIN): "auth",
    (jpki.AID, jpki.SIGN_PIN): "sign",
    (text.AID, text.PIN): "text",
    (text.AID, text.REFERENCE_A): "text-a",
    (text.AID, text.REFERENCE_B): "text-b",
    (face.AID, face.BIRTH_PIN): "face-birth",
    (face.AID, face.REFERENCE_B): "face-b",
    (face.AID, face.REFERENCE_A): "face-a",
    (juki.AID, juki.PIN): "registry",
    (common.AID, common.PIN): "common",
    (next_generation.AUTH_AID, jpki.AUTH_PIN): "auth",
    (next_generation.AUTH_AID, jpki.SIGN_PIN): "sign",
    (next_generation.AUTH_AID, next_generation.REFERENCE): "reference",
}
"""Short names; ``-a`` and ``-b`` are 照合番号A and B. EF 0012 of the text application, always blocked, has none."""
_CERTIFICATES = {
    "sign": jpki.SIGN_CERTIFICATE,
    "sign_ca": jpki.SIGN_CA_CERTIFICATE,
    "auth": jpki.AUTH_CERTIFICATE,
    "auth_ca": jpki.AUTH_CA_CERTIFICATE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PinSummary:
    """One PIN: how many wrong tries it still bears."""

    name: str
    application: bytes
    fid: int
    tries_left: int
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSummary:
    """What can be told of a card.

    ``certificates`` holds DER without filler by ``sign``, ``sign_ca``, ``auth``, ``auth_ca``; absent ones are left out.
    """

    schema: int
    serial: str
    profile: str
    atr: bytes
    life_cycle: str
    pins: tuple[PinSummary, ...]
    certificates: Mapping[str, bytes] = field(repr=False)


def describe(image: CardImage) -> CardSummary:
    """Summarise an image; ``ProfileError`` when its profile is unknown."""
    application = next(
        (image.applications[aid] for aid in (jpki.AID, next_generation.AUTH_AID) if aid in image.applications),
        ApplicationImage(aid=jpki.AID),
    )
    found = {name: _certificate(application.files.get(fid, b"")) for name, fid in _CERTIFICATES.items()}
    return CardSummary(
        schema=SCHEMA,
        serial=image.serial,
        profile=image.profile,
        atr=profile_named(image.profile).atr,
        life_cycle=image.life_cycle.value,
        pins=tuple(
            PinSummary(name=_PIN_NAMES[aid, fid], application=aid, fid=fid, tries_left=pin.tries_left, limit=pin.limit)
            for aid, one in image.applications.items()
            for fid, pin in one.pins.items()
            if (aid, fid) in _PIN_NAMES
        ),
        certificates={name: der for name, der in found.items() if der},
    )


def _certificate(content: bytes) -> bytes:
    """The DER SEQUENCE at the start of an EF, or nothing when it holds filler alone."""
    return content[: 4 + int.from_bytes(content[2:4])] if content.startswith(b"\x30\x82") else b""
