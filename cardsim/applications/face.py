"""券面事項確認AP (card face): who may do what, and the files of a fresh card."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from apdu.layout import face as layout
from cardsim.access import access_table
from cardsim.applications.filling import checked_files, checked_pin, internal_efs, new_pin, pin_facts
from cardsim.applications.refusals import AUTHENTICATION_UNSUITED, EVERYWHERE, NO_SESSION_KEY
from cardsim.applications.rules import ApplicationRules
from cardsim.contents import FaceContents
from cardsim.state import ApplicationImage

PINS: Final = MappingProxyType(pin_facts(layout.FILES.values()))
BIRTH_PIN_TRIES: Final = 10  # design choice pin.birth-tries

RULES: Final = ApplicationRules(
    aid=layout.AID,
    access=MappingProxyType(access_table(layout.FILES.values(), changes={})),
    pins=PINS,
    default_key=layout.INTERNAL_KEY,
    refusals=MappingProxyType({**EVERYWHERE, **NO_SESSION_KEY, **AUTHENTICATION_UNSUITED}),
)


def blank_image(contents: FaceContents) -> ApplicationImage:
    """The application of a fresh card; ``OrderError`` when its contents fit no EF."""
    values = {
        layout.BIRTH_PIN: contents.birth_pin,
        layout.REFERENCE_A: contents.reference_a,
        layout.REFERENCE_B: contents.reference_b,
    }
    return ApplicationImage(
        aid=layout.AID,
        files=checked_files("face", layout.FILES, contents.files),
        pins={
            fid: new_pin(fact, checked_pin(fact, values[fid]), tries_if_unknown=BIRTH_PIN_TRIES)
            for fid, fact in PINS.items()
        },
        keys={layout.INTERNAL_KEY: contents.internal_key},
        internal=internal_efs(layout.FILES.values()),
    )
