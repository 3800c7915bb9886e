"""What the ceremonies need of a store and of the world, whatever either is made of."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from jpki.attributes import HolderAttributes
from jpki.kinds import CaKind
from jpki.rp.challenges import ChallengeStore
from jpki.rp.records import BoundCertificate, Consent, CustomerRecord, KeptEvidence, Snapshot, SweepRecord
from jpki.verify.errors import UnsafeVerificationWarning
from jpki.verify.procedure import SubjectBinding


class LinkSource(Protocol):
    """Which certificates belong together, as J-LIS tells a verifier of both kinds (公的個人認証法 Art. 18(5))."""

    def pair(self, sign: SubjectBinding, *, at: datetime) -> SubjectBinding | None:
        """証明書紐付け情報: the authentication certificate that was issued with a signing certificate."""
        ...

    def predecessors(self, kind: CaKind, binding: SubjectBinding, *, at: datetime) -> Sequence[SubjectBinding]:
        """証明書新旧紐付け情報: the certificates before this one, of one kind, newest first."""
        ...


class UnsafeNoLinks:
    """Asks nobody: two cards may be enrolled as one, and nobody is followed over a renewal. Warns when it is made."""

    is_unsafe = True

    def __init__(self) -> None:
        warnings.warn("certificates of two people can be enrolled as one's", UnsafeVerificationWarning, stacklevel=2)

    def pair(self, sign: SubjectBinding, *, at: datetime) -> SubjectBinding | None:
        """Nothing is known."""
        del sign, at
        return None

    def predecessors(self, kind: CaKind, binding: SubjectBinding, *, at: datetime) -> Sequence[SubjectBinding]:
        """Nothing is known."""
        del kind, binding, at
        return ()


class LatestAttributesSource(Protocol):
    """The service of the latest four attributes (最新の4情報提供): the newest signing certificate's, with consent."""

    def latest(self, sign: SubjectBinding, *, at: datetime) -> tuple[SubjectBinding, HolderAttributes] | None:
        """The newest signing certificate of this one's holder with its attributes; None while there is none good."""
        ...


class Unit(Protocol):
    """One transaction: all of its changes or none."""

    def customer(self, user_id: str) -> CustomerRecord | None: ...

    def lock(self, user_id: str) -> bool:
        """Keep others from this customer until the end of the transaction; False when there is no such customer."""
        ...

    def lock_bindings(self) -> None:
        """Keep others from binding certificates until the end of the transaction. Comes before ``lock``."""
        ...

    def add_customer(self, user_id: str, *, at: datetime) -> None: ...

    def delete_customer(self, user_id: str, *, now: datetime) -> None:
        """Everything but evidence that has to be kept."""
        ...

    def certificate(self, handle: bytes) -> BoundCertificate | None: ...

    def certificates(self, user_id: str) -> Sequence[BoundCertificate]: ...

    def bind(
        self,
        user_id: str,
        kind: CaKind,
        *,
        handle: bytes,
        authority: bytes,
        bond: bytes,
        not_after: datetime,
        at: datetime,
        points: frozenset[bytes] = frozenset(),
    ) -> None: ...

    def succeed(self, handle: bytes, *, at: datetime) -> None:
        """A newer certificate took this one's place."""
        ...

    def keep_attributes(self, user_id: str, sealed: bytes, *, at: datetime) -> None: ...

    def attributes(self, user_id: str) -> bytes | None: ...

    def add_evidence(
        self, user_id: str, ceremony: str, *, at: datetime, keep_until: datetime, digest: bytes, sealed: bytes
    ) -> int: ...

    def evidence(self, user_id: str) -> Sequence[KeptEvidence]: ...

    def extend_data(self, digest: bytes, *, until: datetime) -> bool:
        """Keep these data of evidence so long at least; False when they are not there."""
        ...

    def add_data(self, digest: bytes, sealed: bytes, *, until: datetime) -> None:
        """Data of evidence that are not there yet. Comes after ``lock_bindings``: two might bring the same."""
        ...

    def data(self, digest: bytes) -> bytes | None:
        """Data of evidence, sealed."""
        ...

    def purge_evidence(self, *, now: datetime) -> int:
        """Records and data whose time is over; how many records."""
        ...

    def give_consent(self, user_id: str, *, at: datetime, ends_at: datetime, sealed: bytes) -> int: ...

    def withdraw_consent(self, user_id: str, *, at: datetime) -> bool: ...

    def move_consent(self, number: int, sealed: bytes) -> None:
        """It is about a newer certificate now."""
        ...

    def consent(self, user_id: str) -> Consent | None:
        """The newest one."""
        ...

    def begin_sweep(self, *, at: datetime, basis: str) -> SweepRecord: ...

    def sweep(self, number: int | None = None) -> SweepRecord | None:
        """This one, or the newest."""
        ...

    def lock_sweep(self, number: int) -> SweepRecord | None:
        """This one, while nobody else goes on with it until the transaction ends."""
        ...

    def swept(self, sweep: SweepRecord, snapshots: Sequence[Snapshot]) -> None: ...

    def snapshots(self, number: int) -> Sequence[Snapshot]: ...

    def page(self, *, after: int, last: int, limit: int) -> Sequence[BoundCertificate]:
        """The next current certificates in the order of their numbers."""
        ...

    def count_page(self, *, after: int, upto: int) -> int:
        """How many of them there are, counted by the store."""
        ...


class Store(Protocol):
    """Where customers are kept."""

    @property
    def challenges(self) -> ChallengeStore: ...

    def reading(self) -> AbstractContextManager[Unit]: ...

    def unit(self) -> AbstractContextManager[Unit]: ...
