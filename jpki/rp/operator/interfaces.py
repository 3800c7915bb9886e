"""What the operator needs of a store and of the world, beyond what a relying party does."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from enum import Enum
from typing import Protocol

from jpki.attributes import HolderAttributes
from jpki.kinds import CaKind
from jpki.rp.challenges import Taken
from jpki.rp.interfaces import LinkSource, Store, Unit
from jpki.rp.operator.records import (
    Act,
    Delivery,
    Event,
    GivenChallenge,
    KeptCertificate,
    Medium,
    Noticed,
    Tenant,
    VerificationRecord,
    Webhook,
)
from jpki.rp.records import BoundCertificate
from jpki.verify.procedure import SubjectBinding


class PersonLinks(LinkSource, Protocol):
    """Links in both directions, as a verifier of both kinds has them (公的個人認証法 Art. 18(5))."""

    def partners(self, kind: CaKind, binding: SubjectBinding, *, at: datetime) -> Sequence[SubjectBinding]:
        """The certificates of the other kind that were issued with this one or one before it, newest first."""
        ...

    def medium(self, kind: CaKind, binding: SubjectBinding) -> Medium | None:
        """On what the certificate's key lives; None where nobody says."""
        ...


class Absence(Enum):
    """Why there are no latest attributes."""

    UNKNOWN = "unknown"
    EXPIRED = "expired"
    REVOKED_OR_HELD = "revoked-or-held"


class LatestSource(Protocol):
    """The service of the latest four attributes (最新の4情報提供), and what it says when it has none."""

    def latest(self, sign: SubjectBinding, *, at: datetime) -> tuple[SubjectBinding, HolderAttributes] | None:
        """See ``jpki.rp.interfaces.LatestAttributesSource``."""
        ...

    def absence(self, sign: SubjectBinding, *, at: datetime) -> Absence:
        """Why ``latest`` gives nothing."""
        ...


class TenantUnit(Unit, Protocol):
    """One transaction in a tenant's store: all of its changes or none."""

    def put_challenge(self, challenge: GivenChallenge) -> None: ...

    def challenge(self, nonce_hash: bytes) -> GivenChallenge | None: ...

    def take_challenge(self, nonce_hash: bytes, *, now: datetime) -> Taken:
        """Use it up: FRESH for exactly one of all who ever ask."""
        ...

    def forget_challenges(self, *, before: datetime) -> None: ...

    def use_data(self, act: Act, digest: bytes, *, now: datetime) -> bool:
        """Remember what was signed; False when it was known."""
        ...

    def keep_certificate(self, certificate: KeptCertificate) -> KeptCertificate:
        """This one, or the one that is there under the same handle."""
        ...

    def kept_certificate(self, id_: str) -> KeptCertificate | None: ...

    def kept_by_handle(self, handle: bytes) -> KeptCertificate | None: ...

    def add_verification(self, record: VerificationRecord) -> None: ...

    def verification(self, id_: str) -> VerificationRecord | None: ...

    def verifications(self, *, before: int | None, limit: int, user_id: str | None) -> Sequence[VerificationRecord]:
        """The newest first."""
        ...

    def kept_verifications(self, *, after: int, limit: int) -> Sequence[VerificationRecord]:
        """Those with evidence, the oldest first, also where the tenant or the user has deleted them."""
        ...

    def delete_verification(self, id_: str, *, now: datetime) -> bool:
        """Nobody finds it any more; its evidence stays where the law wants it. False when there is none."""
        ...

    def purge_verifications(self, *, now: datetime) -> int:
        """Delete those whose time is over; how many."""
        ...

    def forget_user(self, user_id: str) -> None:
        """All that the operator's own tables have of a user. Comes before ``delete_customer``."""
        ...

    def noticed(self, numbers: Sequence[int]) -> Sequence[Noticed]: ...

    def notice(self, found: Noticed) -> None: ...

    def last_certificate(self) -> int:
        """The number of the last one that was bound."""
        ...

    def current_certificates(self, user_id: str) -> Sequence[BoundCertificate]: ...

    def add_event(self, event: Event) -> int: ...

    def events(self, *, before: int | None, limit: int) -> Sequence[Event]: ...

    def event(self, id_: str) -> Event | None: ...

    def event_by_number(self, number: int) -> Event | None: ...

    def add_webhook(self, webhook: Webhook) -> None: ...

    def webhook(self, id_: str) -> Webhook | None: ...

    def webhooks(self) -> Sequence[Webhook]: ...

    def delete_webhook(self, id_: str) -> bool: ...

    def put_delivery(self, delivery: Delivery) -> None:
        """New, or instead of what was there of the same event and webhook."""
        ...

    def due_deliveries(self, *, now: datetime, limit: int) -> Sequence[Delivery]:
        """Those whose time has come, the earliest first."""
        ...

    def claim_delivery(self, due: Delivery, *, until: datetime) -> bool:
        """Nobody else sends it before that moment; False when somebody does, or did."""
        ...

    def deliveries(self, event: int) -> Sequence[Delivery]: ...


class TenantStore(Store, Protocol):
    """Where the customers of one tenant are, and nobody else's."""

    def reading(self) -> AbstractContextManager[TenantUnit]: ...

    def unit(self) -> AbstractContextManager[TenantUnit]: ...


class TenantBook(Protocol):
    """Who the tenants are."""

    def add(self, tenant: Tenant) -> bool:
        """False when there is one of that name."""
        ...

    def replace_token(self, name: str, token_hash: bytes) -> bool: ...

    def by_token(self, token_hash: bytes) -> Tenant | None: ...

    def all(self) -> Sequence[Tenant]: ...
