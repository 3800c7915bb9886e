"""What the register remembers: events, never changed after the fact, and the answers derived from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import TypeAlias

from jpki.holder import Holder
from jpki.kinds import CaKind
from jpki.reasons import RevocationReason


@dataclass(frozen=True, slots=True)
class CertificateId:
    """What identifies a certificate for ever: its CA and its serial number (発行の番号)."""

    kind: CaKind
    serial: int

    def __str__(self) -> str:
        return f"{self.kind.value} certificate {self.serial}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRegistered:
    """A person entered the register under an identifier that the lab chose."""

    person_id: str
    holder: Holder
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SerialAllocated:
    """A serial number was taken from a CA's counter: it is never given out again, used or not."""

    id: CertificateId
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateIssued:
    """A certificate was signed and given to a person's card."""

    id: CertificateId
    person_id: str
    card: str
    certificate_der: bytes = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificatesRevoked:
    """Certificates were revoked or put on hold, all of them or none: a lost card loses both at once."""

    ids: tuple[CertificateId, ...]
    reason: RevocationReason
    at: datetime


Event: TypeAlias = PersonRegistered | SerialAllocated | CertificateIssued | CertificatesRevoked


class CertificateState(Enum):
    """Where a certificate stood at a moment, as far as revocation goes; expiry is in the certificate itself."""

    NOT_YET_ISSUED = "not-yet-issued"
    GOOD = "good"
    ON_HOLD = "on-hold"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateStatus:
    """Answer to "how did it stand at that moment": ``since`` and ``reason`` when revoked or on hold.

    A hold that became a revocation counts from the hold: X.509 (under holdInstructionCode) has the revocation date
    stay "the date the certificate was placed on hold".
    """

    state: CertificateState
    reason: RevocationReason | None = None
    since: datetime | None = None
