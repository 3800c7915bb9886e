"""公的個人認証AP (JPKI): who may do what, and the files of a fresh card."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from apdu.layout import jpki as layout
from apdu.layout.facts import FileKind, PinFact
from apdu.layout.token_information import TokenInformation
from cardsim import sw
from cardsim.access import access_table
from cardsim.applications.rules import ApplicationRules, Refusal
from cardsim.state import ApplicationImage, Pin

PINS: Final[MappingProxyType[int, PinFact]] = MappingProxyType(
    {file.fid: file.pin for file in layout.FILES.values() if file.pin is not None}
)

_NEEDS_AUTHORITY: Final = Refusal(sw.SECURITY_STATUS_NOT_SATISFIED)

RULES: Final = ApplicationRules(
    aid=layout.AID,
    access=MappingProxyType(access_table(layout.FILES.values())),
    pins=PINS,
    refusals=MappingProxyType(
        {
            0x80AE: Refusal(
                sw.SECURITY_STATUS_NOT_SATISFIED
            ),  # SET SESSION KEY; measured: soltia48/myna-card src/sm.rs
            0x80A2: Refusal(  # SET PUBLIC IC KEY; measured: mynatest, jsapdu e2e
                sw.WRONG_P1P2, {0x00C1: sw.WRONG_LENGTH, 0x06C1: sw.WRONG_LENGTH}
            ),
            0x80FC: Refusal(sw.WRONG_LENGTH),  # measured: soltia48/myna-card
            0x0088: Refusal(sw.SECURITY_STATUS_NOT_SATISFIED),  # INTERNAL AUTHENTICATE; measured: soltia48/myna-card
            # Commands of the issuer, listed by soltia48/myna-card after JICSAP; no public client sends them.
            0x002C: _NEEDS_AUTHORITY,  # RESET RETRY COUNTER
            0x0082: _NEEDS_AUTHORITY,  # EXTERNAL AUTHENTICATE
            0x8006: _NEEDS_AUTHORITY,  # ERASE ALL RECORDS
            0x8032: _NEEDS_AUTHORITY,  # CHANGE KEY
            0x8050: _NEEDS_AUTHORITY,  # LOCK DF
            0x8052: _NEEDS_AUTHORITY,  # UNLOCK DF
            0x8054: _NEEDS_AUTHORITY,  # UNLOCK KEY
            0x808A: _NEEDS_AUTHORITY,  # MANAGE ATTRIBUTES
        }
    ),
)

FILLER: Final = b"\xff"
_CERTIFICATE_FILE_SIZE: Final = 2048
_CERTIFICATE_FILE_STEP: Final = 256


def blank_image(
    *,
    token: TokenInformation,
    certificates: dict[int, bytes],
    keys: dict[int, bytes],
    pins: dict[int, bytes],
) -> ApplicationImage:
    """The application of a fresh card.

    A certificate, key or PIN that is left out leaves its EF there: the certificate's full of filler, the key's
    empty, the PIN's blocked, so that clients that ask for both counters (OpenSC) still bind.
    """
    availability = layout.CertificateAvailability(
        signature=layout.SIGN_CERTIFICATE in certificates, authentication=layout.AUTH_CERTIFICATE in certificates
    )
    certificate_files = (
        layout.SIGN_CERTIFICATE,
        layout.SIGN_CA_CERTIFICATE,
        layout.AUTH_CERTIFICATE,
        layout.AUTH_CA_CERTIFICATE,
    )
    files = {fid: _with_filler(certificates.get(fid, b"")) for fid in certificate_files}
    files[layout.TOKEN_INFORMATION] = token.encode()
    files[layout.CERTIFICATE_AVAILABILITY] = availability.encode()
    files[layout.PROTECTED_09] = FILLER * 16  # measured: soltia48/myna-card README.md
    return ApplicationImage(
        aid=layout.AID,
        files=files,
        pins={fid: _new_pin(fact, pins.get(fid, b"")) for fid, fact in PINS.items()},
        keys={fid: keys.get(fid, b"") for fid in layout.PIN_OF_KEY},
        internal=frozenset(file.fid for file in layout.FILES.values() if file.kind is FileKind.INTERNAL),
    )


def _with_filler(certificate: bytes) -> bytes:
    """At least one byte of filler, as clients that read on past the certificate meet it on real cards."""
    size = max(_CERTIFICATE_FILE_SIZE, (len(certificate) // _CERTIFICATE_FILE_STEP + 1) * _CERTIFICATE_FILE_STEP)
    return certificate.ljust(size, FILLER)


def _new_pin(fact: PinFact, value: bytes) -> Pin:
    limit = fact.tries or 0
    return Pin(value=value, tries_left=limit if value else 0, limit=limit)
