"""A bench for document signatures: a signer with a certificate of the lab, and everything that a verifier asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from jpki.algorithms import KeyAlgorithm
from jpki.ca.authority import Authority
from jpki.ca.crl import CrlEntry, build_crl
from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.signer import SoftwareSigner
from jpki.verify.certificate import ReadCertificate, read_certificate
from jpki.verify.policy import DOCUMENT_SIGNATURE, Policy
from jpki.verify.revocation import CrlRevocationCheck
from jpki.verify.trust import TrustAnchor, TrustStore

NOW = datetime(2026, 5, 1, 3, 0, tzinfo=UTC)


@dataclass
class KeySigner:
    """A signer whose key is here; ``chain`` is what goes along."""

    certificate: bytes
    key: RSAPrivateKey | EllipticCurvePrivateKey
    chain: tuple[bytes, ...] = ()
    asked: int = 0

    @property
    def algorithm(self) -> KeyAlgorithm:
        read = read_certificate(self.certificate)
        assert isinstance(read, ReadCertificate)
        return read.key_algorithm

    def sign(self, message: bytes) -> bytes:
        self.asked += 1
        return SoftwareSigner(self.key).sign(message)


@dataclass
class Desk:
    """Signers, and the relying party's material."""

    signer: KeySigner
    next_signer: KeySigner
    other: KeySigner
    login: KeySigner
    authority: Authority
    trust: TrustStore
    now: datetime = NOW

    def crl(self, *entries: CrlEntry, at: datetime = NOW, authority: Authority | None = None) -> bytes:
        return build_crl(
            authority or self.authority,
            entries=entries,
            number=42,
            this_update=at - timedelta(hours=3),
            next_update=at + timedelta(hours=45),
        )

    def policy(self, *crls: bytes) -> Policy:
        return Policy(purpose=DOCUMENT_SIGNATURE, revocation=CrlRevocationCheck(crls or (self.crl(), self.next_crl)))

    next_crl: bytes = b""

    def entry(self, reason: RevocationReason, *, revoked_at: datetime = NOW - timedelta(days=1)) -> CrlEntry:
        return CrlEntry(serial=7, revoked_at=revoked_at, reason=reason)

    def given(self, **changes: Any) -> dict[str, Any]:
        """What every verifier is given, with changes."""
        return {"trust": self.trust, "policy": self.policy(), "now": self.now, **changes}


@pytest.fixture(scope="session")
def desk(
    authorities: Mapping[CaKind, Authority],
    next_authorities: Mapping[CaKind, Authority],
    issue: Callable[..., bytes],
    next_issue: Callable[..., bytes],
    keys: list[RSAPrivateKey],
    curve_keys: list[EllipticCurvePrivateKey],
) -> Desk:
    """One desk for all tests; nothing on it changes."""
    authority = authorities[CaKind.SIGN]
    chain = (authority.certificate_der,)
    everyone = [*authorities.values(), *next_authorities.values()]
    made = Desk(
        signer=KeySigner(issue(CaKind.SIGN), keys[4], chain),
        next_signer=KeySigner(next_issue(CaKind.SIGN), curve_keys[4]),
        other=KeySigner(issue(CaKind.SIGN, serial=8, public_key=keys[3].public_key()), keys[3], chain),
        login=KeySigner(issue(CaKind.AUTH), keys[5]),
        authority=authority,
        trust=TrustStore([TrustAnchor.load(one.kind, one.hierarchy, one.certificate_der) for one in everyone]),
    )
    made.next_crl = made.crl(authority=next_authorities[CaKind.SIGN])
    return made
