"""Whether a certificate is a card's or a phone's: it says so itself, or the links do."""

from __future__ import annotations

from cryptography import x509

from jpki import oids
from jpki.rp.operator.checking import Checked
from jpki.rp.operator.desk import TenantDesk
from jpki.rp.operator.records import Medium
from jpki.verify.certificate import ReadCertificate, read_certificate


def medium_of(desk: TenantDesk, checked: Checked) -> Medium | None:
    """Of a certificate that passed. A policy that is for phones alone says it; the card's may stand on a phone."""
    facts = checked.facts
    anchor = checked.verifier.trust.find(facts.binding.issuer_key_id)
    policies = () if anchor is None else anchor.hierarchy.policies(facts.kind)
    if set(policies[1:]) & _policies(checked.proof.certificate):
        return Medium.PHONE
    return desk.operator.links.medium(facts.kind, facts.binding)


def _policies(certificate: bytes) -> set[str]:
    read = read_certificate(certificate)
    extension = read.extensions.get(oids.CERTIFICATE_POLICIES) if isinstance(read, ReadCertificate) else None
    value = extension.value if extension else None
    if not isinstance(value, x509.CertificatePolicies):
        return set()
    return {one.policy_identifier.dotted_string for one in value}
