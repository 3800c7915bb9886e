"""What a relying party keeps: customers under random names, hashes of their certificates, and what they agreed to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from jpki.kinds import CaKind


class Ended(Enum):
    """Why a certificate stands for a customer no longer."""

    SUCCEEDED = "succeeded"
    """A newer one of the same person took its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRecord:
    """Somebody, under a name that says nothing: it is random, and never given out again."""

    user_id: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundCertificate:
    """A certificate of a customer, behind its keyed hash. ``bond`` names the session in which it was bound."""

    number: int
    user_id: str
    kind: CaKind
    handle: bytes = field(repr=False)
    authority: bytes = field(repr=False)
    bond: bytes = field(repr=False)
    not_after: datetime
    bound_at: datetime
    ended_at: datetime | None = None
    ended: Ended | None = None
    points: frozenset[bytes] = field(default=frozenset(), repr=False)
    """The places of its lists, each behind a keyed hash; none where an older release bound it."""

    @property
    def is_current(self) -> bool:
        """Whether it still stands for the customer."""
        return self.ended is None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptEvidence:
    """A record of a ceremony, sealed; ``digest`` is SHA-256 of what is inside."""

    number: int
    user_id: str
    ceremony: str
    at: datetime
    keep_until: datetime
    digest: bytes
    sealed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """最新の4情報の提供への同意. ``sealed`` has the serial number, without which nobody could be asked."""

    number: int
    user_id: str
    given_at: datetime
    ends_at: datetime
    withdrawn_at: datetime | None = None
    sealed: bytes = field(default=b"", repr=False)


class State(Enum):
    """How a customer's certificate stands at a sweep; each certificate is in exactly one."""

    GOOD = "good"
    REVOKED = "revoked"
    HELD = "held"
    EXPIRED = "expired"
    UNKNOWN = "unknown"
    """No usable list of its issuer was at hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """How one certificate stood at a sweep. Good ones are counted only."""

    certificate: int
    user_id: str
    kind: CaKind
    state: State
    reason: int | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepRecord:
    """A sweep as far as it has come: ``done`` is the last certificate that is in ``counts``."""

    number: int
    at: datetime
    basis: str
    """Which lists it stands on; a sweep is resumed on the same ones only."""
    last: int
    done: int
    seen: int
    counts: dict[State, int]

    @property
    def is_complete(self) -> bool:
        """Everything was seen, and everything that was seen is in one state."""
        return self.done >= self.last and self.seen == sum(self.counts.values())
