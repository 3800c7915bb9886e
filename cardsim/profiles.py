"""Card profiles: what differs between published cards, and where sources disagree about one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from types import MappingProxyType
from typing import Final

from apdu.layout import atr
from apdu.layout.atr import Interface
from apdu.layout.record_tlv import LengthForm
from apdu.layout.token_information import LABEL_ANDROID, LABEL_CARD, LABEL_IPHONE
from cardsim.errors import ProfileError


class Device(Enum):
    """What holds the keys."""

    CARD = "card"
    ANDROID = "android"
    IPHONE = "iphone"
    NEXT_CARD = "next card"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardProfile:
    """One kind of card by its name, which for the plastic ones starts with that of its ATR in ``apdu.layout.atr``."""

    name: str
    atr: bytes
    interface: Interface
    keeps_status: bool = False
    """SELECT of the application already selected keeps its PINs verified (pyjpki needs it, OpenSC assumes not)."""
    extended_length: bool = True
    """False refuses extended APDUs with 6700, for the ATR that does not declare them."""
    length_form: LengthForm = LengthForm.SHORT
    """How the issuer writes the lengths in the records of the text and card-face applications."""
    device: Device = Device.CARD
    token_label: str = LABEL_CARD

    @property
    def is_phone(self) -> bool:
        """True for 公的個人認証 on a phone: the JPKI application alone, without the others' contents."""
        return self.device in (Device.ANDROID, Device.IPHONE)


def _profiles() -> dict[str, CardProfile]:
    plain = [
        CardProfile(
            name=fact.profile, atr=fact.value, interface=fact.interface, extended_length=fact.profile != atr.C3.profile
        )
        for fact in atr.ATRS.values()
    ]
    keeping = [replace(profile, name=f"{profile.name}-keep", keeps_status=True) for profile in plain]
    long = [replace(profile, name=f"{profile.name}-long", length_form=LengthForm.LONG) for profile in plain]
    return {profile.name: profile for profile in (*plain, *keeping, *long, *_OTHER_DEVICES)}


_OTHER_DEVICES: Final = (
    CardProfile(
        name="android",
        atr=atr.TYPE_A,
        interface=Interface.CONTACTLESS,
        device=Device.ANDROID,
        token_label=LABEL_ANDROID,
    ),
    CardProfile(
        name="iphone", atr=atr.TYPE_A, interface=Interface.CONTACTLESS, device=Device.IPHONE, token_label=LABEL_IPHONE
    ),
    CardProfile(name="next", atr=atr.C2.value, interface=Interface.CONTACT, device=Device.NEXT_CARD),
)

PROFILES: Final = MappingProxyType(_profiles())
"""Every profile by name: each ATR, each again with ``-keep`` (see ``CardProfile.keeps_status``) and with ``-long``
(newer cards: see ``CardProfile.length_form``), phones, and our guess at the next generation of cards.
"""

DEFAULT_PROFILE: Final = atr.C2.profile  # pcsc-tools names this ATR "My Number Card"; it declares extended lengths


def profile_named(name: str) -> CardProfile:
    """The profile; ``ProfileError`` names the ones there are."""
    try:
        return PROFILES[name]
    except KeyError:
        raise ProfileError(name, tuple(PROFILES)) from None
