"""How certificates stand for somebody outside: in the register, for OCSP, on the list, each at a moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from jpki.kinds import CaKind
from jpki.names import Name
from jpki.registry.interfaces import Register
from jpki.registry.records import CertificateRecord, CertificateStatus
from jpki.repository.schedule import DEFAULT_HOUR_JST, crl_moment
from jpki.repository.sources import PublishedAuthority, PublishedCrl
from jpki.verify.crl_frame import RevokedEntry
from jpki.verify.crl_index import CrlIndex
from jpki.verify.ocsp import OcspRevocationCheck
from jpki.verify.revocation import RevocationAnswer
from jpki.verify.trust import TrustAnchor
from mynalab.chance import system_random
from mynalab.errors import PkiQuestionError
from mynalab.lab.generations import ca_with_key, standing_cas
from mynalab.lab.lab import Lab
from mynalab.lab.publications import lab_publications
from mynalab.lab.relying_party import anchor_of
from mynalab.lab.responder import LabResponder
from mynalab.lab.standing import standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One certificate: the truth, what OCSP answers, what today's list says, since when that list is there."""

    certificate: CertificateRecord
    truth: CertificateStatus
    ocsp: RevocationAnswer
    listed: RevokedEntry | None
    list_of: datetime | None
    """None: no list had been issued yet, or none is any more."""
    at: datetime
    issuer_ended: bool
    """Its CA has ended, and with it lists and OCSP."""

    @property
    def state(self) -> str:
        """The truth in a word."""
        return standing(self.certificate, self.truth, at=self.at)


class Outside:
    """Asks the lab's register, responder and lists, in this process."""

    def __init__(self, lab: Lab, register: Register, *, crl_hour_jst: int = DEFAULT_HOUR_JST) -> None:
        self._lab = lab
        self._register = register
        self._hour = crl_hour_jst
        self.publications = lab_publications(lab, register)
        self._responder = LabResponder(lab, register)

    def certificates(
        self, *, card: str | None = None, person_id: str | None = None, kind: CaKind | None = None
    ) -> list[CertificateRecord]:
        """Those that are meant; ``PkiQuestionError`` when that is nothing."""
        found = list(self._register.certificates(card=card, person_id=person_id, kind=kind))
        if not found:
            what = "certificate" if kind is None else f"{kind.value} certificate"
            raise PkiQuestionError(
                f"the register has no {what} of {'person ' + str(person_id) if card is None else 'the card ' + card}",
                hint=f"cards there: {', '.join(self._lab.paths.card_names()) or 'none'}",
            )
        return found

    def seen(self, certificate: CertificateRecord, *, at: datetime) -> Seen:
        """All three answers about one certificate."""
        published = self.list_for(certificate, at=at)
        return Seen(
            certificate=certificate,
            truth=self._register.status(certificate.id, at=at),
            ocsp=self.ask(certificate, at=at),
            listed=None if published is None else CrlIndex(published.der).entry(certificate.id.serial),
            list_of=None if published is None else published.this_update,
            at=at,
            issuer_ended=self.authority(certificate.key_id, at=at).not_after < at,
        )

    def ask(
        self, certificate: CertificateRecord, *, at: datetime, check: OcspRevocationCheck | None = None
    ) -> RevocationAnswer:
        """What a relying party learns from OCSP: the lab's own responder, unless ``check`` asks another."""
        asking = check or OcspRevocationCheck(self.transport, rng=system_random)
        return asking.check(certificate.id.serial, self.issuer(certificate), now=at)

    def issuer(self, certificate: CertificateRecord) -> TrustAnchor:
        """The generation that signed it."""
        return anchor_of(self._lab, ca_with_key(standing_cas(self._lab), certificate.key_id))

    def list_for(self, certificate: CertificateRecord, *, at: datetime) -> PublishedCrl | None:
        """The full list of its CA that stands at a moment."""
        return self.list_of(self.authority(certificate.key_id, at=at), at=at)

    def list_of(self, authority: PublishedAuthority, *, at: datetime, point: Name | None = None) -> PublishedCrl | None:
        """The newest list of a CA at a moment, full or of one partition."""
        return self.publications.crl(authority, point, issued_at=crl_moment(at, hour_jst=self._hour))

    def authority(self, key_id: bytes, *, at: datetime) -> PublishedAuthority:
        """The CA with this key."""
        for authority in self.publications.authorities(at=at):
            if authority.key_id == key_id:
                return authority
        raise PkiQuestionError(
            f"the CA with the key {key_id.hex()} had not begun at {at:%Y-%m-%dT%H:%M:%SZ}",
            hint="ask at a later moment: --now",
        )

    def transport(self, request: bytes, *, issuer: TrustAnchor, now: datetime) -> bytes:  # noqa: ARG002
        """The way to the lab's own responder."""
        return self._responder.answer(request, at=now).der
