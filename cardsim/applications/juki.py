"""住民基本台帳AP (resident registry): who may do what, and the files of a fresh card."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from apdu.layout import juki as layout
from cardsim.access import Operation, access_table
from cardsim.applications.filling import checked_files, checked_pin, internal_efs, new_pin, pin_facts
from cardsim.applications.refusals import AUTHENTICATION_FORBIDDEN, EVERYWHERE, SESSION_KEY_FORBIDDEN
from cardsim.applications.rules import ApplicationRules
from cardsim.commands import parse_change_key
from cardsim.contents import JukiContents
from cardsim.state import ApplicationImage

PINS: Final = MappingProxyType(pin_facts(layout.FILES.values()))

RULES: Final = ApplicationRules(
    aid=layout.AID,
    access=MappingProxyType(access_table(layout.FILES.values(), changes={layout.PIN: Operation.CHANGE_KEY})),
    pins=PINS,
    commands=MappingProxyType({0x8032: parse_change_key}),
    refusals=MappingProxyType({**EVERYWHERE, **SESSION_KEY_FORBIDDEN, **AUTHENTICATION_FORBIDDEN}),
)


def blank_image(contents: JukiContents) -> ApplicationImage:
    """The application of a fresh card; ``OrderError`` when its contents fit no EF."""
    return ApplicationImage(
        aid=layout.AID,
        files=checked_files("resident-registry", layout.FILES, {layout.KEY_REFERENCE: contents.key_reference}),
        pins={layout.PIN: new_pin(PINS[layout.PIN], checked_pin(PINS[layout.PIN], contents.pin))},
        internal=internal_efs(layout.FILES.values()),
    )
