"""Card profiles: what differs between published cards, and where sources disagree about one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from apdu.layout import atr
from apdu.layout.atr import Interface
from cardsim.errors import ProfileError


@dataclass(frozen=True, slots=True, kw_only=True)
class CardProfile:
    """One kind of card by its name, which starts with the name of its ATR in ``apdu.layout.atr``."""

    name: str
    atr: bytes
    interface: Interface
    keeps_status: bool = False
    """SELECT of the application already selected keeps its PINs verified (pyjpki needs it, OpenSC assumes not)."""
    extended_length: bool = True
    """False refuses extended APDUs with 6700, for the ATR that does not declare them."""


def _profiles() -> dict[str, CardProfile]:
    plain = [
        CardProfile(
            name=fact.profile, atr=fact.value, interface=fact.interface, extended_length=fact.profile != atr.C3.profile
        )
        for fact in atr.ATRS.values()
    ]
    keeping = [replace(profile, name=f"{profile.name}-keep", keeps_status=True) for profile in plain]
    return {profile.name: profile for profile in (*plain, *keeping)}


PROFILES: Final = MappingProxyType(_profiles())
"""Every profile by name: each ATR, and each again with ``-keep`` (see ``CardProfile.keeps_status``)."""

DEFAULT_PROFILE: Final = atr.C2.profile  # pcsc-tools names this ATR "My Number Card"; it declares extended lengths


def profile_named(name: str) -> CardProfile:
    """The profile; ``ProfileError`` names the ones there are."""
    try:
        return PROFILES[name]
    except KeyError:
        raise ProfileError(name, tuple(PROFILES)) from None
