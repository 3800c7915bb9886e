"""A desk of responders for both CAs and two generations, over a register that is a dictionary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from jpki import oids
from jpki.ca.authority import Authority
from jpki.kinds import CaKind
from jpki.ocsp.certid import CertId, OcspIssuer
from jpki.ocsp.certificate import issue_responder
from jpki.ocsp.faults import Workshop
from jpki.ocsp.identity import ResponderIdentity
from jpki.ocsp.request import encode_request
from jpki.ocsp.responder import OcspAnswer, Responder, ResponderPolicy
from jpki.ocsp.status import UNKNOWN, CertificateStatus
from jpki.reasons import RevocationReason
from jpki.verify.trust import TrustAnchor

NOW = datetime(2026, 5, 1, 3, 7, 42, tzinfo=UTC)
QUARTER = datetime(2026, 5, 1, 3, tzinfo=UTC)
RESPONDER_SINCE = datetime(2026, 4, 20, tzinfo=UTC)
HELD_SINCE = datetime(2026, 4, 30, 22, 15, 3, tzinfo=UTC)
GOOD_SERIAL, HELD_SERIAL, MOVED_SERIAL, NEVER_ISSUED = 7, 8, 9, 1_000_000
ALGORITHMS = {"sha1": oids.SHA1, "sha256": oids.SHA256, "sha384": oids.SHA384}
LAG = timedelta(minutes=15)
HOLD, MOVED = RevocationReason.CERTIFICATE_HOLD, RevocationReason.AFFILIATION_CHANGED


@dataclass
class Register:
    """For each issuer's key and serial number, what happened when. Counts what it is asked."""

    events: dict[tuple[bytes, int], list[tuple[datetime, CertificateStatus]]] = field(default_factory=dict)
    changes: int = 0
    asked: int = 0
    trouble: Exception | None = None

    def record(self, key_id: bytes, serial: int, since: datetime, status: CertificateStatus) -> None:
        self.events.setdefault((key_id, serial), []).append((since, status))
        self.changes += 1

    def status(self, authority_key_id: bytes, serial: int, *, at: datetime) -> CertificateStatus:
        self.asked += 1
        if self.trouble is not None:
            raise self.trouble
        known = [status for since, status in self.events.get((authority_key_id, serial), []) if since <= at]
        return known[-1] if known else UNKNOWN

    def version(self) -> int:
        return self.changes


@dataclass
class Desk:
    """Authorities, responder certificates, and the register behind them."""

    authorities: Mapping[CaKind, Authority]
    next_generation: Mapping[CaKind, Authority]
    register: Register
    key: RSAPrivateKey
    stranger: RSAPrivateKey

    @property
    def all_authorities(self) -> tuple[Authority, ...]:
        return (*self.authorities.values(), *self.next_generation.values())

    def identity(self, authority: Authority, *, now: datetime = RESPONDER_SINCE) -> ResponderIdentity:
        certificate = issue_responder(authority, public_key=self.key.public_key(), serial=50, now=now)
        return ResponderIdentity.delegated(authority, certificate, self.key)

    def responder(self, *identities: ResponderIdentity, cache_limit: int = 100, **policy: Any) -> Responder:
        chosen = identities or tuple(map(self.identity, self.all_authorities))
        return Responder(chosen, self.register, policy=ResponderPolicy(**policy), cache_limit=cache_limit)

    def cert_id(self, serial: int = GOOD_SERIAL, authority: Authority | None = None, **options: Any) -> CertId:
        chosen = authority or self.authorities[CaKind.AUTH]
        return OcspIssuer.of_certificate(certificate_of(chosen)).cert_id(serial, **options)

    def request(self, *serials: int, nonce: bytes | None = None, **options: Any) -> bytes:
        return encode_request([self.cert_id(serial, **options) for serial in serials or (GOOD_SERIAL,)], nonce=nonce)

    def ask(self, *serials: int, at: datetime = NOW, nonce: bytes | None = None, **policy: Any) -> OcspAnswer:
        return self.responder(**policy).answer(self.request(*serials, nonce=nonce), at=at)

    def anchor(self, authority: Authority | None = None) -> TrustAnchor:
        chosen = authority or self.authorities[CaKind.AUTH]
        return TrustAnchor.load(chosen.kind, chosen.hierarchy, chosen.certificate_der)

    def workshop(self, **policy: Any) -> Workshop:
        return Workshop(
            authorities=self.all_authorities,
            key=self.key,
            stranger=self.stranger,
            source=self.register,
            policy=ResponderPolicy(**policy),
        )


def certificate_of(authority: Authority) -> x509.Certificate:
    """The CA certificate as a library reads it."""
    return x509.load_der_x509_certificate(authority.certificate_der)
