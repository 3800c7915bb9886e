"""The register of a lab: people, serial numbers, certificates and their revocation, over an event log.

Reading answers from memory; ``refresh`` brings in what other processes added. Writing refreshes, checks and appends
under the log's lock, so that two processes never take one serial number or revoke one certificate twice. A ``Registry``
belongs to one thread; several may share a file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID

from jpki.ca.crl import CrlEntry
from jpki.errors import RegistryError, UnknownEntryError
from jpki.holder import Holder
from jpki.kinds import CaKind
from jpki.names import SERVICE_UNIT
from jpki.reasons import RevocationReason
from jpki.registry.codec import decode_event, encode_event
from jpki.registry.journal import Journal
from jpki.registry.log import EventLog, LogEntry
from jpki.registry.records import (
    CertificateId,
    CertificateIssued,
    CertificatesRevoked,
    CertificateStatus,
    Event,
    PersonRegistered,
    SerialAllocated,
)
from jpki.registry.state import RegisterState
from jpki.validity import to_whole_seconds


class Registry:
    """A register over a log; made by ``create`` or ``open`` for one on disk."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._state = RegisterState()
        self._held = False
        self.refresh()

    @classmethod
    def create(cls, path: Path, *, wait: bool = True) -> Registry:
        """Begin a register in a new file."""
        return cls(Journal.create(path, wait=wait))

    @classmethod
    def open(cls, path: Path, *, wait: bool = True) -> Registry:
        """Read the register in a file. ``wait`` says whether to wait for another process's lock."""
        return cls(Journal(path, wait=wait))

    @property
    def unfinished_bytes(self) -> int:
        """Length of an append that was cut short and never counted; the next write removes it. Usually 0."""
        return self._log.unfinished_bytes

    def refresh(self) -> None:
        """Take in what other processes have written."""
        for entry in self._log.read_new():
            self._replay(entry)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else writes before this ends, and what others wrote before is known.

        For entries that belong together: each is durable as it is made, but the lock is taken once.
        """
        if self._held:
            yield
            return
        with self._log.exclusive():
            self.refresh()
            self._held = True
            try:
                yield
            finally:
                self._held = False

    def register_person(self, person_id: str, holder: Holder, *, now: datetime) -> None:
        """Enter a person under an identifier of the caller's choice."""
        with self.held():
            self._write(PersonRegistered(person_id=person_id, holder=holder, at=to_whole_seconds(now)))

    def allocate_serial(self, kind: CaKind, *, now: datetime, at_least: int = 1) -> int:
        """Take the next number of a CA's one counter, for the CA's own certificate as for anybody's.

        ``at_least`` skips numbers, as though others had taken them. A number that is never used stays a gap.
        """
        with self.held():
            serial = max(self._state.last_serial[kind] + 1, at_least)
            self._write(SerialAllocated(id=CertificateId(kind, serial), at=to_whole_seconds(now)))
            return serial

    def record_certificate(
        self, certificate_der: bytes, *, kind: CaKind, person_id: str, card: str, now: datetime
    ) -> CertificateIssued:
        """Enter a certificate whose serial number came from ``allocate_serial``."""
        try:
            certificate = x509.load_der_x509_certificate(certificate_der)
            units = {unit.value for unit in certificate.issuer.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)}
        except ValueError as error:
            raise RegistryError("what is to be recorded is no certificate") from error
        if SERVICE_UNIT[kind] not in units:  # else its revocation would go on the other CA's list and stop nobody
            raise RegistryError(f"what is to be recorded is no certificate of the {kind.value} CA")
        event = CertificateIssued(
            id=CertificateId(kind, certificate.serial_number),
            person_id=person_id,
            card=card,
            certificate_der=certificate_der,
            at=to_whole_seconds(now),
        )
        with self.held():
            self._write(event)
        return event

    def revoke(self, ids: Iterable[CertificateId], reason: RevocationReason, *, now: datetime) -> None:
        """Revoke certificates, or hold them (``CERTIFICATE_HOLD``): all or none. Nothing lifts either."""
        with self.held():
            self._write(CertificatesRevoked(ids=tuple(ids), reason=reason, at=to_whole_seconds(now)))

    def persons(self) -> tuple[PersonRegistered, ...]:
        """Everybody, in the order of registration."""
        return tuple(self._state.persons.values())

    @property
    def person_count(self) -> int:
        """How many people there are."""
        return len(self._state.persons)

    def person(self, person_id: str) -> PersonRegistered:
        """One person, or ``UnknownEntryError``."""
        try:
            return self._state.persons[person_id]
        except KeyError:
            raise UnknownEntryError(f"nobody is registered as {person_id}") from None

    def certificate(self, id_: CertificateId) -> CertificateIssued:
        """One certificate, or ``UnknownEntryError``."""
        return self._state.certificate(id_)

    def certificates(
        self, *, kind: CaKind | None = None, person_id: str | None = None, card: str | None = None
    ) -> tuple[CertificateIssued, ...]:
        """The certificates that fit every filter given, in the order of issue."""
        return tuple(
            issued
            for issued in self._state.certificates.values()
            if kind in (None, issued.id.kind) and person_id in (None, issued.person_id) and card in (None, issued.card)
        )

    def status(self, id_: CertificateId, *, at: datetime) -> CertificateStatus:
        """How a certificate stood at a moment."""
        return self._state.status(id_, to_whole_seconds(at))

    def crl_entries(self, kind: CaKind, *, at: datetime) -> tuple[CrlEntry, ...]:
        """What the CRL of a CA at a moment lists, in the order of serial numbers."""
        moment = to_whole_seconds(at)
        entries = []
        for id_ in self._state.revoked_ids(kind):
            status = self._state.status(id_, moment)
            if status.reason is not None and status.since is not None:
                entries.append(CrlEntry(serial=id_.serial, revoked_at=status.since, reason=status.reason))
        return tuple(sorted(entries, key=lambda entry: entry.serial))

    def _write(self, event: Event) -> None:
        self._state.check(event)
        self._log.append(encode_event(event))
        self._state.apply(event)

    def _replay(self, entry: LogEntry) -> None:
        try:
            event = decode_event(entry.event)
            self._state.check(event)
        except (ValueError, RegistryError) as error:
            raise self._log.corrupt(entry.position, str(error)) from error
        self._state.apply(event)
