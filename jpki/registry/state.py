"""The rules of the first releases' register: which event may follow which in a journal. No I/O."""

from __future__ import annotations

from jpki.errors import AlreadyRevokedError, DuplicateEntryError, RegistryError, UnknownEntryError
from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.registry.records import (
    CertificateId,
    CertificateIssued,
    CertificatesRevoked,
    Event,
    PersonRegistered,
    SerialAllocated,
)


class RegisterState:
    """What the events so far add up to. ``check`` an event, then ``apply`` it; a refused one changes nothing."""

    def __init__(self) -> None:
        self.persons: dict[str, PersonRegistered] = {}
        self.certificates: dict[CertificateId, CertificateIssued] = {}
        self.last_serial: dict[CaKind, int] = dict.fromkeys(CaKind, 0)
        self._unused_serials: set[CertificateId] = set()
        self._revocations: dict[CertificateId, list[CertificatesRevoked]] = {}

    def check(self, event: Event) -> None:
        """Raise the ``RegistryError`` that keeps this event out."""
        match event:
            case PersonRegistered():
                self._check_person(event)
            case SerialAllocated():
                if event.id.serial <= self.last_serial[event.id.kind]:
                    raise DuplicateEntryError(f"{event.id}: the counter has passed this number")
            case CertificateIssued():
                self._check_certificate(event)
            case CertificatesRevoked():
                self._check_revocation(event)

    def apply(self, event: Event) -> None:
        """Take in an event that ``check`` let pass."""
        match event:
            case PersonRegistered():
                self.persons[event.person_id] = event
            case SerialAllocated():
                self.last_serial[event.id.kind] = event.id.serial
                self._unused_serials.add(event.id)
            case CertificateIssued():
                self._unused_serials.remove(event.id)
                self.certificates[event.id] = event
            case CertificatesRevoked():
                for id_ in event.ids:
                    self._revocations.setdefault(id_, []).append(event)

    def certificate(self, id_: CertificateId) -> CertificateIssued:
        """The certificate, or ``UnknownEntryError``."""
        try:
            return self.certificates[id_]
        except KeyError:
            raise UnknownEntryError(
                f"the register has no {id_}", hint="list the certificates of the card to see their numbers"
            ) from None

    def _check_person(self, event: PersonRegistered) -> None:
        _check_label(event.person_id, "a person's identifier")
        if event.person_id in self.persons:
            raise DuplicateEntryError(f"{event.person_id} is registered already")

    def _check_certificate(self, event: CertificateIssued) -> None:
        _check_label(event.card, "a card's name")
        if event.person_id not in self.persons:
            raise UnknownEntryError(f"nobody is registered as {event.person_id}", hint="register the person first")
        if event.id in self.certificates:
            raise DuplicateEntryError(f"the {event.id} is in the register already")
        if event.id not in self._unused_serials:
            raise UnknownEntryError(
                f"the serial number of the {event.id} did not come from the counter", hint="allocate it first"
            )

    def _check_revocation(self, event: CertificatesRevoked) -> None:
        if not event.ids or len(set(event.ids)) != len(event.ids):
            raise RegistryError("a revocation names at least one certificate, and each once")
        for id_ in event.ids:
            if event.at < self.certificate(id_).at:
                raise RegistryError(f"the {id_} cannot be revoked before it was issued")
            if earlier := self._revocations.get(id_):
                _check_after_revocation(id_, earlier, event)


def _check_label(text: str, what: str) -> None:
    if not text or not text.isprintable():
        raise RegistryError(f"{what} is one or more printable characters")


def _check_after_revocation(id_: CertificateId, earlier: list[CertificatesRevoked], event: CertificatesRevoked) -> None:
    last = earlier[-1]
    hold = RevocationReason.CERTIFICATE_HOLD
    if last.reason is not hold or event.reason is hold:
        raise AlreadyRevokedError(
            f"the {id_} is {'on hold' if last.reason is hold else 'revoked'} already: {last.reason.rfc_name}",
            reason=last.reason,
            revoked_at=earlier[0].at,
            hint="a revocation is final; a hold can only become a revocation",
        )
    if event.at < last.at:
        raise RegistryError(f"the {id_} cannot be revoked before its hold began")
