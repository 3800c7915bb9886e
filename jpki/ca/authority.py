"""A certification authority: one key, one self-signed certificate, one kind of certificates to issue."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from jpki import der, oids
from jpki.ca import encoding
from jpki.errors import IssueError
from jpki.kinds import CaKind
from jpki.names import Name, ca_alt_name
from jpki.profiles import CA_PROFILES, Hierarchy
from jpki.signer import Signer
from jpki.validity import ca_not_after, to_whole_seconds

__all__ = ["Authority", "CaKind"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """One generation of one CA. Made by ``create_root`` or ``load``; the signer stays the object that was passed in.

    Generations share their name: only the key, its identifier and the serial number tell them apart.
    """

    kind: CaKind
    hierarchy: Hierarchy
    certificate_der: bytes = field(repr=False)
    signer: Signer = field(repr=False)
    serial: int
    key_id: bytes
    not_before: datetime
    not_after: datetime

    @property
    def name(self) -> Name:
        """Subject and issuer of the CA certificate, issuer of every other."""
        return self.hierarchy.ca_name(self.kind)

    @classmethod
    def create_root(
        cls, kind: CaKind, *, hierarchy: Hierarchy, signer: Signer, serial: int, now: datetime
    ) -> Authority:
        """Sign a new root, valid from ``now`` for the hierarchy's years. The same arguments give the same bytes."""
        tbs = _root_tbs(
            kind,
            hierarchy=hierarchy,
            signer=signer,
            serial=serial,
            not_before=to_whole_seconds(now),
        )
        return cls.load(kind, hierarchy, encoding.sign(signer, tbs), signer)

    @classmethod
    def load(cls, kind: CaKind, hierarchy: Hierarchy, certificate_der: bytes, signer: Signer) -> Authority:
        """Join a root certificate and its key; ``IssueError`` when they, or the names, do not belong together."""
        try:
            certificate = x509.load_der_x509_certificate(certificate_der)
            certificate.verify_directly_issued_by(certificate)
            subject = certificate.subject.public_bytes()
        except (ValueError, TypeError, InvalidSignature) as error:
            raise IssueError("the CA certificate is unreadable or not signed by its own key") from error
        if certificate.public_key() != signer.public_key:
            raise IssueError("the CA's private key does not belong to its certificate")
        encoding.check_public_key(signer.public_key, hierarchy.algorithm)
        if subject != hierarchy.ca_name(kind).encode():
            raise IssueError(f"the certificate is not that of the {kind.value} CA of the {hierarchy.label} hierarchy")
        return cls(
            kind=kind,
            hierarchy=hierarchy,
            certificate_der=certificate_der,
            signer=signer,
            serial=certificate.serial_number,
            key_id=encoding.key_identifier(signer.public_key),
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
        )


def _root_tbs(kind: CaKind, *, hierarchy: Hierarchy, signer: Signer, serial: int, not_before: datetime) -> bytes:
    encoding.check_serial(serial)
    encoding.check_public_key(signer.public_key, hierarchy.algorithm)
    name = hierarchy.ca_name(kind)
    profile = CA_PROFILES[kind]
    values = {
        oids.KEY_USAGE: encoding.key_usage(profile.key_usage),
        oids.SUBJECT_ALT_NAME: encoding.alt_name(ca_alt_name(kind)),
        oids.BASIC_CONSTRAINTS: der.sequence(der.boolean_true()),  # cA TRUE, no pathLenConstraint
        oids.CRL_DISTRIBUTION_POINTS: encoding.distribution_point(name),
        oids.SUBJECT_KEY_IDENTIFIER: der.octet_string(encoding.key_identifier(signer.public_key)),
    }
    return encoding.tbs_certificate(
        serial=serial,
        issuer=name,
        not_before=not_before,
        not_after=ca_not_after(not_before, hierarchy.terms),
        subject=name,
        public_key_info=encoding.subject_public_key_info(signer.public_key),
        extensions=encoding.extensions(profile.required, values),
        algorithm=signer.algorithm,
    )
