"""次期個人番号カード: the two applications of our design (see ``apdu.layout.next_generation``)."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from apdu.layout import jpki
from apdu.layout import next_generation as layout
from cardsim.access import Operation, access_table
from cardsim.applications.filling import FILLER, checked_files, checked_pin, new_pin, pin_facts
from cardsim.applications.refusals import EVERYWHERE
from cardsim.applications.rules import ApplicationRules
from cardsim.contents import TextContents
from cardsim.state import ApplicationImage

PINS: Final = MappingProxyType(pin_facts(layout.AUTH_FILES.values()))

_CHANGES: Final = {jpki.AUTH_PIN: Operation.CHANGE, jpki.SIGN_PIN: Operation.CHANGE}
_CERTIFICATE_FILE_SIZE: Final = 2048
_CERTIFICATES: Final = (
    jpki.SIGN_CERTIFICATE,
    jpki.SIGN_CA_CERTIFICATE,
    jpki.AUTH_CERTIFICATE,
    jpki.AUTH_CA_CERTIFICATE,
)

AUTH_RULES: Final = ApplicationRules(
    aid=layout.AUTH_AID,
    access=MappingProxyType(access_table(layout.AUTH_FILES.values(), changes=_CHANGES)),
    pins=PINS,
    sign_operations=layout.SIGN_OPERATIONS,
    refusals=EVERYWHERE,
)

FACE_RULES: Final = ApplicationRules(
    aid=layout.FACE_AID,
    access=MappingProxyType(access_table(layout.FACE_FILES.values(), changes=_CHANGES)),
    pins=PINS,
    pin_home=layout.AUTH_AID,
    refusals=EVERYWHERE,
)


def auth_image(
    *, certificates: dict[int, bytes], keys: dict[int, bytes], pins: dict[int, bytes], reference: str = ""
) -> ApplicationImage:
    """認証AP of a fresh card. As today, what is left out leaves its EF there."""
    if reference:
        pins = {**pins, layout.REFERENCE: checked_pin(PINS[layout.REFERENCE], reference)}
    return ApplicationImage(
        aid=layout.AUTH_AID,
        files={fid: certificates.get(fid, b"").ljust(_CERTIFICATE_FILE_SIZE, FILLER) for fid in _CERTIFICATES},
        pins={fid: new_pin(fact, pins.get(fid, b"")) for fid, fact in PINS.items()},
        keys={fid: keys.get(fid, b"") for fid in jpki.PIN_OF_KEY},
    )


def face_image(contents: TextContents) -> ApplicationImage:
    """券面等AP of a fresh card: the number and the attributes, in today's records."""
    given = {fid: contents.files[fid] for fid in (layout.MY_NUMBER, layout.ATTRIBUTES) if fid in contents.files}
    return ApplicationImage(
        aid=layout.FACE_AID,
        files=checked_files("face", layout.FACE_FILES, given),
        internal=frozenset(PINS),  # the PIN EFs can be selected here, and are kept in 認証AP
    )
