"""公的個人認証AP (JPKI): who may do what, and the files of a fresh card."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Final

from apdu.layout import jpki as layout
from apdu.layout.facts import after
from apdu.layout.token_information import TokenInformation
from cardsim.access import Operation, access_table
from cardsim.applications.filling import FILLER, internal_efs, new_pin, pin_facts
from cardsim.applications.refusals import AUTHENTICATION_FORBIDDEN, EVERYWHERE, SESSION_KEY_FORBIDDEN
from cardsim.applications.rules import ApplicationRules
from cardsim.commands import parse_last_command
from cardsim.state import ApplicationImage

PINS: Final = MappingProxyType(pin_facts(layout.FILES.values()))

RULES: Final = ApplicationRules(
    aid=layout.AID,
    access=MappingProxyType(
        access_table(
            layout.FILES.values(), changes={layout.AUTH_PIN: Operation.CHANGE, layout.SIGN_PIN: Operation.CHANGE}
        )
    ),
    pins=PINS,
    refusals=MappingProxyType({**EVERYWHERE, **SESSION_KEY_FORBIDDEN, **AUTHENTICATION_FORBIDDEN}),
)

# A phone's authentication certificate opens after its PIN alone (jpki/myna src/cli.rs).
ANDROID_RULES: Final = replace(
    RULES,
    access=MappingProxyType(
        {**RULES.access, (layout.AUTH_CERTIFICATE, Operation.READ): after(layout.AUTH_PIN)},
    ),
)
IPHONE_RULES: Final = replace(ANDROID_RULES, commands=MappingProxyType({0x80FC: parse_last_command}))

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
        pins={fid: new_pin(fact, pins.get(fid, b"")) for fid, fact in PINS.items()},
        keys={fid: keys.get(fid, b"") for fid in layout.PIN_OF_KEY},
        internal=internal_efs(layout.FILES.values()),
    )


def _with_filler(certificate: bytes) -> bytes:
    """At least one byte of filler, as clients that read on past the certificate meet it on real cards."""
    size = max(_CERTIFICATE_FILE_SIZE, (len(certificate) // _CERTIFICATE_FILE_STEP + 1) * _CERTIFICATE_FILE_STEP)
    return certificate.ljust(size, FILLER)
