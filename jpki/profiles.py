"""The certificate and CRL profiles as tables: extension × presence × criticality × source, rows in DER order.

The issuer writes what these tables say and the verifier checks against the same tables. Nothing in them departs from
RFC 5280: pkilint 0.13 finds neither error nor warning in what they describe.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from enum import Enum

from jpki import names, oids
from jpki.algorithms import P_384, RSA_2048, KeyAlgorithm
from jpki.errors import UnsafeHierarchyWarning
from jpki.kinds import CaKind
from jpki.names import Name
from jpki.validity import NEXT_TERMS, PRESENT_TERMS, Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Hierarchy:
    """What tells one pair of CAs from another: its names, policies and pointers."""

    label: str
    organization: str
    sign_policy: str
    auth_policy: str
    cps_uri: str
    auth_ocsp_uri: str
    algorithm: KeyAlgorithm = RSA_2048
    """Of the CAs' keys and of those that they certify."""
    terms: Terms = PRESENT_TERMS
    phone_policies: tuple[tuple[CaKind, str], ...] = ()
    """Other policies that a verifier accepts: those of certificates on phones (移動端末設備用). UNVERIFIED, hence none
    unless said: 1.2.392.200149.8.5.1.1.40 is reported for signing. The lab issues for phones under the card's."""

    def policy(self, kind: CaKind) -> str:
        """The policy that end-entity certificates of this CA carry."""
        return self.sign_policy if kind is CaKind.SIGN else self.auth_policy

    def policies(self, kind: CaKind) -> tuple[str, ...]:
        """All that a verifier accepts of this CA."""
        return (self.policy(kind), *(policy for of, policy in self.phone_policies if of is kind))

    def ca_name(self, kind: CaKind) -> Name:
        """The CA's distinguished name."""
        return names.ca_name(self.organization, kind)


TEST = Hierarchy(
    label="test",
    organization="JPKI-TEST",  # soltia48/myna-card: read from J-LIS test cards
    sign_policy=oids.POLICY_TEST_SIGN,
    auth_policy=oids.POLICY_TEST_AUTH,
    # Choice: hosts that never resolve (RFC 2606 clause 2), so that no lab certificate leads anybody to the real
    # service's statement or responder. The CPS URI has the 30 characters of the production one, so the DER around it
    # is the production DER.
    cps_uri="http://cps.mynalab.invalid/cps",
    auth_ocsp_uri="http://ocspauthnorm.mynalab.invalid",
)


def next_generation(hierarchy: Hierarchy) -> Hierarchy:
    """The CAs for 次期個人番号カード: OUR DESIGN. Announced are the algorithm and the ten years, nothing else.

    Choice: names, policies, pointers and extensions stay, as they have through three generations of JPKI's CAs.
    """
    return replace(hierarchy, label=f"next {hierarchy.label}", algorithm=P_384, terms=NEXT_TERMS)


def unsafe_production_shaped() -> Hierarchy:
    """Production names, policies and pointers, for byte comparison with real certificates. Warns each time.

    The keys are still the lab's: nothing but a program that trusts names instead of keys could be fooled.
    """
    warnings.warn(
        "certificates of this hierarchy carry the production names of JPKI; keep them out of every trust store",
        UnsafeHierarchyWarning,
        stacklevel=2,
    )
    return Hierarchy(
        label="production-shaped",
        organization="JPKI",
        sign_policy=oids.POLICY_SIGN,
        auth_policy=oids.POLICY_AUTH,
        cps_uri="http://www.jpki.go.jp/cps.html",
        auth_ocsp_uri="http://ocspauthnorm.jpki.go.jp",
    )


class Presence(Enum):
    """Whether an extension belongs to a profile."""

    REQUIRED = "required"
    ABSENT = "absent"


class KeyUsageBit(Enum):
    """KeyUsage bit numbers (RFC 5280 clause 4.2.1.3) that the profiles use."""

    DIGITAL_SIGNATURE = 0
    NON_REPUDIATION = 1
    KEY_CERT_SIGN = 5
    CRL_SIGN = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionRule:
    """One row: does the extension stand in the certificate or CRL, is it critical, and who says so."""

    oid: str
    name: str
    presence: Presence = Presence.REQUIRED
    critical: bool = False
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateProfile:
    """One kind of certificate. ``rules`` lists the required extensions in DER order, then the forbidden ones."""

    label: str
    kind: CaKind
    is_ca: bool
    key_usage: tuple[KeyUsageBit, ...]
    extended_key_usage: tuple[str, ...] = ()
    rules: tuple[ExtensionRule, ...]

    @property
    def required(self) -> tuple[ExtensionRule, ...]:
        """The extensions that the certificate has, in DER order."""
        return tuple(rule for rule in self.rules if rule.presence is Presence.REQUIRED)

    def rule(self, oid: str) -> ExtensionRule | None:
        """The row of one extension; None when the profile does not speak of it."""
        return next((rule for rule in self.rules if rule.oid == oid), None)


def _absent(oid: str, name: str, source: str) -> ExtensionRule:
    return ExtensionRule(oid=oid, name=name, presence=Presence.ABSENT, source=source)


_CA = "six production CA certificates, 2015–2023"
_SIGN = "production signing certificate, 2020; test card in soltia48/myna-card"
_AUTH = "three production authentication certificates"
_DELEGATION = "RFC 6960 clause 4.2.2.2; the real responder's certificate is not public"

_CA_RULES = (
    ExtensionRule(oid=oids.KEY_USAGE, name="keyUsage", critical=True, source=_CA),
    ExtensionRule(oid=oids.SUBJECT_ALT_NAME, name="subjectAltName", source=_CA),
    ExtensionRule(oid=oids.BASIC_CONSTRAINTS, name="basicConstraints", critical=True, source=_CA),
    ExtensionRule(oid=oids.CRL_DISTRIBUTION_POINTS, name="cRLDistributionPoints", source=_CA),
    ExtensionRule(oid=oids.SUBJECT_KEY_IDENTIFIER, name="subjectKeyIdentifier", source=_CA),
    _absent(oids.AUTHORITY_KEY_IDENTIFIER, "authorityKeyIdentifier", _CA),
    _absent(oids.CERTIFICATE_POLICIES, "certificatePolicies", _CA),
    _absent(oids.AUTHORITY_INFO_ACCESS, "authorityInfoAccess", _CA),
)

_SIGN_RULES = (
    ExtensionRule(oid=oids.KEY_USAGE, name="keyUsage", critical=True, source=_SIGN),
    ExtensionRule(oid=oids.SUBJECT_ALT_NAME, name="subjectAltName", source=_SIGN),
    ExtensionRule(oid=oids.CERTIFICATE_POLICIES, name="certificatePolicies", critical=True, source=_SIGN),
    ExtensionRule(oid=oids.ISSUER_ALT_NAME, name="issuerAltName", source=_SIGN),
    ExtensionRule(oid=oids.CRL_DISTRIBUTION_POINTS, name="cRLDistributionPoints", source=_SIGN),
    ExtensionRule(oid=oids.AUTHORITY_KEY_IDENTIFIER, name="authorityKeyIdentifier", source=_SIGN),
    ExtensionRule(oid=oids.SUBJECT_KEY_IDENTIFIER, name="subjectKeyIdentifier", source=_SIGN),
    _absent(oids.EXTENDED_KEY_USAGE, "extendedKeyUsage", _SIGN),
    _absent(oids.BASIC_CONSTRAINTS, "basicConstraints", _SIGN),
    _absent(oids.AUTHORITY_INFO_ACCESS, "authorityInfoAccess", _SIGN),
)

_AUTH_RULES = (
    ExtensionRule(oid=oids.KEY_USAGE, name="keyUsage", critical=True, source=_AUTH),
    ExtensionRule(oid=oids.EXTENDED_KEY_USAGE, name="extendedKeyUsage", source=_AUTH),
    ExtensionRule(oid=oids.CERTIFICATE_POLICIES, name="certificatePolicies", critical=True, source=_AUTH),
    ExtensionRule(oid=oids.ISSUER_ALT_NAME, name="issuerAltName", source=_AUTH),
    ExtensionRule(oid=oids.CRL_DISTRIBUTION_POINTS, name="cRLDistributionPoints", source=_AUTH),
    ExtensionRule(oid=oids.AUTHORITY_INFO_ACCESS, name="authorityInfoAccess", source=_AUTH),
    ExtensionRule(oid=oids.AUTHORITY_KEY_IDENTIFIER, name="authorityKeyIdentifier", source=_AUTH),
    ExtensionRule(oid=oids.SUBJECT_KEY_IDENTIFIER, name="subjectKeyIdentifier", source=_AUTH),
    _absent(oids.SUBJECT_ALT_NAME, "subjectAltName", _AUTH),
    _absent(oids.BASIC_CONSTRAINTS, "basicConstraints", _AUTH),
)

# The extensions that every other end-entity certificate of the CA has, where they mean something for a responder. No
# distribution point and no authorityInfoAccess: nobody is to ask for the status of whom status is asked from.
_OCSP_RESPONDER_RULES = (
    ExtensionRule(oid=oids.KEY_USAGE, name="keyUsage", critical=True, source=_DELEGATION),
    ExtensionRule(oid=oids.EXTENDED_KEY_USAGE, name="extendedKeyUsage", source=_DELEGATION),
    ExtensionRule(oid=oids.OCSP_NO_CHECK, name="ocsp-nocheck", source="RFC 6960 clause 4.2.2.2.1: not critical"),
    ExtensionRule(oid=oids.AUTHORITY_KEY_IDENTIFIER, name="authorityKeyIdentifier", source=_DELEGATION),
    ExtensionRule(oid=oids.SUBJECT_KEY_IDENTIFIER, name="subjectKeyIdentifier", source=_DELEGATION),
    _absent(oids.BASIC_CONSTRAINTS, "basicConstraints", _DELEGATION),
    _absent(oids.SUBJECT_ALT_NAME, "subjectAltName", _DELEGATION),
    _absent(oids.CRL_DISTRIBUTION_POINTS, "cRLDistributionPoints", "RFC 6960 clause 4.2.2.2.1: nocheck instead"),
    _absent(oids.AUTHORITY_INFO_ACCESS, "authorityInfoAccess", "RFC 6960 clause 4.2.2.2.1: nocheck instead"),
)

# The real CRL's extensions are not public. Choice: the two that RFC 5280 clause 5.2 demands of a conforming CA, and
# no issuingDistributionPoint, because one full list covers every municipality's distribution point.
CRL_RULES = (
    ExtensionRule(oid=oids.AUTHORITY_KEY_IDENTIFIER, name="authorityKeyIdentifier", source="RFC 5280 clause 5.2.1"),
    ExtensionRule(oid=oids.CRL_NUMBER, name="cRLNumber", source="RFC 5280 clause 5.2.3"),
)

# A partition says which certificates it speaks of: those that name its distribution point. Not so a full list.
PARTITION_CRL_RULES = (
    *CRL_RULES,
    ExtensionRule(
        oid=oids.ISSUING_DISTRIBUTION_POINT,
        name="issuingDistributionPoint",
        critical=True,
        source="RFC 5280 clause 5.2.5",
    ),
)

CA_PROFILES = {
    kind: CertificateProfile(
        label=f"{kind.value} CA",
        kind=kind,
        is_ca=True,
        key_usage=(KeyUsageBit.KEY_CERT_SIGN, KeyUsageBit.CRL_SIGN),
        rules=_CA_RULES,
    )
    for kind in CaKind
}

END_ENTITY_PROFILES = {
    CaKind.SIGN: CertificateProfile(
        label="signing",
        kind=CaKind.SIGN,
        is_ca=False,
        key_usage=(KeyUsageBit.DIGITAL_SIGNATURE, KeyUsageBit.NON_REPUDIATION),
        rules=_SIGN_RULES,
    ),
    CaKind.AUTH: CertificateProfile(
        label="user authentication",
        kind=CaKind.AUTH,
        is_ca=False,
        key_usage=(KeyUsageBit.DIGITAL_SIGNATURE,),
        extended_key_usage=(oids.CLIENT_AUTH,),
        rules=_AUTH_RULES,
    ),
}

OCSP_RESPONDER_PROFILES = {
    kind: CertificateProfile(
        label=f"OCSP responder of the {kind.value} CA",
        kind=kind,
        is_ca=False,
        key_usage=(KeyUsageBit.DIGITAL_SIGNATURE,),
        extended_key_usage=(oids.OCSP_SIGNING,),
        rules=_OCSP_RESPONDER_RULES,
    )
    for kind in CaKind
}
