"""What a register offers, whatever it is stored in: questions, each with its time, and a unit of work.

``jpki.registry.opening`` opens one; nothing here imports what stores it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from jpki.ca.crl import CrlEntry
from jpki.holder import Holder
from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.registry.records import (
    AuthorityRecord,
    CardChanged,
    CardOrdered,
    CardRecord,
    CardState,
    CertificateId,
    CertificateRecord,
    CertificateSigned,
    CertificatesLinked,
    CertificateStatus,
    CrlPoint,
    HolderRecord,
    Link,
    Medium,
    PersonRegistered,
    ResidentState,
    TimelineEntry,
)


class Questions(Protocol):
    """What may be asked of a register. ``at`` is the moment the answer is for; what came later is not seen.

    "No such person" and the like are ``UnknownEntryError``. Sequences stand in the order of entry.
    """

    @property
    def changes(self) -> int:
        """How often a certificate was issued, held, released or revoked: the version of the data of OCSP and CRLs."""
        ...

    def authorities(self, kind: CaKind | None = None) -> Sequence[AuthorityRecord]:
        """Every generation, oldest first."""
        ...

    def authority(self, kind: CaKind, key_id: bytes) -> AuthorityRecord:
        """The generation with this key."""
        ...

    def count_persons(self) -> int:
        """How many people are registered."""
        ...

    def persons(self, *, at: datetime | None = None) -> Iterator[HolderRecord]:
        """Everybody with the record of that moment, streamed; without ``at`` with the newest."""
        ...

    def person(self, person_id: str) -> PersonRegistered:
        """Since when somebody is registered, and how at first."""
        ...

    def holder(self, person_id: str, *, at: datetime) -> HolderRecord:
        """What the resident register said of a person at a moment."""
        ...

    def holder_history(self, person_id: str) -> Sequence[HolderRecord]:
        """All that it ever said."""
        ...

    def card(self, card_id: int) -> CardRecord:
        """A card as it was entered."""
        ...

    def cards(
        self, *, person_id: str | None = None, medium: Medium | None = None, name: str | None = None
    ) -> Sequence[CardRecord]:
        """The cards that fit every filter given."""
        ...

    def card_state(self, card_id: int, *, at: datetime) -> CardState | None:
        """Where a card stood; None before it was entered."""
        ...

    def card_history(self, card_id: int) -> Sequence[CardChanged]:
        """The states after the one in which it was entered."""
        ...

    def certificate(self, id_: CertificateId) -> CertificateRecord:
        """One certificate."""
        ...

    def certificates(
        self,
        *,
        kind: CaKind | None = None,
        person_id: str | None = None,
        card: str | None = None,
        card_id: int | None = None,
    ) -> Sequence[CertificateRecord]:
        """The certificates that fit every filter given."""
        ...

    def status(self, id_: CertificateId, *, at: datetime) -> CertificateStatus:
        """How a certificate stood at a moment."""
        ...

    def statuses(self, ids: Iterable[CertificateId], *, at: datetime) -> Mapping[CertificateId, CertificateStatus]:
        """How several stood. Who is not in the register is not in the answer."""
        ...

    def crl_entries(
        self, kind: CaKind, *, at: datetime, key_id: bytes | None = None, point: CrlPoint | None = None
    ) -> Iterator[CrlEntry]:
        """What the CRL of a CA listed at a moment, streamed in the order of serial numbers.

        ``key_id`` narrows it to one generation, ``point`` to one partition.
        """
        ...

    def points(self, kind: CaKind, *, key_id: bytes | None = None) -> Sequence[CrlPoint]:
        """The distribution points that certificates of a CA name, in alphabetical order."""
        ...

    def links(self, id_: CertificateId, *, at: datetime, link: Link | None = None) -> Sequence[CertificatesLinked]:
        """What a certificate was linked with at a moment, in either direction."""
        ...

    def timeline(
        self, *, person_id: str | None = None, certificate: CertificateId | None = None, until: datetime | None = None
    ) -> Sequence[TimelineEntry]:
        """All that happened to a person, or to one certificate, in the order of time."""
        ...

    def last_event_at(self, person_id: str) -> datetime:
        """The moment of the last entry of a person's timeline."""
        ...


class UnitOfWork(Questions, Protocol):
    """One operation: all of its entries or none. Whatever raises inside undoes all of it but its serial numbers.

    ``at`` is the moment an entry is of; without it, the unit's ``now``. It may lie in the past, but what happens to one
    thing is told in its order.
    """

    @property
    def now(self) -> datetime:
        """The clock's time."""
        ...

    def lock(self, person_id: str) -> None:
        """Wait for other operations on this person, and keep out later ones until this unit ends."""
        ...

    def operation(
        self,
        name: str,
        *,
        person_id: str | None = None,
        at: datetime | None = None,
        details: Mapping[str, object] | None = None,
    ) -> int:
        """Begin an entry of the audit log; every entry after it belongs to it. Answers its number.

        A unit that never says what it is gets one itself, named after its first entry.
        """
        ...

    def take_serial(self, kind: CaKind) -> int:
        """The next of the serial numbers that were reserved for this unit, durably, before it began."""
        ...

    def record_authority(self, authority: AuthorityRecord) -> None:
        """Enter a generation of a CA; the serial number of its certificate came from the counter, too."""
        ...

    def register_person(self, person_id: str, holder: Holder, *, at: datetime | None = None) -> None:
        """Enter a person under an identifier of the caller's choice."""
        ...

    def record_holder(
        self,
        person_id: str,
        *,
        holder: Holder | None = None,
        state: ResidentState | None = None,
        at: datetime | None = None,
    ) -> None:
        """A change of name, address or state; what is not given stays as it was."""
        ...

    def record_card(self, person_id: str, card: CardOrdered, *, at: datetime | None = None) -> int:
        """Enter a card, or a smartphone's certificates' place; answers its number."""
        ...

    def change_card(self, card_id: int, state: CardState, *, at: datetime | None = None) -> None:
        """A card enters another state."""
        ...

    def record_certificates(self, signed: Sequence[CertificateSigned], *, at: datetime | None = None) -> None:
        """Enter certificates that were signed. Those of both kinds for one card in one call are linked as a pair."""
        ...

    def link(self, link: Link, source: CertificateId, target: CertificateId, *, at: datetime | None = None) -> None:
        """Connect two certificates."""
        ...

    def revoke(self, ids: Iterable[CertificateId], reason: RevocationReason, *, at: datetime | None = None) -> None:
        """Revoke, or hold (``CERTIFICATE_HOLD``): all or none. ``AlreadyRevokedError`` where that is not possible."""
        ...

    def release(self, ids: Iterable[CertificateId], *, at: datetime | None = None) -> None:
        """Lift holds: all or none. ``NotOnHoldError`` where there is none."""
        ...


class Register(Questions, Protocol):
    """A register that is open: it may be used by several threads, and its file or database by several processes.

    Questions asked of it directly are each answered as of now; ``reading`` asks several of one unchanging picture.
    """

    def reading(self) -> AbstractContextManager[Questions]:
        """Questions that all see the register as it was at the first of them."""
        ...

    def transaction(
        self, *, now: datetime, serials: Mapping[CaKind, int] | None = None
    ) -> AbstractContextManager[UnitOfWork]:
        """A unit of work. ``serials``: how many numbers of each CA it may need at most; unused ones serve the next."""
        ...

    def reserve(self, kind: CaKind, count: int = 1, *, at_least: int = 1) -> range:
        """Take numbers from a CA's one counter; durable on return, and never given out again, used or not.

        ``at_least`` skips numbers, as though others had taken them.
        """
        ...

    def next_crl_number(self, kind: CaKind, key_id: bytes, *, point: CrlPoint | None = None, at_least: int = 0) -> int:
        """Take the next number of a list, greater than every one before it, also when the clock was set back."""
        ...

    def close(self) -> None:
        """Let go of the file or the connections."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
