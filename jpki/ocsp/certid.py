"""CertID (RFC 6960 clause 4.1.1): a certificate named by hashes of its issuer's name and key, and its serial number.

All generations of a JPKI CA have one name, so the hash of the key alone tells them apart.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from jpki import der, oids
from jpki.der_reader import NULL, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, DerReader

# RFC 5019 clause 2.1.1 asks clients for SHA-1; newer ones offer the others.
HASHES: Final = {oids.SHA1: "sha1", oids.SHA256: "sha256", oids.SHA384: "sha384"}

IssuerHashes: TypeAlias = tuple[bytes, bytes, bytes]
"""The content of the algorithm's OID, hash of the issuer's name, hash of its key."""


@dataclass(frozen=True, slots=True)
class CertId:
    """One CertID. ``raw`` is the DER that came or goes out: a response repeats what the request had."""

    issuer: IssuerHashes
    serial: int
    raw: bytes = field(repr=False)

    @property
    def names(self) -> tuple[IssuerHashes, int]:
        """What is named, whichever way the algorithm's absent parameters are written."""
        return self.issuer, self.serial

    def with_serial(self, serial: int) -> CertId:
        """The CertID of another certificate of the same issuer, written as this one is; no number below 0."""
        inside = DerReader.only(self.raw, SEQUENCE)
        issuer = inside.whole(SEQUENCE) + inside.whole(OCTET_STRING) + inside.whole(OCTET_STRING)
        return CertId(self.issuer, serial, der.sequence(issuer, der.integer(serial)))


@dataclass(frozen=True, slots=True)
class OcspIssuer:
    """A CA as CertIDs see it: its name in DER, and the bits of its public key."""

    name: bytes = field(repr=False)
    key_bits: bytes = field(repr=False)

    @classmethod
    def of_certificate(cls, certificate: x509.Certificate) -> OcspIssuer:
        """The subject and key of a CA certificate."""
        return cls(certificate.subject.public_bytes(), public_key_bits(certificate))

    def hashes(self, algorithm: str = oids.SHA1) -> IssuerHashes:
        """The issuer's part of a CertID under one hash algorithm."""
        name = HASHES[algorithm]
        return (
            der.oid(algorithm)[2:],
            hashlib.new(name, self.name, usedforsecurity=False).digest(),
            hashlib.new(name, self.key_bits, usedforsecurity=False).digest(),
        )

    def cert_id(self, serial: int, *, algorithm: str = oids.SHA1) -> CertId:
        """The CertID of one certificate of this issuer."""
        hashes = self.hashes(algorithm)
        raw = der.sequence(
            der.sequence(der.oid(algorithm), der.null()),
            der.octet_string(hashes[1]),
            der.octet_string(hashes[2]),
            der.integer(serial),
        )
        return CertId(hashes, serial, raw)


def public_key_bits(certificate: x509.Certificate) -> bytes:
    """The BIT STRING of subjectPublicKey without its tag, length and unused bits (RFC 6960 clause 4.1.1)."""
    info = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    reader = DerReader.only(info, SEQUENCE)
    reader.whole(SEQUENCE)
    return reader.bits()


def read_cert_id(reader: DerReader) -> CertId:
    """The CertID that follows; ``ValueError`` when none does."""
    raw = reader.whole(SEQUENCE)
    inside = DerReader.only(raw, SEQUENCE)
    algorithm = inside.enter(SEQUENCE)
    oid = algorithm.content(OBJECT_IDENTIFIER)
    if algorithm.next_is(NULL):  # RFC 5754 clause 2: absent, or NULL; both have to be understood
        algorithm.content(NULL)
    algorithm.finish()
    name, key = inside.content(OCTET_STRING), inside.content(OCTET_STRING)
    serial = inside.integer()
    inside.finish()
    return CertId((oid, name, key), serial, raw)
