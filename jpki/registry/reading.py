"""What the register enters of a certificate, read from the certificate itself."""

from __future__ import annotations

from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from jpki.errors import RegistryError, UnknownEntryError
from jpki.kinds import CaKind
from jpki.names import SERVICE_UNIT
from jpki.registry.interfaces import Questions
from jpki.registry.records import CertificateId, CertificateRecord, CertificateSigned, CrlPoint

_POINT_TAIL: Final = " CRLDP"  # of the common name: see ``jpki.names.crl_distribution_point``


def read_certificate(certificate_der: bytes, *, kind: CaKind, card_id: int) -> CertificateSigned:
    """The entry of an end-entity certificate; ``RegistryError`` when this is none of that CA."""
    try:
        certificate = x509.load_der_x509_certificate(certificate_der)
        units = {unit.value for unit in certificate.issuer.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)}
        if SERVICE_UNIT[kind] not in units:  # else its revocation would go on the other CA's list and stop nobody
            raise RegistryError(f"what is to be recorded is no certificate of the {kind.value} CA")
        extensions = certificate.extensions
        issuer = extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
        point = _point(extensions.get_extension_for_class(x509.CRLDistributionPoints).value)
    except (ValueError, x509.ExtensionNotFound) as error:
        raise RegistryError("what is to be recorded is no certificate of JPKI's profile") from error
    if issuer is None or point is None:
        raise RegistryError("the certificate does not tell its CA's key and its distribution point")
    return CertificateSigned(
        id=CertificateId(kind, certificate.serial_number),
        key_id=issuer,
        card_id=card_id,
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        point=point,
        certificate_der=certificate_der,
    )


def find_certificate(questions: Questions, certificate_der: bytes) -> CertificateRecord | None:
    """The entry of the certificate with these very bytes, of whichever CA; None when there is none."""
    try:
        serial = x509.load_der_x509_certificate(certificate_der).serial_number
    except ValueError:
        return None
    for kind in CaKind:
        try:
            found = questions.certificate(CertificateId(kind, serial))
        except UnknownEntryError:
            continue
        if found.certificate_der == certificate_der:
            return found
    return None


def _point(points: x509.CRLDistributionPoints) -> CrlPoint | None:
    """``…, OU=Prefecture, CN=Municipality CRLDP`` (production end-entity certificates)."""
    for name in points[0].full_name or ():
        if isinstance(name, x509.DirectoryName):
            texts = [str(attribute.value) for attribute in name.value]
            if len(texts) > 1 and texts[-1].endswith(_POINT_TAIL):
                return CrlPoint(texts[-2], texts[-1].removesuffix(_POINT_TAIL))
    return None
