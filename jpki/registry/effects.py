"""The words that the life-cycle table is written in: who asks, and what becomes of a certificate or a card."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from jpki.reasons import RevocationReason
from jpki.registry.records import CardState


class Desk(Enum):
    """Where a person, or an official, asks for something."""

    COUNTER = "counter"
    """市区町村の窓口."""
    HOT_LINE = "hot-line"
    """マイナンバー総合フリーダイヤル 0120-95-0178, 24 hours a day (www2.jpki.go.jp/procedure/lost.html)."""
    PHONE = "phone"
    """The holder's own smartphone: マイナポータル, and the kiosk of a convenience store that it sends one to."""


class Act(Enum):
    """What is done to the certificate in a place."""

    KEEP = "keep"
    HOLD = "hold"
    RELEASE = "release"
    REVOKE = "revoke"
    ISSUE = "issue"
    REPLACE = "replace"
    """Revoke what lives there, and issue another."""


@dataclass(frozen=True, slots=True)
class Effect:
    """An act, and the CRLReason of the certificate that it ends or suspends."""

    act: Act
    reason: RevocationReason | None = None


KEEP = Effect(Act.KEEP)
HOLD = Effect(Act.HOLD, RevocationReason.CERTIFICATE_HOLD)
RELEASE = Effect(Act.RELEASE)
ISSUE = Effect(Act.ISSUE)


def revoke(reason: RevocationReason) -> Effect:
    """Revoke what lives."""
    return Effect(Act.REVOKE, reason)


def replace(reason: RevocationReason) -> Effect:
    """Revoke what lives, and issue another."""
    return Effect(Act.REPLACE, reason)


class Scope(Enum):
    """Whose card certificates the effects are on, when one card is in hand and another on its way."""

    HAND = "hand"
    COMING = "coming"
    BOTH = "both"


class Role(Enum):
    """Which card or phone changes its state. The new ones come into being with the operation."""

    HAND = "hand"
    COMING = "coming"
    PHONE = "phone"
    NEW_CARD = "new-card"
    NEW_PHONE = "new-phone"


@dataclass(frozen=True, slots=True)
class Becomes:
    """A card or phone, if there is one in that role, enters a state."""

    role: Role
    state: CardState
