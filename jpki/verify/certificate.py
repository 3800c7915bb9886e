"""Reading a peer's certificate whole, so that no later step meets a part that cannot be read.

pyca/cryptography parses lazily and raises from many places; all of that ends here. Names, what is signed and the
signature are the bytes that came.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from jpki import oids
from jpki.algorithms import KEY_ALGORITHMS, KeyAlgorithm, PublicKey, algorithm_of
from jpki.ca.encoding import key_identifier
from jpki.der_walk import INTEGER, SEQUENCE, element
from jpki.verify.extensions import Extensions, answered, read_extensions
from jpki.verify.findings import Finding, finding
from jpki.verify.signed import agreed_algorithm, open_signed

# The longest published certificate has under 2 KiB; with 200 characters of address and every field full, under 4.
MAX_CERTIFICATE_SIZE: Final = 16 * 1024
_VERSION_3: Final = bytes.fromhex("A003020102")  # [0] EXPLICIT INTEGER 2, RFC 5280 clause 4.1.2.1

# An attribute of RFC 5280 appendix A.1 whose value is none of the strings that a DirectoryString is, nor an IA5String.
_NO_STRING: Final = re.compile(rb"\x06\x03\x55\x04.[^\x0c\x13\x14\x16\x1c\x1e]", re.DOTALL)

UNREADABLE: Final = (
    ValueError,
    TypeError,
    IndexError,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    # pyca/cryptography warns of names that break their bounds; a program may have made warnings errors.
    Warning,
)
"""What reading a peer's bytes may raise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityKey:
    """authorityKeyIdentifier: the issuer's key and, if said, which of the issuer's certificates."""

    key_id: bytes | None
    issuer: bytes | None
    serial: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCertificate:
    """A certificate's parts as the steps need them; names are DER. Nothing here is trusted.

    ``algorithm`` is that of its signature, hence of its issuer's key; ``key_algorithm`` is that of its own.
    """

    certificate: x509.Certificate = field(repr=False)
    tbs: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    serial: int
    issuer: bytes = field(repr=False)
    subject: bytes = field(repr=False)
    not_before: datetime
    not_after: datetime
    algorithm: KeyAlgorithm
    key: PublicKey = field(repr=False)
    key_algorithm: KeyAlgorithm
    key_id: bytes
    extensions: Extensions = field(repr=False)
    authority_key: AuthorityKey | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walked:
    tbs: bytes
    signature: bytes
    algorithm: KeyAlgorithm | None
    issuer: bytes
    subject: bytes
    key_at: int
    end: int


def read_certificate(der: bytes, allowed: Sequence[KeyAlgorithm] = KEY_ALGORITHMS) -> ReadCertificate | Finding:
    """The certificate's parts, or the finding that says why there are none; ``allowed`` for key and signature."""
    if len(der) > MAX_CERTIFICATE_SIZE:
        return finding("jpki.certificate.unreadable")
    try:
        walked = _walk(der)
        _check_names(der)
        certificate = x509.load_der_x509_certificate(der)
        return _read(certificate, walked, read_extensions(certificate, der, walked.key_at, walked.end), allowed)
    except UNREADABLE:
        return finding("jpki.certificate.unreadable")
    except UnsupportedAlgorithm:
        return _unsupported_key(allowed)


def _check_names(der: bytes) -> None:
    """``ValueError`` for a name whose values are no strings, which pyca/cryptography lets pass.

    The bytes that give reason to look may stand in a key by chance, so that a whole reading decides.
    """
    if _NO_STRING.search(der):
        _ = asn1_x509.Certificate.load(der, strict=True).native  # type: ignore[no-untyped-call]


def _unsupported_key(allowed: Sequence[KeyAlgorithm]) -> Finding:
    return finding("jpki.certificate.key-unsupported", wanted=" nor ".join(one.key_name for one in allowed))


def _walk(der: bytes) -> _Walked:
    signed = open_signed(der)
    if not der.startswith(_VERSION_3, signed.content):
        raise ValueError("the certificate is not of version 3")
    serial, algorithm_at = element(der, signed.content + len(_VERSION_3), INTEGER)
    if der[serial] & 0x80 or not any(der[serial:algorithm_at]):
        raise ValueError("a serial number is positive (RFC 5280 clause 4.1.2.2)")
    _, issuer_at = element(der, algorithm_at, SEQUENCE)
    _, validity_at = element(der, issuer_at, SEQUENCE)
    _, subject_at = element(der, validity_at, SEQUENCE)
    _, subject_end = element(der, subject_at, SEQUENCE)
    return _Walked(
        tbs=signed.tbs,
        signature=signed.signature,
        algorithm=agreed_algorithm(signed, der, algorithm_at),
        issuer=der[issuer_at:validity_at],
        subject=der[subject_at:subject_end],
        key_at=subject_end,
        end=signed.end,
    )


def _read(
    certificate: x509.Certificate, walked: _Walked, extensions: Extensions, allowed: Sequence[KeyAlgorithm]
) -> ReadCertificate | Finding:
    if walked.algorithm is None or walked.algorithm not in allowed:
        name = certificate.signature_algorithm_oid.dotted_string
        wanted = " or ".join(algorithm.signature_name for algorithm in allowed)
        return finding("jpki.certificate.algorithm", algorithm=name, wanted=wanted)
    key = certificate.public_key()
    key_algorithm = algorithm_of(key)
    if key_algorithm is None or key_algorithm not in allowed or not isinstance(key, PublicKey):
        return _unsupported_key(allowed)
    return ReadCertificate(
        certificate=certificate,
        tbs=walked.tbs,
        signature=walked.signature,
        serial=certificate.serial_number,
        issuer=walked.issuer,
        subject=walked.subject,
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        algorithm=walked.algorithm,
        key=key,
        key_algorithm=key_algorithm,
        key_id=key_identifier(key),
        extensions=extensions,
        authority_key=answered(extensions, ("authority key",), lambda: _authority_key(extensions)),
    )


def _authority_key(extensions: Extensions) -> AuthorityKey | None:
    extension = extensions.get(oids.AUTHORITY_KEY_IDENTIFIER)
    if extension is None or not isinstance(extension.value, x509.AuthorityKeyIdentifier):
        return None
    return AuthorityKey(
        key_id=extension.value.key_identifier,
        issuer=_single_directory_name(extension.value.authority_cert_issuer),
        serial=extension.value.authority_cert_serial_number,
    )


def _single_directory_name(names: list[x509.GeneralName] | None) -> bytes | None:
    if names is None or len(names) != 1 or not isinstance(names[0], x509.DirectoryName):
        return None
    return names[0].value.public_bytes()
