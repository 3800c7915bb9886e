"""From an order to a card image: what the issuer's machine does, without a machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Final

from apdu.globalplatform import KEY_VERSION
from apdu.layout import jpki
from apdu.layout.common import CardRecord
from apdu.layout.token_information import TokenInformation
from apdu.scp03 import StaticKeys
from cardsim.applications import card_manager as card_manager_application
from cardsim.applications import common as common_application
from cardsim.applications import face as face_application
from cardsim.applications import jpki as jpki_application
from cardsim.applications import juki as juki_application
from cardsim.applications import next_generation
from cardsim.applications import text as text_application
from cardsim.applications.filling import checked_pin
from cardsim.contents import CommonContents, FaceContents, JukiContents, ManagerContents, TextContents
from cardsim.errors import OrderError
from cardsim.free_area.state import FreeArea
from cardsim.keys import is_elliptic, load_private_key
from cardsim.profiles import CardProfile, Device, profile_named
from cardsim.state import ApplicationImage, CardImage

_SERIAL_DIGITS: Final = 15  # 製造番号; measured: soltia48/myna-card src/ap/common.rs
_MUNICIPALITY_DIGITS: Final = 5  # 市区町村コード without its check digit; measured: soltia48/myna-card


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyAndCertificate:
    """A private key (PKCS #8 DER: RSA-2048, or P-384 on the next card) and the certificate (DER) of its public half."""

    private_key: bytes = field(repr=False)
    certificate: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardOrder:
    """Everything that makes one card different from another.

    ``sign`` or ``auth`` None is a card without that certificate, as a child's: its PIN is blocked from the
    start and the password given for it is not used.
    """

    serial: str
    """製造番号: 15 digits, different for every card, or clients' caches mix cards up."""
    profile: str
    municipality_code: str
    card_expiry: date
    sign: KeyAndCertificate | None
    auth: KeyAndCertificate | None
    sign_ca: bytes = field(repr=False)
    auth_ca: bytes = field(repr=False)
    sign_pin: str = field(repr=False)
    auth_pin: str = field(repr=False)
    text: TextContents | None = None
    """None for any of these leaves the application off the card."""
    face: FaceContents | None = None
    common: CommonContents | None = None
    juki: JukiContents | None = None
    manager: ManagerContents | None = None
    """The data objects that only an issuer with a CV chain can fill."""
    issuer_keys: StaticKeys | None = field(default=None, repr=False)
    """The keys of the issuer's domain; None makes a card without a free area."""


def personalise(order: CardOrder) -> CardImage:
    """The image of a fresh card; ``OrderError`` or ``ProfileError`` when the order makes none.

    A phone gets the JPKI application alone, a card of the next generation the certificates and the text contents.
    """
    profile = profile_named(order.profile)
    _require_digits("serial", order.serial, _SERIAL_DIGITS)
    _require_digits("municipality code", order.municipality_code, _MUNICIPALITY_DIGITS)
    manager = card_manager_application.blank_image(
        serial=order.serial,
        municipality_code=order.municipality_code,
        card_expiry=order.card_expiry,
        profile=profile,
        more=order.manager.objects if order.manager is not None else {},
    )
    applications = [manager, *_FILLERS[profile.device](order, profile)]
    return CardImage(
        profile=profile.name,
        serial=order.serial,
        applications={application.aid: application for application in applications},
        free_area=None if order.issuer_keys is None else FreeArea.blank(version=KEY_VERSION, keys=order.issuer_keys),
    )


def _card_applications(order: CardOrder, profile: CardProfile) -> Iterator[ApplicationImage]:
    """In the order of ``apdu.layout.applications``."""
    yield from _jpki_application(order, profile)
    if order.text is not None:
        _checked_key(order.text.session_key, elliptic=False)
        _checked_key(order.text.internal_key, elliptic=False)
        yield text_application.blank_image(order.text)
    if order.face is not None:
        _checked_key(order.face.internal_key, elliptic=False)
        yield face_application.blank_image(order.face)
    if order.juki is not None:
        yield juki_application.blank_image(order.juki)
    if order.common is not None:
        _checked_key(order.common.internal_key, elliptic=False)
        record = CardRecord(
            serial=order.serial, municipality_code=order.municipality_code, expiry=f"{order.card_expiry:%Y%m%d}"
        )
        yield common_application.blank_image(order.common, record)


def _jpki_application(order: CardOrder, profile: CardProfile) -> Iterator[ApplicationImage]:
    certificates, keys, pins = _certified(order, elliptic=False)
    token = TokenInformation(label=profile.token_label, serial_number=order.serial.zfill(16))
    yield jpki_application.blank_image(token=token, certificates=certificates, keys=keys, pins=pins)


def _next_applications(order: CardOrder, _profile: CardProfile) -> Iterator[ApplicationImage]:
    certificates, keys, pins = _certified(order, elliptic=True)
    reference = order.text.reference if order.text is not None else ""
    yield next_generation.auth_image(certificates=certificates, keys=keys, pins=pins, reference=reference)
    if order.text is not None:
        yield next_generation.face_image(order.text)


_FILLERS: Final[Mapping[Device, Callable[[CardOrder, CardProfile], Iterator[ApplicationImage]]]] = {
    Device.CARD: _card_applications,
    Device.ANDROID: _jpki_application,
    Device.IPHONE: _jpki_application,
    Device.NEXT_CARD: _next_applications,
}


def _certified(order: CardOrder, *, elliptic: bool) -> tuple[dict[int, bytes], dict[int, bytes], dict[int, bytes]]:
    """Certificates, keys and PINs of the application that signs, by EF id."""
    certificates = {jpki.SIGN_CA_CERTIFICATE: order.sign_ca, jpki.AUTH_CA_CERTIFICATE: order.auth_ca}
    keys: dict[int, bytes] = {}
    pins: dict[int, bytes] = {}
    for pair, certificate_fid, key_fid, pin in (
        (order.sign, jpki.SIGN_CERTIFICATE, jpki.SIGN_KEY, order.sign_pin),
        (order.auth, jpki.AUTH_CERTIFICATE, jpki.AUTH_KEY, order.auth_pin),
    ):
        if pair is not None:
            pin_fid = jpki.PIN_OF_KEY[key_fid]
            certificates[certificate_fid] = pair.certificate
            keys[key_fid] = _checked_key(pair.private_key, elliptic=elliptic)
            pins[pin_fid] = checked_pin(jpki_application.PINS[pin_fid], pin)
    for certificate in certificates.values():
        _require_certificate(certificate)
    return certificates, keys, pins


def _require_digits(what: str, text: str, count: int) -> None:
    if len(text) != count or not (text.isascii() and text.isdigit()):
        raise OrderError(f"the {what} has {count} ASCII digits, not {text!r}")


def _checked_key(der: bytes, *, elliptic: bool) -> bytes:
    try:
        kind = _is_elliptic(der)
    except ValueError as error:
        raise OrderError(f"a private key of the order cannot be used: {error}") from error
    if kind is not elliptic:
        raise OrderError(f"the keys of this profile are {'on P-384' if elliptic else 'RSA of 2048 bits'}")
    return der


@lru_cache(maxsize=256)  # a lab's keys come from a pool
def _is_elliptic(der: bytes) -> bool:
    return is_elliptic(load_private_key(der))


def _require_certificate(der: bytes) -> None:
    """Clients take the length from ``30 82 hi lo`` (OpenSC card-jpki.c); what is in it is the issuer's affair."""
    if len(der) < 4 + 256 or der[:2] != b"\x30\x82" or int.from_bytes(der[2:4]) != len(der) - 4:
        raise OrderError("a certificate of the order is not one DER SEQUENCE of 256 to 65,535 bytes")
