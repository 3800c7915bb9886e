"""The issuer's security domain: data objects and no files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from apdu.layout import atr as layout_atr
from apdu.layout import card_manager as layout
from apdu.layout.atr import Interface
from cardsim import sw
from cardsim.applications.rules import ApplicationRules, Refusal
from cardsim.profiles import CardProfile
from cardsim.state import ApplicationImage

RULES: Final = ApplicationRules(
    aid=layout.AID,
    refusals={0x80FC: Refusal(sw.WRONG_LENGTH)},  # the iPhone's last-command indicator: measured, soltia48/myna-card
)

# 7 digits of the issuer, 08 05, 3 digits, filler; 6000020 is the test CA. Form measured: soltia48/myna-card src/ca.rs
_IIN: Final = b"6000020" + bytes.fromhex("0805") + b"001" + bytes.fromhex("FFFFFFFF")

# Card recognition data of the least form: GlobalPlatform Card Specification 2.3.1 annex H.2, version 2.1.1
_RECOGNITION: Final = bytes.fromhex("6619 7317 06072A864886FC6B01 600C060A2A864886FC6B02020101")


def blank_image(
    *, serial: str, municipality_code: str, card_expiry: date, profile: CardProfile, more: Mapping[int, bytes]
) -> ApplicationImage:
    """The data objects of a fresh card, and those in ``more``: without them CV certificates are absent, as on some
    real cards. A phone's card manager has none.
    """
    if profile.is_phone:
        return ApplicationImage(aid=layout.AID)
    objects: Mapping[int, bytes] = {
        layout.IIN: _IIN,
        layout.CIN: serial.encode("ascii"),
        layout.CARD_RECOGNITION_DATA: _RECOGNITION,
        layout.MUNICIPALITY_CODE: municipality_code.encode("ascii"),
        layout.EXPIRY: f"{card_expiry:%Y%m%d}".encode("ascii"),
        layout.CONTACT_ATR: _contact_atr(profile)[1:],
    }
    return ApplicationImage(aid=layout.AID, objects={**objects, **more})


def _contact_atr(profile: CardProfile) -> bytes:
    """A contactless profile's card has contacts too, whose ATR is then the measured one (soltia48/myna-card)."""
    return profile.atr if profile.interface is Interface.CONTACT else layout_atr.C1.value
