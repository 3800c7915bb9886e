"""Answers to reset of the card, by the profile that a virtual card may take.

Nobody has published which maker or year has which. The contactless ones are what a PC/SC reader builds from the
ATQB of a Type B card: ``3B 88 80 01``, application data (4), protocol info (3), 00, check byte
(PC/SC specification part 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final


class Interface(Enum):
    """How the card is reached."""

    CONTACT = "contact"
    CONTACTLESS = "contactless"


@dataclass(frozen=True, slots=True, kw_only=True)
class AtrFact:
    """One answer to reset, its profile id and who published it."""

    profile: str
    value: bytes
    interface: Interface
    name: str
    source: str


def _contact(profile: str, value: str, name: str, source: str) -> AtrFact:
    return AtrFact(profile=profile, value=bytes.fromhex(value), interface=Interface.CONTACT, name=name, source=source)


def _contactless(profile: str, value: str, name: str, source: str) -> AtrFact:
    return AtrFact(
        profile=profile, value=bytes.fromhex(value), interface=Interface.CONTACTLESS, name=name, source=source
    )


C1: Final = _contact("C1", "3BE000FF8131FE4514", "the one that OpenSC recognises without SELECT", "OpenSC card-jpki.c")
C2: Final = _contact(
    "C2",
    "3BDA13FF8131FB468012392F31C173C601C03B",
    "country code 392; chaining and extended lengths declared",
    "OpenSC issue 3021; pcsc-tools smartcard_list.txt",
)
C3: Final = _contact(
    "C3",
    "3BC5FF8131FB458073C6010000",
    "no extended lengths declared",
    "OpenSC win32/customactions.cpp; pcsc-tools smartcard_list.txt",
)
C4: Final = _contact(
    "C4",
    "3BF59100FF918171FE400042000100D1D6",
    "dual reader, seems made from the ATQB of T3",
    "OpenSC win32/customactions.cpp; pcsc-tools smartcard_list.txt",
)
C5: Final = _contact(
    "C5",
    "3BF59100FF918171FE4000420001B3A115",
    "dual reader, seems made from the ATQB of T1 or T2",
    "OpenSC win32/customactions.cpp; pcsc-tools smartcard_list.txt",
)
T1: Final = _contactless(
    "T1",
    "3B888001000005E0B381A1007F",
    "application data 000005E0",
    "OpenSC win32/customactions.cpp; pcsc-tools smartcard_list.txt",
)
T2: Final = _contactless(
    "T2",
    "3B888001000041E0B381A1003B",
    "application data 000041E0, the commonest published one",
    "OpenSC win32/customactions.cpp; pcsc-tools smartcard_list.txt",
)
T3: Final = _contactless(
    "T3", "3B888001004B51FF0081D100BC", "application data 004B51FF, 106 kbit/s only", "OpenSC win32/customactions.cpp"
)
T4: Final = _contactless(
    "T4",
    "3B888001004B51FFB381D1000F",
    "application data 004B51FF",
    "OpenSC win32/customactions.cpp; pcsc-tools smartcard_list.txt",
)

ATRS: Final = MappingProxyType({fact.profile: fact for fact in (C1, C2, C3, C4, C5, T1, T2, T3, T4)})
"""Every answer by its profile id."""

# a Type A card that tells nothing of itself, as a phone's: PC/SC specification part 3 clause 3.1.3.2.3.1
TYPE_A: Final = bytes.fromhex("3B80800101")
