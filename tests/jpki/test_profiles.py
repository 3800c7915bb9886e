"""The profile tables against the facts they were read from."""

from __future__ import annotations

import warnings

import pytest

from jpki import oids
from jpki.errors import UnsafeHierarchyWarning
from jpki.kinds import CaKind
from jpki.profiles import (
    CA_PROFILES,
    CRL_RULES,
    END_ENTITY_PROFILES,
    OCSP_RESPONDER_PROFILES,
    TEST,
    CertificateProfile,
    Hierarchy,
    KeyUsageBit,
    Presence,
    unsafe_production_shaped,
)

PROFILES = [
    pytest.param(p, id=p.label.replace(" ", "-"))
    for p in (*CA_PROFILES.values(), *END_ENTITY_PROFILES.values(), *OCSP_RESPONDER_PROFILES.values())
]


@pytest.mark.parametrize("profile", PROFILES)
def test_rows_are_complete(profile: CertificateProfile) -> None:
    """Each extension once, each with its source; required ones first, as they are the DER order."""
    presences = [rule.presence for rule in profile.rules]
    assert len({rule.oid for rule in profile.rules}) == len(profile.rules)
    assert all(rule.source and rule.name for rule in profile.rules)
    assert presences == sorted(presences, key=lambda presence: presence is Presence.ABSENT)
    assert not any(rule.critical for rule in profile.rules if rule.presence is Presence.ABSENT)


@pytest.mark.parametrize("profile", PROFILES)
def test_critical_extensions(profile: CertificateProfile) -> None:
    """Critical are keyUsage and, in a CA, basicConstraints, in a holder's, certificatePolicies: nothing else."""
    own = oids.BASIC_CONSTRAINTS if profile.is_ca else oids.CERTIFICATE_POLICIES
    expected = {oids.KEY_USAGE} if profile in OCSP_RESPONDER_PROFILES.values() else {oids.KEY_USAGE, own}
    assert {rule.oid for rule in profile.rules if rule.critical} == expected


def test_rule_by_oid() -> None:
    """A row is found by its OID; an extension without a row is unknown to the profile."""
    profile = END_ENTITY_PROFILES[CaKind.AUTH]
    assert profile.rule(oids.SUBJECT_ALT_NAME) in profile.rules
    assert profile.rule(oids.SUBJECT_ALT_NAME) not in profile.required
    assert profile.rule(oids.CRL_NUMBER) is None


def test_purposes_do_not_overlap() -> None:
    """Only the signing certificate has nonRepudiation, only the other has clientAuth."""
    sign, auth = END_ENTITY_PROFILES[CaKind.SIGN], END_ENTITY_PROFILES[CaKind.AUTH]
    assert KeyUsageBit.NON_REPUDIATION in sign.key_usage
    assert KeyUsageBit.NON_REPUDIATION not in auth.key_usage
    assert (sign.extended_key_usage, auth.extended_key_usage) == ((), (oids.CLIENT_AUTH,))


def test_crl_has_what_rfc_5280_demands() -> None:
    """RFC 5280 clause 5.2: conforming issuers include the key identifier and the number, neither critical."""
    assert [(rule.oid, rule.critical) for rule in CRL_RULES] == [
        (oids.AUTHORITY_KEY_IDENTIFIER, False),
        (oids.CRL_NUMBER, False),
    ]


def test_production_names_warn() -> None:
    """Production names need the unsafe switch, and it says so each time."""
    with pytest.warns(UnsafeHierarchyWarning, match="production names"):
        hierarchy = unsafe_production_shaped()
    assert hierarchy.organization == "JPKI"
    assert hierarchy.policy(CaKind.SIGN) == "1.2.392.200149.8.5.1.1.20"
    assert hierarchy.policy(CaKind.AUTH) == "1.2.392.200149.8.5.1.3.30"


def test_test_names_do_not_warn_and_lead_nowhere() -> None:
    """The default hierarchy is the public test environment's shape, with hosts that never resolve (RFC 2606)."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        hierarchy: Hierarchy = TEST
    assert hierarchy.organization == "JPKI-TEST"
    assert hierarchy.policy(CaKind.SIGN) == "1.2.392.200149.8.5.1.0.20"
    assert hierarchy.policy(CaKind.AUTH) == "1.2.392.200149.8.5.1.0.30"
    assert all(uri.split("/")[2].endswith(".invalid") for uri in (hierarchy.cps_uri, hierarchy.auth_ocsp_uri))


def test_test_hierarchy_has_a_cps_uri_of_production_length(production: Hierarchy) -> None:
    """So the DER around the policy is the production DER."""
    assert len(TEST.cps_uri) == len(production.cps_uri) == 30
