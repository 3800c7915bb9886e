"""What the operator keeps for a tenant. Ids are random and the tenant's own; serial numbers are sealed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Final

from jpki.kinds import CaKind
from jpki.rp.records import State


class CheckMethod(Enum):
    """Whom to ask about revocation."""

    CRL = "crl"
    OCSP = "ocsp"
    BOTH = "both"


class Act(Enum):
    """What a signature is for. Challenges and nonces are good for one of them."""

    VERIFICATION = "verification"
    REGISTRATION = "registration"
    LOG_IN = "log-in"
    REPLACEMENT = "replacement"
    CONSENT = "consent"


class Medium(Enum):
    """On what a certificate's key lives: 個人番号カード or 移動端末設備."""

    CARD = "card"
    PHONE = "phone"


class EvidenceContent(Enum):
    """What the operator keeps of a verification that was good, besides that there was one."""

    WHOLE = "whole"
    """Certificate, signature, what was signed, and the lists, responses and roots that the verdict stands on."""
    DIGEST = "digest"
    """The same with the hash in the place of what was signed, which may be personal."""
    NONE = "none"
    """Nothing. It cannot be verified again."""


KEPT_BY_LAW: Final = frozenset(Act) - {Act.LOG_IN}
"""Whose evidence stays until its time is over, whatever the tenant deletes: as that of a relying party's own ceremonies
(``jpki.rp.evidence``). Of log-ins nobody wants it kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """A business. Of its token there is a hash alone."""

    name: str
    token_hash: bytes = field(repr=False)
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenChallenge:
    """A challenge that was given out; ``nonce_hash`` names it."""

    nonce_hash: bytes = field(repr=False)
    act: Act
    origin: str
    text: str
    begun_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCertificate:
    """A certificate that passed every check once. ``sealed`` is its issuer's key and serial number."""

    id: str
    handle: bytes = field(repr=False)
    kind: CaKind
    not_before: datetime
    not_after: datetime
    created_at: datetime
    sealed: bytes = field(repr=False)
    medium: Medium | None = None
    """None where neither the certificate nor the links say it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationRecord:
    """That something was verified. ``sealed`` is the evidence; empty where the answer was no, or none is kept."""

    number: int = 0
    id: str
    at: datetime
    act: Act
    result: str
    method: CheckMethod
    certificate_id: str | None = None
    user_id: str | None = None
    keep_until: datetime
    digest: bytes = field(default=b"", repr=False)
    sealed: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed:
    """How a bound certificate stood when the tenant was last told."""

    certificate: int
    state: State
    reason: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A change that a tenant is told of, under an id that stays the same however often it is sent."""

    number: int = 0
    id: str
    type: str
    at: datetime
    user_id: str
    kind: CaKind
    state: State
    reason: int | None
    since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Where a tenant wants to be told; ``sealed`` is the secret with which what is sent is signed."""

    id: str
    url: str
    created_at: datetime
    sealed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How far one event has come to one webhook."""

    event: int
    webhook_id: str
    attempts: int = 0
    next_at: datetime | None
    """None: nothing more will be tried."""
    delivered_at: datetime | None = None
    given_up_at: datetime | None = None
    last_status: int | None = None
    """Of HTTP; None when nobody answered."""
