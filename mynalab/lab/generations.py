"""Which generation of a CA signs and signed what: the present one, the one before it, or that of the next cards.

A lab begins with one generation. The one before comes into being when a card is issued that is older than that
(a persona whose certificates have expired): then both are trusted and both publish, as three generations of JPKI's
CAs do side by side, under one name. Those of the next cards (次期個人番号カード, our design) have keys on P-384 and
come into being with the first such card; labs that have none stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from jpki.algorithms import P_384, RSA_2048, KeyAlgorithm
from jpki.kinds import CaKind
from jpki.registry.records import CertificateIssued
from jpki.verify.signed import open_signed
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
    NEXT = "next"


_KEY_NUMBERS: Final = {Generation.EARLIER: -len(KINDS), Generation.PRESENT: 0, Generation.NEXT: 0}
# Choice: those of the next cards are as old as the earlier ones, so that whatever a persona tells of is after them.
_AGES: Final = {
    Generation.EARLIER: CA_AGE + BETWEEN_GENERATIONS,
    Generation.PRESENT: CA_AGE,
    Generation.NEXT: CA_AGE + BETWEEN_GENERATIONS,
}


@dataclass(frozen=True, slots=True)
class CaId:
    """One generation of one CA."""

    kind: CaKind
    generation: Generation = Generation.PRESENT

    @property
    def label(self) -> str:
        """What its files are called."""
        plain = self.generation is Generation.PRESENT
        return self.kind.value if plain else f"{self.kind.value}-{self.generation.value}"

    @property
    def key_number(self) -> int:
        """Which of the lab's keys of its algorithm is its own.

        0 and 1 are those of the present CAs and of the next cards', the numbers below the earlier ones'.
        """
        return KINDS.index(self.kind) + _KEY_NUMBERS[self.generation]

    @property
    def algorithm(self) -> KeyAlgorithm:
        """Of its key and of those that it certifies."""
        return P_384 if self.generation is Generation.NEXT else RSA_2048

    def since(self, settings: LabSettings) -> datetime:
        """From when on it issues."""
        return settings.created - _AGES[self.generation]


def ca_at(settings: LabSettings, kind: CaKind, moment: datetime, algorithm: KeyAlgorithm = RSA_2048) -> CaId:
    """The CA that issues at ``moment`` to cards with keys of this algorithm."""
    if algorithm is P_384:
        return CaId(kind, Generation.NEXT)
    present = CaId(kind)
    return present if moment >= present.since(settings) else CaId(kind, Generation.EARLIER)


def issuer_of(settings: LabSettings, issued: CertificateIssued) -> CaId:
    """The CA that signed a certificate of the register: its signature's algorithm and its time of issue tell."""
    algorithm = open_signed(issued.certificate_der).algorithm or RSA_2048
    return ca_at(settings, issued.id.kind, issued.at, algorithm)


def standing_cas(lab: Lab) -> tuple[CaId, ...]:
    """Every CA that there is in the lab."""
    others = (CaId(kind, generation) for generation in (Generation.EARLIER, Generation.NEXT) for kind in KINDS)
    return (*map(CaId, KINDS), *(ca for ca in others if lab.paths.ca_certificate(ca.label).exists()))
