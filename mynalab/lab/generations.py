"""Which generation of a CA signs and signed what: the present one, or the one before it.

A lab begins with one generation. The one before comes into being when a card is issued that is older than that
(a persona whose certificates have expired): then both are trusted and both publish, as three generations of JPKI's
CAs do side by side, under one name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from jpki.kinds import CaKind
from mynalab.lab.lab import Lab
from mynalab.lab.settings import LabSettings

KINDS: Final = (CaKind.SIGN, CaKind.AUTH)

# The CAs are older than the lab, so that its cards may have been issued some time ago.
CA_AGE: Final = timedelta(days=365)
# The roots of JPKI begin four to five years apart; each lives for ten (six CA certificates of JPKI).
BETWEEN_GENERATIONS: Final = timedelta(days=5 * 365)


class Generation(Enum):
    """Of the CAs in one lab."""

    EARLIER = "earlier"
    PRESENT = "present"


@dataclass(frozen=True, slots=True)
class CaId:
    """One generation of one CA."""

    kind: CaKind
    generation: Generation = Generation.PRESENT

    @property
    def label(self) -> str:
        """What its files are called."""
        return self.kind.value if self.generation is Generation.PRESENT else f"{self.kind.value}-earlier"

    @property
    def key_number(self) -> int:
        """Which key of the lab is its own: 0 and 1 are the present CAs', the numbers below the earlier ones'."""
        number = KINDS.index(self.kind)
        return number if self.generation is Generation.PRESENT else number - len(KINDS)

    def since(self, settings: LabSettings) -> datetime:
        """From when on it issues."""
        present = settings.created - CA_AGE
        return present if self.generation is Generation.PRESENT else present - BETWEEN_GENERATIONS


def ca_at(settings: LabSettings, kind: CaKind, moment: datetime) -> CaId:
    """The CA that issues at ``moment``."""
    present = CaId(kind)
    return present if moment >= present.since(settings) else CaId(kind, Generation.EARLIER)


def standing_cas(lab: Lab) -> tuple[CaId, ...]:
    """Every CA that there is in the lab."""
    earlier = (CaId(kind, Generation.EARLIER) for kind in KINDS)
    return (*map(CaId, KINDS), *(ca for ca in earlier if lab.paths.ca_certificate(ca.label).exists()))
