"""A desk of responders for both CAs and two generations, over a register that is a dictionary."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from jpki import oids
from jpki.algorithms import P_384, RSA_2048, KeyAlgorithm
from jpki.ca.authority import Authority
from jpki.kinds import CaKind
from jpki.ocsp.certid import CertId, OcspIssuer
from jpki.ocsp.certificate import issue_responder
from jpki.ocsp.faults import Workshop
from jpki.ocsp.identity import ResponderIdentity
from jpki.ocsp.request import encode_request
from jpki.ocsp.responder import OcspAnswer, Responder, ResponderPolicy
from jpki.ocsp.status import GOOD, UNKNOWN, CertificateStatus, revoked
from jpki.profiles import TEST, next_generation
from jpki.reasons import RevocationReason
from jpki.signer import Signer, SoftwareSigner
from jpki.verify.trust import TrustAnchor

POOL = Path(__file__).parents[3] / "fixtures" / "keys" / "rsa2048.txt"
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
    elliptic: Mapping[CaKind, Authority]
    register: Register
    signers: Mapping[KeyAlgorithm, Signer]
    strangers: Mapping[KeyAlgorithm, Signer]

    @property
    def all_authorities(self) -> tuple[Authority, ...]:
        return (*self.authorities.values(), *self.next_generation.values(), *self.elliptic.values())

    def identity(self, authority: Authority, *, now: datetime = RESPONDER_SINCE) -> ResponderIdentity:
        signer = self.signers[authority.signer.algorithm]
        certificate = issue_responder(authority, public_key=signer.public_key, serial=50, now=now)
        return ResponderIdentity.delegated(authority, certificate, signer)

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
            signers=tuple(self.signers.values()),
            strangers=tuple(self.strangers.values()),
            source=self.register,
            policy=ResponderPolicy(**policy),
        )


def certificate_of(authority: Authority) -> x509.Certificate:
    """The CA certificate as a library reads it."""
    return x509.load_der_x509_certificate(authority.certificate_der)


def make_desk(authorities: Mapping[CaKind, Authority], make_authority: Callable[..., Authority]) -> Desk:
    """A desk with three certificates of each authority: good, held, revoked after a move."""
    encoded = [line for line in POOL.read_text("utf-8").splitlines() if not line.startswith("#")]
    later = {kind: make_authority(kind, generation=1) for kind in CaKind}
    elliptic = {kind: _elliptic_authority(kind, number + 1) for number, kind in enumerate(CaKind)}
    register = Register()
    for authority in (*authorities.values(), *later.values(), *elliptic.values()):
        for serial in (GOOD_SERIAL, HELD_SERIAL, MOVED_SERIAL):
            register.record(authority.key_id, serial, authority.not_before, GOOD)
        register.record(authority.key_id, HELD_SERIAL, HELD_SINCE, revoked(HELD_SINCE, HOLD))
        register.record(authority.key_id, MOVED_SERIAL, HELD_SINCE, revoked(HELD_SINCE, MOVED))
    own, foreign = (SoftwareSigner.load(base64.b64decode(line)) for line in encoded[6:8])
    return Desk(
        authorities=authorities,
        next_generation=later,
        elliptic=elliptic,
        register=register,
        signers={RSA_2048: own, P_384: _elliptic_signer(11)},
        strangers={RSA_2048: foreign, P_384: _elliptic_signer(12)},
    )


def _elliptic_authority(kind: CaKind, number: int) -> Authority:
    return Authority.create_root(
        kind,
        hierarchy=next_generation(TEST),
        signer=_elliptic_signer(number),
        serial=2000 + number,
        now=datetime(2026, 1, 1, tzinfo=UTC),
    )


def _elliptic_signer(number: int) -> Signer:
    return SoftwareSigner(ec.derive_private_key(number, ec.SECP384R1()))
