"""New keys and certificates for a card that is in use: what a municipal counter writes when it renews them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from apdu.layout import jpki, next_generation
from apdu.layout.jpki import CertificateAvailability
from cardsim.applications import jpki as jpki_application
from cardsim.applications.filling import FILLER, checked_pin
from cardsim.errors import OrderError
from cardsim.personalise import KeyAndCertificate
from cardsim.state import ApplicationImage, CardImage, Pin

_FILE_STEP: Final = 256
# By the EF of the certificate: the EF of its CA's certificate, and that of its key.
_BESIDE: Final = {
    jpki.SIGN_CERTIFICATE: (jpki.SIGN_CA_CERTIFICATE, jpki.SIGN_KEY),
    jpki.AUTH_CERTIFICATE: (jpki.AUTH_CA_CERTIFICATE, jpki.AUTH_KEY),
}


def recertify(
    image: CardImage,
    pairs: Mapping[int, KeyAndCertificate],
    *,
    ca_certificates: Mapping[int, bytes],
    pins: Mapping[int, str],
) -> CardImage:
    """The card with new keys and certificates, each by the EF of its certificate, as are its CA's certificate and PIN.

    A PIN that the holder has stays what it is, with the tries that are left; one that was never set is set to the one
    given, as for a child who is old enough to sign now. ``OrderError`` when the card has no such application.
    """
    aid = next((aid for aid in (jpki.AID, next_generation.AUTH_AID) if aid in image.applications), None)
    if aid is None:
        raise OrderError("the card has no application for certificates")
    application = image.applications[aid]
    for fid, pair in pairs.items():
        application = _with_certificate(application, fid, pair, ca_certificates[fid], pins.get(fid, ""))
    if jpki.CERTIFICATE_AVAILABILITY in application.files:
        there = CertificateAvailability(
            signature=_is_there(application, jpki.SIGN_CERTIFICATE),
            authentication=_is_there(application, jpki.AUTH_CERTIFICATE),
        )
        application = replace(application, files={**application.files, jpki.CERTIFICATE_AVAILABILITY: there.encode()})
    return replace(image, applications={**image.applications, aid: application})


def _with_certificate(
    application: ApplicationImage, fid: int, pair: KeyAndCertificate, ca_certificate: bytes, pin: str
) -> ApplicationImage:
    ca_fid, key_fid = _BESIDE[fid]
    files = {
        **application.files,
        fid: _filled(application.files[fid], pair.certificate),
        ca_fid: _filled(application.files[ca_fid], ca_certificate),
    }
    pin_fid = jpki.PIN_OF_KEY[key_fid]
    pins = {**application.pins, pin_fid: _set(application.pins[pin_fid], pin_fid, pin)}
    return replace(application, files=files, keys={**application.keys, key_fid: pair.private_key}, pins=pins)


def _set(standing: Pin, fid: int, pin: str) -> Pin:
    if standing.value:
        return standing
    return replace(standing, value=checked_pin(jpki_application.PINS[fid], pin), tries_left=standing.limit)


def _filled(before: bytes, certificate: bytes) -> bytes:
    """As much filler as before, and always a byte of it."""
    return certificate.ljust(max(len(before), (len(certificate) // _FILE_STEP + 1) * _FILE_STEP), FILLER)


def _is_there(application: ApplicationImage, fid: int) -> bool:
    return not application.files[fid].startswith(FILLER)
