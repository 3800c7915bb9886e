"""The applications of the card: one module each; this table is what the card knows."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from cardsim.applications import card_manager, jpki

RULES: Final = MappingProxyType({rules.aid: rules for rules in (card_manager.RULES, jpki.RULES)})
"""The behaviour of every application by AID."""
