"""Reading a peer's certificate whole, so that no later step meets a part that cannot be read.

pyca/cryptography parses lazily and raises from many places; all of that ends here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from apdu.tlv import header_size
from jpki.ca.encoding import SIGNATURE_ALGORITHM, key_identifier
from jpki.profiles import RSA_BITS, RSA_EXPONENT
from jpki.verify.findings import Finding, finding

# The longest published certificate has under 2 KiB; with 200 characters of address and every field full, under 4.
MAX_CERTIFICATE_SIZE: Final = 16 * 1024
_VERSION_3: Final = bytes.fromhex("A003020102")  # [0] EXPLICIT INTEGER 2, RFC 5280 clause 4.1.2.1


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityKey:
    """authorityKeyIdentifier: the issuer's key and, if said, which of the issuer's certificates."""

    key_id: bytes | None
    issuer: bytes | None
    serial: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCertificate:
    """A certificate's parts as the steps need them; names are DER. Nothing here is trusted."""

    certificate: x509.Certificate = field(repr=False)
    serial: int
    issuer: bytes = field(repr=False)
    subject: bytes = field(repr=False)
    not_before: datetime
    not_after: datetime
    key: RSAPublicKey = field(repr=False)
    key_id: bytes
    extensions: tuple[x509.Extension[x509.ExtensionType], ...] = field(repr=False)
    authority_key: AuthorityKey | None

    def extension(self, oid: str) -> x509.Extension[x509.ExtensionType] | None:
        """The extension with this OID; X.509 allows one of each, and reading has checked it."""
        return next((extension for extension in self.extensions if extension.oid.dotted_string == oid), None)


def read_certificate(der: bytes) -> ReadCertificate | Finding:
    """The certificate's parts, or the finding that says why there are none."""
    if len(der) > MAX_CERTIFICATE_SIZE:
        return finding("jpki.certificate.unreadable")
    try:
        certificate = x509.load_der_x509_certificate(der)
        return _read(certificate, der)
    except (ValueError, TypeError, x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return finding("jpki.certificate.unreadable")
    except UnsupportedAlgorithm:
        return finding("jpki.certificate.key-unsupported")


def _read(certificate: x509.Certificate, der: bytes) -> ReadCertificate | Finding:
    if certificate.version is not x509.Version.v3:
        return finding("jpki.certificate.unreadable")
    extensions = tuple(certificate.extensions)
    subject, issuer = certificate.subject.public_bytes(), certificate.issuer.public_bytes()
    if not _has_the_algorithm(certificate, der):
        return finding("jpki.certificate.algorithm", algorithm=certificate.signature_algorithm_oid.dotted_string)
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey) or key.key_size != RSA_BITS or key.public_numbers().e != RSA_EXPONENT:
        return finding("jpki.certificate.key-unsupported")
    return ReadCertificate(
        certificate=certificate,
        serial=certificate.serial_number,
        issuer=issuer,
        subject=subject,
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        key=key,
        key_id=key_identifier(key),
        extensions=extensions,
        authority_key=_authority_key(extensions),
    )


def _has_the_algorithm(certificate: x509.Certificate, der: bytes) -> bool:
    """True when both places name sha256WithRSAEncryption with its NULL, and alike (RFC 5280 clause 4.1.1.2)."""
    tbs = certificate.tbs_certificate_bytes
    inner = header_size(tbs)[0] + len(_VERSION_3)
    inner += sum(header_size(tbs[inner:])) if tbs[inner - len(_VERSION_3) : inner] == _VERSION_3 else 0
    outer = header_size(der)[0] + len(tbs)
    return all(der_at.startswith(SIGNATURE_ALGORITHM) for der_at in (tbs[inner:], der[outer:]))


def _authority_key(extensions: tuple[x509.Extension[x509.ExtensionType], ...]) -> AuthorityKey | None:
    for extension in extensions:
        value = extension.value
        if isinstance(value, x509.AuthorityKeyIdentifier):
            return AuthorityKey(
                key_id=value.key_identifier,
                issuer=_single_directory_name(value.authority_cert_issuer),
                serial=value.authority_cert_serial_number,
            )
    return None


def _single_directory_name(names: list[x509.GeneralName] | None) -> bytes | None:
    if names is None or len(names) != 1 or not isinstance(names[0], x509.DirectoryName):
        return None
    return names[0].value.public_bytes()
