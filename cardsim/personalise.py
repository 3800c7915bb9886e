"""From an order to a card image: what the issuer's machine does, without a machine."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Final

from apdu.layout import card_manager, jpki
from apdu.layout.facts import PinFact
from apdu.layout.token_information import TokenInformation
from cardsim.applications import card_manager as card_manager_application
from cardsim.applications import jpki as jpki_application
from cardsim.contents import CommonContents, FaceContents, JukiContents, ManagerContents, TextContents
from cardsim.errors import OrderError
from cardsim.keys import load_private_key
from cardsim.profiles import profile_named
from cardsim.state import CardImage

_SERIAL_DIGITS: Final = 15  # 製造番号; measured: soltia48/myna-card src/ap/common.rs
_MUNICIPALITY_DIGITS: Final = 5  # 市区町村コード without its check digit; measured: soltia48/myna-card


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyAndCertificate:
    """A private key (PKCS #8 DER, RSA-2048) and the certificate (DER) of its public half."""

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


def personalise(order: CardOrder) -> CardImage:
    """The image of a fresh card; ``OrderError`` or ``ProfileError`` when the order makes none."""
    profile = profile_named(order.profile)
    _require_digits("serial", order.serial, _SERIAL_DIGITS)
    _require_digits("municipality code", order.municipality_code, _MUNICIPALITY_DIGITS)
    manager = card_manager_application.blank_image(
        serial=order.serial,
        municipality_code=order.municipality_code,
        card_expiry=order.card_expiry,
        profile=profile,
    )
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
            keys[key_fid] = _checked_key(pair.private_key)
            pins[pin_fid] = _checked_pin(jpki_application.PINS[pin_fid], pin)
    for certificate in certificates.values():
        _require_certificate(certificate)
    token = TokenInformation(serial_number=order.serial.zfill(16))
    application = jpki_application.blank_image(token=token, certificates=certificates, keys=keys, pins=pins)
    return CardImage(
        profile=profile.name, serial=order.serial, applications={card_manager.AID: manager, jpki.AID: application}
    )


def _require_digits(what: str, text: str, count: int) -> None:
    if len(text) != count or not (text.isascii() and text.isdigit()):
        raise OrderError(f"the {what} has {count} ASCII digits, not {text!r}")


def _checked_key(der: bytes) -> bytes:
    try:
        load_private_key(der)
    except ValueError as error:
        raise OrderError(f"a private key of the order cannot be used: {error}") from error
    return der


def _checked_pin(fact: PinFact, pin: str) -> bytes:
    value = pin.encode("utf-8")
    if not fact.accepts(value):
        length = f"{fact.min_length}" if fact.min_length == fact.max_length else f"{fact.min_length}-{fact.max_length}"
        raise OrderError(f"a PIN of the order is not {length} characters out of {fact.alphabet.value}")
    return value


def _require_certificate(der: bytes) -> None:
    """Clients take the length from ``30 82 hi lo`` (OpenSC card-jpki.c); what is in it is the issuer's affair."""
    if len(der) < 4 + 256 or der[:2] != b"\x30\x82" or int.from_bytes(der[2:4]) != len(der) - 4:
        raise OrderError("a certificate of the order is not one DER SEQUENCE of 256 to 65,535 bytes")
