"""Who may do what, from the published layout (``apdu.layout``) and the page of choices alone."""

from __future__ import annotations

from collections.abc import Mapping, Set
from types import MappingProxyType
from typing import Final

from apdu.layout import card_manager, common, face, jpki, juki, next_generation, text
from apdu.layout.facts import NEVER, Access, FileFact, FileKind, after
from cardsim.profiles import CardProfile, Device

LAYOUT: Final[Mapping[bytes, Mapping[int, FileFact]]] = MappingProxyType(
    {
        card_manager.AID: {},
        jpki.AID: jpki.FILES,
        text.AID: text.FILES,
        face.AID: face.FILES,
        juki.AID: juki.FILES,
        common.AID: common.FILES,
        next_generation.AUTH_AID: next_generation.AUTH_FILES,
        next_generation.FACE_AID: next_generation.FACE_FILES,
    }
)

NAMES: Final = MappingProxyType(
    {
        card_manager.AID: "manager",
        jpki.AID: "jpki",
        text.AID: "text",
        face.AID: "face",
        juki.AID: "juki",
        common.AID: "common",
        next_generation.AUTH_AID: "next-auth",
        next_generation.FACE_AID: "next-face",
    }
)
"""Applications of the card by AID, as the coverage report calls them."""

PIN_HOME: Final = MappingProxyType({next_generation.FACE_AID: next_generation.AUTH_AID})
"""The PINs of the next card's second application are those of its first."""

DEFAULT_KEYS: Final = MappingProxyType({text.AID: text.INTERNAL_KEY, face.AID: face.INTERNAL_KEY})
"""P2 00 of COMPUTE DIGITAL SIGNATURE: choice sign.default-key."""

_CHANGEABLE: Final = MappingProxyType(
    {
        (0x0024, jpki.AID): (jpki.AUTH_PIN, jpki.SIGN_PIN),
        (0x0024, text.AID): (text.PIN,),
        (0x0024, next_generation.AUTH_AID): (jpki.AUTH_PIN, jpki.SIGN_PIN),
        (0x0024, next_generation.FACE_AID): (jpki.AUTH_PIN, jpki.SIGN_PIN),
        (0x8032, common.AID): (common.PIN,),
        (0x8032, juki.AID): (juki.PIN,),
    }
)
"""Which PINs CHANGE REFERENCE DATA and CHANGE KEY change: design choices pin.change-rule and pin.change-elsewhere."""

_READABLE: Final = (FileKind.TRANSPARENT, FileKind.RECORD)


def is_met(access: Access | None, shown: Set[int]) -> bool:
    """True when one of those who may has shown the secret, or nobody has to."""
    if access is None or access.any_of is None:
        return False
    return not access.any_of or any(one in shown for one in access.any_of)


def may_read(profile: CardProfile, aid: bytes, fid: int, verified: Set[int]) -> bool:
    """True when the EF is open for READ BINARY and READ RECORD."""
    fact = LAYOUT[aid].get(fid)
    if fact is None or fact.kind not in _READABLE:
        return False
    access = fact.access
    if profile.device in (Device.ANDROID, Device.IPHONE) and fid == jpki.AUTH_CERTIFICATE:
        access = after(jpki.AUTH_PIN)  # choice phone.profile
    return is_met(access, verified)


def may_sign(aid: bytes, fid: int, verified: Set[int]) -> bool:
    """True when the key works for COMPUTE DIGITAL SIGNATURE."""
    fact = LAYOUT[aid].get(fid)
    if fact is None or fact.kind is not FileKind.PRIVATE_KEY:
        return False
    return is_met(NEVER if aid == common.AID else fact.access, verified)  # choice sign.internal-authenticate


def may_authenticate(aid: bytes, fid: int) -> bool:
    """True when the key works for INTERNAL AUTHENTICATE."""
    return (aid, fid) == (common.AID, common.INTERNAL_KEY)


def may_change(code: int, aid: bytes, fid: int, verified: Set[int]) -> bool:
    """True when this command may give the PIN a new value."""
    return fid in _CHANGEABLE.get((code, aid), ()) and fid in verified


def accepts_pin(aid: bytes, fid: int, value: bytes) -> bool:
    """True when the value has the published form of that PIN."""
    fact = LAYOUT[aid][fid].pin
    return fact is not None and fact.accepts(value)
