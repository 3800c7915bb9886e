"""券面事項入力補助AP (text entry): who may do what, and the files of a fresh card."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from apdu.layout import text as layout
from apdu.layout.facts import after
from cardsim.access import Operation, access_table
from cardsim.applications.filling import checked_files, checked_pin, internal_efs, new_pin, pin_facts
from cardsim.applications.refusals import AUTHENTICATION_UNSUITED, EVERYWHERE
from cardsim.applications.rules import ApplicationRules
from cardsim.commands import parse_set_session_key
from cardsim.contents import TextContents
from cardsim.state import ApplicationImage

PINS: Final = MappingProxyType(pin_facts(layout.FILES.values()))

RULES: Final = ApplicationRules(
    aid=layout.AID,
    access=MappingProxyType(
        access_table(
            layout.FILES.values(),
            changes={layout.PIN: Operation.CHANGE},
            # neither reference number is enough: measured, soltia48/myna-card src/sm.rs
            rows={(layout.SESSION_PUBLIC_KEY, Operation.AGREE): after(layout.PIN)},
        )
    ),
    pins=PINS,
    default_key=layout.INTERNAL_KEY,
    session_key=layout.SESSION_PUBLIC_KEY,
    commands=MappingProxyType({0x80AE: parse_set_session_key}),
    refusals=MappingProxyType({**EVERYWHERE, **AUTHENTICATION_UNSUITED}),
)


def blank_image(contents: TextContents) -> ApplicationImage:
    """The application of a fresh card; ``OrderError`` when its contents fit no EF."""
    values = {
        layout.PIN: contents.pin,
        layout.REFERENCE_A: contents.reference_a,
        layout.REFERENCE_B: contents.reference_b,
    }
    pins = {fid: new_pin(fact, checked_pin(fact, values[fid])) for fid, fact in PINS.items() if fid in values}
    pins[layout.BLOCKED_KEY] = new_pin(PINS[layout.BLOCKED_KEY], b"")
    return ApplicationImage(
        aid=layout.AID,
        files=checked_files("text", layout.FILES, contents.files),
        pins=pins,
        keys={layout.INTERNAL_KEY: contents.internal_key},
        hidden={layout.SESSION_PUBLIC_KEY: contents.session_key},
        internal=internal_efs(layout.FILES.values()),
    )
