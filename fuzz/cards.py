"""The cards under test: every profile in four conditions, from keys and contents that never change.

Every EF of a card has its own bytes, as chance would make them, so that what is read tells where it stood.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from apdu import globalplatform as gp
from apdu.globalplatform import LoadFile
from apdu.layout import card_manager, face, text
from apdu.layout.facts import FileFact, FileKind
from apdu.package import SecretKind
from apdu.scp03 import StaticKeys
from cardsim.card import VirtualCard
from cardsim.contents import CommonContents, FaceContents, JukiContents, ManagerContents, TextContents
from cardsim.free_area.state import FreeArea
from cardsim.personalise import CardOrder, KeyAndCertificate, personalise
from cardsim.profiles import PROFILES, Device
from cardsim.state import CardImage, Pin
from cardsim.store import MemoryStore
from jpki.issuer import keys
from jpki.issuer.manager import DomainSession
from jpki.issuer.package import compile_package, sign_package
from mynalab.resources import key_pool_file, package_files

CONDITIONS: Final = ("issued", "loaded", "troubled", "bare")
"""As issued; with four applications; in trouble with PINs, and little memory for four providers; JPKI alone."""
SECRET: Final = b"the fuzzer's issuer"
USER_PIN: Final = b"1234"
_CARD: Final = "fuzz"
_LITTLE_MEMORY: Final = 2300  # four domains, and nearly two packages
_SIZE: Final = 300  # of an EF whose size the layout does not fix


@dataclass(frozen=True, slots=True)
class Start:
    """Which card a sequence begins with."""

    profile: str
    condition: str


@cache
def every_start() -> tuple[Start, ...]:
    """All cards that there are."""
    return tuple(Start(profile, condition) for profile in PROFILES for condition in CONDITIONS)


@cache
def image_of(start: Start) -> CardImage:
    """The card as it comes out of the drawer."""
    order = _order(start.profile)
    if start.condition == "bare":
        order = replace(order, text=None, face=None, juki=None, common=None, manager=None, issuer_keys=None, sign=None)
    image = personalise(order)
    if start.condition == "loaded":
        return replace(image, free_area=_area(loaded=True))
    if start.condition == "troubled":
        return replace(_troubled(image), free_area=replace(_area(loaded=False), memory=_LITTLE_MEMORY))
    return image


@cache
def domain_keys(aid: bytes) -> StaticKeys:
    """The key set of a security domain."""
    return keys.static_keys(SECRET, _CARD, aid)


@cache
def load_files() -> tuple[LoadFile, ...]:
    """The shipped packages, signed by their providers."""
    packages = [compile_package(path.read_text("utf-8"), origin=name) for name, path in package_files().items()]
    return tuple(sign_package(package, keys.provider_key(SECRET, package.provider)) for package in packages)


@cache
def forged(file: LoadFile) -> LoadFile:
    """Another version of a package, under the signature of this one."""
    package = file.package
    return replace(file, block=replace(package, version=package.version + 1).encode())


@cache
def secrets_of(file: LoadFile) -> Mapping[int, bytes]:
    """The first PINs and keys of an application."""
    package = file.package
    return {
        one.reference: USER_PIN
        if one.kind is SecretKind.PIN
        else keys.application_key(SECRET, package.aid, one.reference)
        for one in package.secrets
    }


@cache
def pool_keys() -> tuple[bytes, ...]:
    """The first keys of the lab's pool, PKCS #8 DER."""
    lines = [line for line in key_pool_file().read_text("ascii").splitlines() if not line.startswith("#")]
    return tuple(base64.b64decode(line) for line in lines[:6])


def session_key() -> bytes:
    """The private half of the text application's key for SET SESSION KEY."""
    return pool_keys()[2]


def content(label: str, size: int) -> bytes:
    """Bytes that occur nowhere else."""
    return hashlib.shake_256(label.encode()).digest(size)


def _certificate(label: str) -> bytes:
    return b"\x30\x82\x05\x00" + content(label, 0x500)


def _files(name: str, layout: Mapping[int, FileFact]) -> dict[int, bytes]:
    return {
        fid: content(f"{name}/{fid:04X}", fact.size or _SIZE)
        for fid, fact in layout.items()
        if fact.kind is FileKind.TRANSPARENT
    }


@cache
def _elliptic_key() -> bytes:
    key = ec.derive_private_key(int.from_bytes(content("P-384", 40)), ec.SECP384R1())
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _order(profile: str) -> CardOrder:
    elliptic = PROFILES[profile].device is Device.NEXT_CARD
    sign, auth, _, text_key, face_key, common_key = pool_keys()
    if elliptic:
        sign = auth = _elliptic_key()
    return CardOrder(
        serial="400000012719843",
        profile=profile,
        municipality_code="13221",
        card_expiry=date(2035, 2, 17),
        sign=KeyAndCertificate(private_key=sign, certificate=_certificate("sign")),
        auth=KeyAndCertificate(private_key=auth, certificate=_certificate("auth")),
        sign_ca=_certificate("sign CA"),
        auth_ca=_certificate("auth CA"),
        sign_pin="ABC123",
        auth_pin=USER_PIN.decode(),
        text=TextContents(
            files=_files("text", text.FILES),
            pin="4321",
            reference_a="537686677188",
            reference_b="55021720352285",
            internal_key=text_key,
            session_key=session_key(),
        ),
        face=FaceContents(
            files=_files("face", face.FILES),
            birth_pin="550217",
            reference_a="537686677188",
            reference_b="55021720352285",
            internal_key=face_key,
        ),
        common=CommonContents(key_reference=content("key reference", 16), pin="2222", internal_key=common_key),
        juki=JukiContents(key_reference=content("registry", 16), pin="3333"),
        manager=ManagerContents(
            objects={
                card_manager.INTERMEDIATE_KEY_ID: content("00F7", 16),
                card_manager.CV_CERTIFICATE: content("7F21", 568),
            }
        ),
        issuer_keys=domain_keys(card_manager.AID),
    )


class _Hand:
    """A Channel straight to a card."""

    def __init__(self, card: VirtualCard) -> None:
        self._card = card
        self.transmit = card.process

    def reset(self) -> bytes:
        """Reset the card and return its ATR."""
        self._card.reset()
        return self._card.atr


@cache
def _area(*, loaded: bool) -> FreeArea:
    """The free area once the issuer has let four providers in, and perhaps once they have done their work."""
    card = VirtualCard(MemoryStore(personalise(_order("C2"))), rng=lambda size: content("card", size))
    hand = _Hand(card)

    def session(domain: bytes, owner: bytes) -> DomainSession:
        return DomainSession.open(hand, keys=domain_keys(owner), rng=lambda size: content("host", size), domain=domain)

    for file in load_files():
        session(card_manager.AID, card_manager.AID).create_domain(file.provider)
        session(file.provider, card_manager.AID).put_keys(gp.KEY_VERSION, domain_keys(file.provider))
        mine = session(file.provider, file.provider)
        mine.put_provider_key(keys.public_point(keys.provider_key(SECRET, file.provider)))
        if loaded:
            mine.load(file)
            mine.install(file, secrets=secrets_of(file))
    area = card.image.free_area
    assert area is not None
    return area


def _troubled(image: CardImage) -> CardImage:
    """A third of the PINs at the last try, a third blocked, a third as issued."""
    number = 0
    for aid, application in image.applications.items():
        for fid, pin in application.pins.items():
            left = (1, 0, pin.limit)[number % 3] if pin.value else 0
            image = image.with_pin(aid, fid, Pin(value=pin.value, tries_left=left, limit=pin.limit))
            number += 1
    return image
