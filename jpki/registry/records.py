"""What the register remembers: events, never changed after the fact, and the answers derived from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
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


class Medium(Enum):
    """On what a pair of keys lives: 個人番号カード, or 移動端末設備."""

    CARD = "card"
    PHONE = "smartphone"


class CardState(Enum):
    """Where a card or a phone stands."""

    APPLIED = "applied"
    """Asked for, not made yet."""
    MADE = "made"
    """Made, its certificates are valid, not handed over yet."""
    IN_USE = "in-use"
    SUSPENDED = "suspended"
    """Reported lost (一時停止)."""
    ENDED = "ended"
    """Returned, replaced, discarded: it never comes back."""


class ResidentState(Enum):
    """What the resident register (住民基本台帳) says of a person."""

    HERE = "here"
    """Lives in a municipality, or keeps the card while abroad."""
    ABROAD = "abroad"
    """Left the country, and the card with it."""
    DECEASED = "deceased"


class CertificateChange(Enum):
    """What may happen to a certificate after it was issued."""

    HELD = "held"
    RELEASED = "released"
    """A hold was lifted. The register can say it; who may do it is the life cycle's affair."""
    REVOKED = "revoked"


class Link(Enum):
    """Which certificates the law lets a verifier connect (公的個人認証法 Art. 18(4), (5))."""

    PAIR = "pair"
    """Signing → authentication, issued together: 証明書紐付け情報, Art. 18(5)."""
    SUCCESSOR = "successor"
    """Old → new of one kind: 証明書新旧紐付け情報."""
    SMARTPHONE = "smartphone"
    """The card's signing certificate → the smartphone's: 対応署名用電子証明書の発行の番号, Art. 18(4)."""


@dataclass(frozen=True, slots=True)
class CrlPoint:
    """The municipality whose distribution point a certificate names, as its CRL partition does."""

    prefecture: str
    municipality: str

    def __str__(self) -> str:
        return f"{self.prefecture}/{self.municipality}"

    @classmethod
    def of(cls, holder: Holder) -> CrlPoint:
        """Where a certificate issued to this holder points."""
        return cls(holder.prefecture_romaji, holder.municipality_romaji)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityRecord:
    """One generation of a CA. Generations share the name and differ in ``key_id``, by which issuers are found."""

    kind: CaKind
    generation: int
    key_id: bytes
    algorithm: str
    """Of its key, e.g. ``rsa2048`` or ``p384``."""
    serial: int
    not_before: datetime
    not_after: datetime
    certificate_der: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderRecord:
    """What the resident register says of a person from ``at`` on."""

    person_id: str
    holder: Holder
    state: ResidentState
    at: datetime
    operation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CardOrdered:
    """A card to be entered: what the register does not know by itself."""

    medium: Medium
    name: str
    """What the lab calls it; a later card may have the same name."""
    profile: str
    expires: date
    """Its last day, in Japan."""
    number: str = ""
    """製造番号, when it has one."""
    state: CardState = CardState.IN_USE


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRecord:
    """A card of a person, and the state in which it was entered at ``at``."""

    card_id: int
    person_id: str
    medium: Medium
    name: str
    number: str
    profile: str
    expires: date
    state: CardState
    at: datetime
    operation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateSigned:
    """A certificate to be entered. Its serial number came from the counter; its CA is told by ``key_id``."""

    id: CertificateId
    key_id: bytes
    card_id: int
    not_before: datetime
    not_after: datetime
    point: CrlPoint
    certificate_der: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRecord:
    """A certificate in the register: whose, on which card, by which generation of its CA, since when."""

    id: CertificateId
    key_id: bytes
    person_id: str
    card_id: int
    card: str
    medium: Medium
    at: datetime
    not_before: datetime
    not_after: datetime
    point: CrlPoint
    operation: int
    certificate_der: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationRecord:
    """An entry of the audit log. ``recorded_at`` is the clock's time, ``at`` when it happened."""

    operation_id: int
    name: str
    person_id: str | None
    at: datetime
    recorded_at: datetime
    details: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class CardChanged:
    """A card entered another state."""

    card_id: int
    state: CardState
    at: datetime
    operation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateChanged:
    """A certificate was held, released or revoked."""

    id: CertificateId
    change: CertificateChange
    reason: RevocationReason | None
    at: datetime
    operation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificatesLinked:
    """Two certificates belong together since ``at``."""

    link: Link
    source: CertificateId
    target: CertificateId
    at: datetime
    operation: int


TimelineEntry: TypeAlias = (
    OperationRecord
    | HolderRecord
    | CardRecord
    | CardChanged
    | CertificateRecord
    | CertificateChanged
    | CertificatesLinked
)
"""What a timeline shows: everything that has an ``at``, in the order in which it happened."""
