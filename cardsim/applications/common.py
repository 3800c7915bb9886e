"""共通カードAP (common application): who may do what, and the files of a fresh card."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from apdu.layout import common as layout
from apdu.layout.facts import FREE
from cardsim.access import Operation, access_table
from cardsim.applications.filling import checked_files, checked_pin, internal_efs, new_pin, pin_facts
from cardsim.applications.refusals import EVERYWHERE, NO_SESSION_KEY
from cardsim.applications.rules import ApplicationRules
from cardsim.commands import parse_change_key, parse_internal_authenticate
from cardsim.contents import CommonContents
from cardsim.state import ApplicationImage

PINS: Final = MappingProxyType(pin_facts(layout.FILES.values()))

_TABLE: Final = access_table(
    (file for file in layout.FILES.values() if file.fid != layout.INTERNAL_KEY),
    changes={layout.PIN: Operation.CHANGE_KEY},
    rows={(layout.INTERNAL_KEY, Operation.AUTHENTICATE): FREE},
)

RULES: Final = ApplicationRules(
    aid=layout.AID,
    access=MappingProxyType(_TABLE),
    pins=PINS,
    commands=MappingProxyType({0x0088: parse_internal_authenticate, 0x8032: parse_change_key}),
    refusals=MappingProxyType({**EVERYWHERE, **NO_SESSION_KEY}),
)


def blank_image(contents: CommonContents, record: layout.CardRecord) -> ApplicationImage:
    """The application of a fresh card; ``OrderError`` when its contents fit no EF."""
    return ApplicationImage(
        aid=layout.AID,
        files=checked_files("common", layout.FILES, {layout.KEY_REFERENCE: contents.key_reference}),
        records={layout.CARD_RECORD: (record.encode(),)},
        pins={layout.PIN: new_pin(PINS[layout.PIN], checked_pin(PINS[layout.PIN], contents.pin))},
        keys={layout.INTERNAL_KEY: contents.internal_key},
        internal=internal_efs(layout.FILES.values()),
    )
