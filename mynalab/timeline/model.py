"""What a timeline shows: a lane a certificate, three rows a lane, and everything that happened, in order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from jpki.reasons import RevocationReason
from jpki.registry.records import CertificateId, Medium


class Condition(Enum):
    """How a certificate stands, or is said to stand."""

    PENDING = "pending"
    """Issued, not valid yet."""
    VALID = "valid"
    HELD = "held"
    REVOKED = "revoked"
    EXPIRED = "expired"
    GOOD = "good"
    """What OCSP calls a certificate that is neither revoked nor unknown, expired or not."""
    UNKNOWN = "unknown"
    """OCSP has not heard of it."""
    UNLISTED = "unlisted"
    """It is not on the list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """So it stood from ``begin`` until before ``end``. ``reason`` when held or revoked."""

    begin: datetime
    end: datetime
    condition: Condition
    reason: RevocationReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One certificate: what is true, what OCSP says, what the list says that was issued last."""

    id: CertificateId
    card: str
    medium: Medium
    not_before: datetime
    not_after: datetime
    truth: tuple[Span, ...]
    ocsp: tuple[Span, ...]
    crl: tuple[Span, ...]


def standing(row: tuple[Span, ...], at: datetime) -> Span | None:
    """The span of a row that a moment lies in, or that ends the row there."""
    return next((span for span in reversed(row) if span.begin <= at <= span.end), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something happened. ``ocsp_at`` and ``crl_at``: from when on the two tell it, where it is theirs to tell."""

    at: datetime
    en: str
    ja: str
    condition: Condition | None = None
    certificate: CertificateId | None = None
    is_operation: bool = False
    ocsp_at: datetime | None = None
    crl_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """A life until ``now``; what stands after it is what will be if nothing more happens."""

    subject: str
    begin: datetime
    end: datetime
    now: datetime
    lanes: tuple[Lane, ...]
    happenings: tuple[Happening, ...]
