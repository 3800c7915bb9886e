"""A bench for the verifier: good certificates and lists, and the parts to forge bad ones from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from jpki import der, oids
from jpki.algorithms import RSA_2048
from jpki.ca import encoding
from jpki.ca.authority import Authority
from jpki.ca.crl import CrlEntry, build_crl
from jpki.kinds import CaKind
from jpki.profiles import TEST
from jpki.signer import SoftwareSigner
from jpki.verify.policy import DOCUMENT_SIGNATURE, LOG_IN, Policy
from jpki.verify.procedure import Verdict, verify
from jpki.verify.revocation import CrlRevocationCheck, RevocationCheck
from jpki.verify.trust import TrustAnchor, TrustStore

NOW = datetime(2026, 5, 1, 3, 0, tzinfo=UTC)
MESSAGE = b"exactly these bytes"
PURPOSES = {CaKind.SIGN: DOCUMENT_SIGNATURE, CaKind.AUTH: LOG_IN}
OTHER_ALGORITHM = der.sequence(der.oid("1.2.840.113549.1.1.12"), der.null())  # sha384WithRSAEncryption


@dataclass
class Parts:
    """A certificate taken apart; change any part, then ``Bench.seal`` it."""

    serial: int
    issuer: bytes
    not_before: datetime
    not_after: datetime
    subject: bytes
    key_info: bytes
    extensions: dict[str, tuple[bytes, bool]]
    version: bytes = der.explicit(0, der.integer(2))
    inner_algorithm: bytes = RSA_2048.identifier
    outer_algorithm: bytes = RSA_2048.identifier

    def with_extension(self, oid: str, value: bytes, *, critical: bool = False) -> Parts:
        """Replace an extension in its place, or append it."""
        self.extensions[oid] = (value, critical)
        return self

    def without_extension(self, oid: str) -> Parts:
        """Drop an extension."""
        del self.extensions[oid]
        return self

    def tbs(self) -> bytes:
        """TBSCertificate."""
        rows = [encoding.extension(oid, value, critical=critical) for oid, (value, critical) in self.extensions.items()]
        return der.sequence(
            self.version,
            der.integer(self.serial),
            self.inner_algorithm,
            self.issuer,
            der.sequence(der.time(self.not_before), der.time(self.not_after)),
            self.subject,
            self.key_info,
            der.explicit(3, der.sequence(*rows)),
        )


@dataclass
class Bench:
    """Authorities, the holder's keys, and everything that the procedure asks for."""

    authorities: Mapping[CaKind, Authority]
    next_generation: Mapping[CaKind, Authority]
    issue: Callable[..., bytes]
    keys: list[RSAPrivateKey]
    now: datetime = NOW
    message: bytes = MESSAGE
    holder_keys: dict[CaKind, RSAPrivateKey] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.holder_keys = {CaKind.SIGN: self.keys[4], CaKind.AUTH: self.keys[5]}

    def anchor(self, authority: Authority) -> TrustAnchor:
        return TrustAnchor.load(authority.kind, authority.hierarchy, authority.certificate_der)

    def trust(self, *authorities: Authority) -> TrustStore:
        return TrustStore(map(self.anchor, authorities or self.authorities.values()))

    def crl(
        self, kind: CaKind = CaKind.AUTH, *entries: CrlEntry, authority: Authority | None = None, **changes: Any
    ) -> bytes:
        arguments: dict[str, Any] = {
            "entries": entries,
            "number": 42,
            "this_update": NOW - timedelta(hours=3),
            "next_update": NOW + timedelta(hours=45),
        }
        return build_crl(authority or self.authorities[kind], **arguments | changes)

    def crls(self) -> list[bytes]:
        return [self.crl(kind) for kind in CaKind]

    def parts(self, kind: CaKind = CaKind.AUTH, authority: Authority | None = None) -> Parts:
        certificate = x509.load_der_x509_certificate(self.issue(kind, authority))
        key = certificate.public_key()
        return Parts(
            serial=certificate.serial_number,
            issuer=certificate.issuer.public_bytes(),
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
            subject=certificate.subject.public_bytes(),
            key_info=key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
            extensions={
                extension.oid.dotted_string: (extension.value.public_bytes(), extension.critical)
                for extension in certificate.extensions
            },
        )

    def seal(self, parts: Parts, key: RSAPrivateKey | None = None, *, kind: CaKind = CaKind.AUTH) -> bytes:
        tbs = parts.tbs()
        signature = (SoftwareSigner(key) if key else self.authorities[kind].signer).sign(tbs)
        return der.sequence(tbs, parts.outer_algorithm, der.bit_string(signature))

    def seal_crl(
        self,
        *,
        kind: CaKind = CaKind.AUTH,
        entries: Iterable[bytes] = (),
        extensions: bytes = b"",
        next_update: datetime | None = NOW + timedelta(hours=45),
        inner: bytes = RSA_2048.identifier,
        outer: bytes = RSA_2048.identifier,
    ) -> bytes:
        authority = self.authorities[kind]
        rows = (
            encoding.extension(
                oids.AUTHORITY_KEY_IDENTIFIER, der.sequence(der.implicit(0, authority.key_id)), critical=False
            ),
            encoding.extension(oids.CRL_NUMBER, der.integer(42), critical=False),
        )
        listed = b"".join(entries)
        tbs = der.sequence(
            der.integer(1),
            inner,
            authority.name.encode(),
            der.time(NOW - timedelta(hours=3)),
            der.time(next_update) if next_update else b"",
            der.sequence(listed) if listed else b"",
            der.explicit(0, der.sequence(*rows, extensions)),
        )
        signature = authority.signer.sign(tbs)
        return der.sequence(tbs, outer, der.bit_string(signature))

    def sign(self, kind: CaKind = CaKind.AUTH, message: bytes = MESSAGE) -> bytes:
        return self.holder_keys[kind].sign(message, padding.PKCS1v15(), hashes.SHA256())

    def verify(
        self,
        certificate: bytes | None = None,
        *,
        kind: CaKind = CaKind.AUTH,
        crls: list[bytes] | None = None,
        revocation: RevocationCheck | None = None,
        **changes: Any,
    ) -> Verdict:
        """The procedure on good arguments, any of them changed."""
        if revocation is None:
            revocation = CrlRevocationCheck(self.crls() if crls is None else crls)
        arguments: dict[str, Any] = {
            "certificate": self.issue(kind) if certificate is None else certificate,
            "signature": self.sign(kind),
            "message": self.message,
            "trust": self.trust(),
            "policy": Policy(purpose=PURPOSES[kind], revocation=revocation),
            "now": self.now,
        }
        return verify(**arguments | changes)


@pytest.fixture(scope="session")
def bench(
    authorities: Mapping[CaKind, Authority],
    make_authority: Callable[..., Authority],
    issue: Callable[..., bytes],
    keys: list[RSAPrivateKey],
) -> Bench:
    """The bench, without state between tests."""
    later = {kind: make_authority(kind, generation=1) for kind in CaKind}
    assert all(authority.hierarchy is TEST for authority in later.values())
    return Bench(authorities=authorities, next_generation=later, issue=issue, keys=keys)
