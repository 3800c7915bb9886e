"""As whom a responder signs: a CA key itself, or a key that the CA has delegated to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from jpki.ca import encoding
from jpki.ca.authority import Authority
from jpki.ocsp.certid import OcspIssuer
from jpki.ocsp.errors import ResponderError
from jpki.signer import Signer


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponderIdentity:
    """One key that speaks for one CA generation, from ``not_before`` to ``not_after``.

    ``certificate_der`` goes along with every answer; it is None where the CA itself signs.
    """

    issuer: OcspIssuer = field(repr=False)
    issuer_key_id: bytes
    issuer_not_before: datetime
    signer: Signer = field(repr=False)
    key_id: bytes
    name: bytes = field(repr=False)
    certificate_der: bytes | None = field(default=None, repr=False)
    not_before: datetime
    not_after: datetime

    @classmethod
    def of_authority(cls, authority: Authority) -> Self:
        """The CA signs its answers itself."""
        certificate = x509.load_der_x509_certificate(authority.certificate_der)
        return cls(
            issuer=OcspIssuer.of_certificate(certificate),
            issuer_key_id=authority.key_id,
            issuer_not_before=authority.not_before,
            signer=authority.signer,
            key_id=authority.key_id,
            name=certificate.subject.public_bytes(),
            not_before=authority.not_before,
            not_after=authority.not_after,
        )

    @classmethod
    def delegated(cls, authority: Authority, certificate_der: bytes, signer: Signer) -> Self:
        """A responder with a certificate of this CA; ``ResponderError`` when certificate, key and CA do not fit.

        What the certificate allows is not judged here: clients do that, and are to be shown bad ones too.
        """
        root = x509.load_der_x509_certificate(authority.certificate_der)
        try:
            certificate = x509.load_der_x509_certificate(certificate_der)
            certificate.verify_directly_issued_by(root)
        except (ValueError, TypeError, InvalidSignature) as error:
            raise ResponderError(
                f"the responder's certificate is not one of the {authority.kind.value} CA with the key"
                f" {authority.key_id.hex()}",
                hint="issue it with that CA generation's key: jpki.ocsp.certificate.issue_responder",
            ) from error
        if certificate.public_key() != signer.public_key:
            raise ResponderError("the responder's private key does not belong to its certificate")
        return cls(
            issuer=OcspIssuer.of_certificate(root),
            issuer_key_id=authority.key_id,
            issuer_not_before=authority.not_before,
            signer=signer,
            key_id=encoding.key_identifier(signer.public_key),
            name=certificate.subject.public_bytes(),
            certificate_der=certificate_der,
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
        )

    @property
    def algorithm(self) -> bytes:
        """AlgorithmIdentifier of its signatures."""
        return self.signer.algorithm.identifier

    def sign(self, tbs: bytes) -> bytes:
        """The signature over a ResponseData."""
        return self.signer.sign(tbs)

    def on_duty(self, at: datetime) -> bool:
        """True from notBefore to notAfter, both included."""
        return self.not_before <= at <= self.not_after
