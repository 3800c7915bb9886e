"""The applications of the card: one module each; this table is what the card knows."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cardsim.applications import card_manager, common, face, jpki, juki, next_generation, text
from cardsim.applications.rules import ApplicationRules
from cardsim.profiles import Device


def _by_aid(*rules: ApplicationRules) -> Mapping[bytes, ApplicationRules]:
    return MappingProxyType({one.aid: one for one in rules})


RULES: Final = _by_aid(card_manager.RULES, jpki.RULES, text.RULES, face.RULES, juki.RULES, common.RULES)
"""The behaviour of every application of a plastic card by AID."""

_RULES_OF: Final = {
    Device.CARD: RULES,
    Device.ANDROID: _by_aid(card_manager.RULES, jpki.ANDROID_RULES),
    Device.IPHONE: _by_aid(card_manager.RULES, jpki.IPHONE_RULES),
    Device.NEXT_CARD: _by_aid(card_manager.RULES, next_generation.AUTH_RULES, next_generation.FACE_RULES),
}


def rules_of(device: Device) -> Mapping[bytes, ApplicationRules]:
    """The behaviour of every application that such a device may hold."""
    return _RULES_OF[device]
