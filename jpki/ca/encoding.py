"""DER pieces that certificates and CRLs share: extension values, identifiers of keys and algorithms, the signature."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from jpki import der, oids
from jpki.algorithms import KeyAlgorithm, PublicKey, algorithm_of
from jpki.errors import IssueError
from jpki.names import Name, directory_name
from jpki.profiles import ExtensionRule, KeyUsageBit
from jpki.signer import Signer

# RFC 5280 clause 4.1.2.2: at most 20 octets, first bit clear.
MAX_SERIAL = 2**159 - 1

_VERSION_3 = der.explicit(0, der.integer(2))

_KEPT = 1024
"""Extension values that are kept: but for the distribution point they are the same in all that a CA issues."""


def check_serial(serial: int) -> None:
    """``IssueError`` unless the number is positive and fits 20 octets (RFC 5280 clause 4.1.2.2)."""
    if not 0 < serial <= MAX_SERIAL:
        raise IssueError(f"a serial number is positive and has at most 20 octets, {serial} is not")


def check_public_key(key: PublicKey, algorithm: KeyAlgorithm) -> None:
    """``IssueError`` unless the key is of the algorithm that every certificate of the CA has."""
    if not algorithm.is_key(key):
        raise IssueError(
            f"this CA certifies keys of one kind: {algorithm.key_name}",
            hint=f"generate another key: jpki.keys.generate_private_key makes one of {algorithm.name}",
        )


def subject_public_key_info(key: PublicKey) -> bytes:
    """SubjectPublicKeyInfo."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def key_identifier(key: PublicKey) -> bytes:
    """SHA-1 of the content of subjectPublicKey (RFC 5280 clause 4.2.1.2, method 1; true of all published CA keys)."""
    algorithm = algorithm_of(key)
    if algorithm is None:
        raise IssueError("no certificate of JPKI has a key of this kind")
    return key_identifier_in(subject_public_key_info(key), algorithm)


def key_identifier_in(spki: bytes, algorithm: KeyAlgorithm) -> bytes:
    """The same of a SubjectPublicKeyInfo with a key of this algorithm."""
    return hashlib.sha1(spki[algorithm.key_at :], usedforsecurity=False).digest()


def sign(signer: Signer, tbs: bytes) -> bytes:
    """The signed structure: what is to be signed, the algorithm, the signature."""
    return der.sequence(tbs, signer.algorithm.identifier, der.bit_string(signer.sign(tbs)))


def sign_digest(signer: Signer, digest: bytes) -> bytes:
    """What follows the signed part, whose hash is known while the part itself is too long to be held."""
    return signer.algorithm.identifier + der.bit_string(signer.sign_digest(digest))


def extensions(rules: Iterable[ExtensionRule], values: Mapping[str, bytes]) -> bytes:
    """Extensions as the profile's rows order and mark them; ``values`` holds the DER value of each by its OID."""
    return der.sequence(*(extension(rule.oid, values[rule.oid], critical=rule.critical) for rule in rules))


def extension(oid: str, value: bytes, *, critical: bool) -> bytes:
    """One Extension; ``critical`` FALSE is the default, hence not encoded."""
    mark = der.boolean_true() if critical else b""
    return der.sequence(der.oid(oid), mark, der.octet_string(value))


def key_usage(bits: Iterable[KeyUsageBit]) -> bytes:
    """KeyUsage (RFC 5280 clause 4.2.1.3)."""
    return der.named_bits(*(bit.value for bit in bits))


@lru_cache(maxsize=_KEPT)
def alt_name(name: Name) -> bytes:
    """GeneralNames with one directoryName: subjectAltName and issuerAltName."""
    return der.sequence(directory_name(name))


@lru_cache(maxsize=_KEPT)
def distribution_point(name: Name) -> bytes:
    """CRLDistributionPoints with one point: distributionPoint, fullName, directoryName (RFC 5280 clause 4.2.1.13)."""
    return der.sequence(der.sequence(der.explicit(0, der.explicit(0, directory_name(name)))))


def issuing_distribution_point(name: Name) -> bytes:
    """IssuingDistributionPoint of a partition: fullName, directoryName, nothing else (RFC 5280 clause 5.2.5)."""
    return der.sequence(der.explicit(0, der.explicit(0, directory_name(name))))


@lru_cache(maxsize=_KEPT)
def policies(policy: str, cps_uri: str) -> bytes:
    """CertificatePolicies with one policy and its CPS pointer (RFC 5280 clause 4.2.1.4)."""
    qualifier = der.sequence(der.oid(oids.QUALIFIER_CPS), der.ia5_string(cps_uri))
    return der.sequence(der.sequence(der.oid(policy), der.sequence(qualifier)))


@lru_cache(maxsize=_KEPT)
def ocsp_access(uri: str) -> bytes:
    """AuthorityInfoAccess with one OCSP responder (RFC 5280 clause 4.2.2.1)."""
    return der.sequence(der.sequence(der.oid(oids.AD_OCSP), der.implicit(6, der.ia5_content(uri))))


@lru_cache(maxsize=_KEPT)
def authority_key_identifier(key_id: bytes, *, issuer: Name, serial: int) -> bytes:
    """AuthorityKeyIdentifier with all three parts (RFC 5280 clause 4.2.1.1), as end-entity certificates carry it."""
    return der.sequence(
        der.implicit(0, key_id),
        der.explicit(1, directory_name(issuer)),
        der.implicit(2, der.integer_content(serial)),
    )


def tbs_certificate(
    *,
    serial: int,
    issuer: Name,
    not_before: datetime,
    not_after: datetime,
    subject: Name,
    public_key_info: bytes,
    extensions: bytes,
    algorithm: KeyAlgorithm,
) -> bytes:
    """TBSCertificate, version 3 (RFC 5280 clause 4.1); ``algorithm`` is that of the issuer's signature."""
    return der.sequence(
        _VERSION_3,
        der.integer(serial),
        _algorithm_and_issuer(algorithm, issuer),
        der.sequence(der.time(not_before), der.time(not_after)),
        subject.encode(),
        public_key_info,
        der.explicit(3, extensions),
    )


@lru_cache(maxsize=_KEPT)
def _algorithm_and_issuer(algorithm: KeyAlgorithm, issuer: Name) -> bytes:
    """Two parts that stand side by side, the same in all that a CA issues."""
    return algorithm.identifier + issuer.encode()
