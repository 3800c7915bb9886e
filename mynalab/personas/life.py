"""What has happened to a card before the present moment, told from that moment."""

from __future__ import annotations

from dataclasses import dataclass

from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from mynalab.periods import NOW, Relative


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """Certificates of the card that were revoked, or put on hold."""

    kinds: tuple[CaKind, ...]
    reason: RevocationReason
    at: Relative


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """When the card was issued and its certificates renewed; which day is made the holder's birthday, if any."""

    issued: Relative = NOW
    renewed: Relative | None = None
    birthday: Relative | None = None
