"""Issuers of card-verifiable certificates: root, intermediate, and a municipality's key that signs records."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo
from cryptography.hazmat.primitives.hashes import SHA256

from apdu.layout.record_tlv import PublicKey
from jpki.cv.certificate import CvCertificate, encode_body
from jpki.cv.errors import CvFormatError
from jpki.cv.key_id import KeyId


@dataclass(frozen=True, slots=True, kw_only=True)
class CvAuthority:
    """A private key and the certificate that names it. The same key and names give the same bytes."""

    certificate: CvCertificate
    key: RSAPrivateKey = field(repr=False)

    def __post_init__(self) -> None:
        if self.certificate.public_key != public_key_of(self.key.public_key()):
            raise CvFormatError("the private key does not belong to the card-verifiable certificate")

    @classmethod
    def create_root(cls, name: KeyId, key: RSAPrivateKey) -> Self:
        """A root: issuer and subject are one."""
        return cls(certificate=_certify(name, key, name, key.public_key()), key=key)

    def certify(self, name: KeyId, key: RSAPrivateKey) -> CvAuthority:
        """The authority below this one that has ``key``."""
        return CvAuthority(certificate=self.issue(name, key.public_key()), key=key)

    def issue(self, name: KeyId, public_key: RSAPublicKey) -> CvCertificate:
        """A certificate that says whose this key is."""
        return _certify(self.certificate.subject, self.key, name, public_key)

    def sign(self, message: bytes) -> bytes:
        """RSASSA-PKCS1-v1_5 with SHA-256 (measured on every record but the face: soltia48/myna-card)."""
        return self.key.sign(message, padding.PKCS1v15(), SHA256())

    def sign_verbatim(self, block: bytes) -> bytes:
        """The block padded as it is (PKCS #1 v1.5 type 1): the face record brings its own DigestInfo."""
        return self.key.sign(block, padding.PKCS1v15(), NoDigestInfo())


def public_key_of(key: RSAPublicKey) -> PublicKey:
    """A key as the records carry it."""
    numbers = key.public_numbers()
    return PublicKey(numbers.n, numbers.e)


def _certify(issuer: KeyId, issuer_key: RSAPrivateKey, subject: KeyId, subject_key: RSAPublicKey) -> CvCertificate:
    public_key = public_key_of(subject_key)
    body = encode_body(issuer=issuer, subject=subject, public_key=public_key)
    return CvCertificate(
        issuer=issuer,
        subject=subject,
        public_key=public_key,
        signature=issuer_key.sign(body, padding.PKCS1v15(), SHA256()),
    )
