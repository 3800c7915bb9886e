"""One negative case for each code of the catalogue: the verdict has exactly the codes that the case names."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from jpki import der, oids
from jpki.ca import encoding
from jpki.ca.crl import CrlEntry
from jpki.kinds import CaKind
from jpki.profiles import KeyUsageBit
from jpki.reasons import RevocationReason
from jpki.verify.catalogue import CATALOGUE, Step
from jpki.verify.catalogue_documents import DOCUMENT_RULES
from jpki.verify.catalogue_ocsp import OCSP_RULES
from jpki.verify.catalogue_sources import SOURCE_RULES
from jpki.verify.policy import LOG_IN, Policy
from jpki.verify.procedure import Verdict
from jpki.verify.revocation import CrlRevocationCheck, UnsafeNoRevocationCheck

SIGN, AUTH = CaKind.SIGN, CaKind.AUTH
NOW = datetime(2026, 5, 1, 3, 0, tzinfo=UTC)
UNKNOWN_OID = "1.3.6.1.4.1.99999.1"
OTHER_ALGORITHM = der.sequence(der.oid("1.2.840.113549.1.1.12"), der.null())  # sha384WithRSAEncryption


def key_info(key: Any) -> bytes:
    return bytes(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def no_policy(bench: Any) -> Verdict:
    return bench.verify(policy=Policy())


def no_purpose(bench: Any) -> Verdict:
    return bench.verify(policy=Policy(revocation=CrlRevocationCheck(bench.crls())))


def no_revocation_check(bench: Any) -> Verdict:
    return bench.verify(policy=Policy(purpose=LOG_IN))


def garbage(bench: Any) -> Verdict:
    return bench.verify(b"no certificate")


def nothing(bench: Any) -> Verdict:
    return bench.verify(b"")


def trailing_byte(bench: Any) -> Verdict:
    return bench.verify(bench.issue(AUTH) + b"\x00")


def too_large(bench: Any) -> Verdict:
    return bench.verify(bench.seal(bench.parts().with_extension(UNKNOWN_OID, der.octet_string(bytes(20_000)))))


def version_1(bench: Any) -> Verdict:
    parts = bench.parts()
    parts.version = b""
    return bench.verify(bench.seal(parts))


def duplicate_extension(bench: Any) -> Verdict:
    parts = bench.parts()
    original = parts.extensions[oids.KEY_USAGE]
    whole = bench.seal(parts.with_extension("2.5.29.99", original[0], critical=True))
    # 2.5.29.99 becomes keyUsage again: the signature is wrong then, but nobody gets that far
    return bench.verify(whole.replace(der.oid("2.5.29.99"), der.oid(oids.KEY_USAGE)))


def serial_number_zero(bench: Any) -> Verdict:
    parts = bench.parts()
    parts.serial = 0
    with warnings.catch_warnings():  # the library that reads it only warns
        warnings.simplefilter("ignore")
        return bench.verify(bench.seal(parts))


def serial_number_negative(bench: Any) -> Verdict:
    whole = bench.issue(AUTH, serial=0x7F)
    return bench.verify(whole.replace(der.integer(0x7F), der.tlv(0x02, b"\xff"), 1))


def name_out_of_bounds(bench: Any) -> Verdict:
    """A country of three letters, in a name that no step compares: the library that reads it only warns."""
    country = der.set_of(der.sequence(der.oid(oids.COUNTRY), der.printable_string("JPN")))
    value = der.sequence(der.explicit(4, der.sequence(country)))
    return bench.verify(bench.seal(bench.parts().with_extension(oids.ISSUER_ALT_NAME, value)))


def elliptic_key(bench: Any) -> Verdict:
    parts = bench.parts()
    parts.key_info = key_info(ec.derive_private_key(7, ec.SECP256R1()).public_key())
    return bench.verify(bench.seal(parts))


def short_key(bench: Any) -> Verdict:
    parts = bench.parts()
    parts.key_info = key_info(rsa.RSAPublicNumbers(65537, (1 << 1023) + 1).public_key())
    return bench.verify(bench.seal(parts))


def other_algorithm(bench: Any) -> Verdict:
    parts = bench.parts()
    parts.inner_algorithm = parts.outer_algorithm = OTHER_ALGORITHM
    return bench.verify(bench.seal(parts))


def inner_algorithm_differs(bench: Any) -> Verdict:
    parts = bench.parts()
    parts.inner_algorithm = OTHER_ALGORITHM
    return bench.verify(bench.seal(parts))


def outer_algorithm_differs(bench: Any) -> Verdict:
    parts = bench.parts()
    parts.outer_algorithm = OTHER_ALGORITHM
    return bench.verify(bench.seal(parts))


def no_authority_key(bench: Any) -> Verdict:
    return bench.verify(bench.seal(bench.parts().without_extension(oids.AUTHORITY_KEY_IDENTIFIER)))


def root_itself(bench: Any) -> Verdict:
    return bench.verify(bench.authorities[AUTH].certificate_der)


def untrusted_generation(bench: Any) -> Verdict:
    return bench.verify(bench.issue(AUTH, bench.next_generation[AUTH]))


def nothing_is_trusted(bench: Any) -> Verdict:
    return bench.verify(trust=type(bench.trust())(()))


def other_issuer_name(bench: Any) -> Verdict:
    parts = bench.parts()
    parts.issuer = bench.authorities[SIGN].name.encode()
    return bench.verify(bench.seal(parts))


def other_issuer_serial(bench: Any) -> Verdict:
    authority = bench.authorities[AUTH]
    value = encoding.authority_key_identifier(authority.key_id, issuer=authority.name, serial=authority.serial + 1)
    return bench.verify(bench.seal(bench.parts().with_extension(oids.AUTHORITY_KEY_IDENTIFIER, value)))


def forged_under_the_same_name(bench: Any) -> Verdict:
    """Every name and identifier right, the key another: what trusting names would accept."""
    return bench.verify(bench.seal(bench.parts(), bench.keys[3]))


def changed_after_signing(bench: Any) -> Verdict:
    return bench.verify(bench.issue(AUTH).replace(b"003A", b"004A"))


def last_bit_of_the_signature_unused(bench: Any) -> Verdict:
    """The same signature as 2,047 bits: other bytes, hence another certificate, that nobody issued."""
    even = next(raw for raw in (bench.issue(AUTH, serial=number) for number in range(1, 99)) if not raw[-1] & 1)
    return bench.verify(even[:-257] + b"\x01" + even[-256:])


def before_the_ca(bench: Any) -> Verdict:
    early = datetime(2024, 6, 1, tzinfo=UTC)
    parts = bench.parts()
    parts.not_before = early - timedelta(days=1)
    crl = bench.crl(this_update=early - timedelta(hours=1), next_update=early + timedelta(hours=1))
    return bench.verify(bench.seal(parts), now=early, crls=[crl])


def after_the_ca(bench: Any) -> Verdict:
    late = datetime(2036, 1, 1, tzinfo=UTC)
    parts = bench.parts()
    parts.not_after = late + timedelta(days=1)
    crl = bench.crl(this_update=late - timedelta(hours=1), next_update=late + timedelta(hours=1))
    return bench.verify(bench.seal(parts), now=late, crls=[crl])


def signing_certificate_for_a_log_in(bench: Any) -> Verdict:
    return bench.verify(bench.issue(SIGN), signature=bench.sign(SIGN))


def authentication_certificate_for_a_contract(bench: Any) -> Verdict:
    return bench.verify(bench.issue(AUTH), kind=SIGN, signature=bench.sign(AUTH))


def key_usage_of_the_other_kind(bench: Any) -> Verdict:
    value = encoding.key_usage((KeyUsageBit.DIGITAL_SIGNATURE, KeyUsageBit.NON_REPUDIATION))
    return bench.verify(bench.seal(bench.parts().with_extension(oids.KEY_USAGE, value, critical=True)))


def signing_without_non_repudiation(bench: Any) -> Verdict:
    value = encoding.key_usage((KeyUsageBit.DIGITAL_SIGNATURE,))
    parts = bench.parts(SIGN).with_extension(oids.KEY_USAGE, value, critical=True)
    return bench.verify(bench.seal(parts, kind=SIGN), kind=SIGN)


def server_certificate(bench: Any) -> Verdict:
    value = der.sequence(der.oid("1.3.6.1.5.5.7.3.1"))
    return bench.verify(bench.seal(bench.parts().with_extension(oids.EXTENDED_KEY_USAGE, value)))


def policy_of_the_other_kind(bench: Any) -> Verdict:
    value = encoding.policies(oids.POLICY_TEST_SIGN, "http://cps.mynalab.invalid/cps")
    return bench.verify(bench.seal(bench.parts().with_extension(oids.CERTIFICATE_POLICIES, value, critical=True)))


def policy_of_production(bench: Any) -> Verdict:
    value = encoding.policies(oids.POLICY_AUTH, "http://cps.mynalab.invalid/cps")
    return bench.verify(bench.seal(bench.parts().with_extension(oids.CERTIFICATE_POLICIES, value, critical=True)))


def without_policies(bench: Any) -> Verdict:
    return bench.verify(bench.seal(bench.parts().without_extension(oids.CERTIFICATE_POLICIES)))


def name_in_an_authentication_certificate(bench: Any) -> Verdict:
    value = bench.parts(SIGN).extensions[oids.SUBJECT_ALT_NAME][0]
    return bench.verify(bench.seal(bench.parts().with_extension(oids.SUBJECT_ALT_NAME, value)))


def policies_not_critical(bench: Any) -> Verdict:
    parts = bench.parts()
    value = parts.extensions[oids.CERTIFICATE_POLICIES][0]
    return bench.verify(bench.seal(parts.with_extension(oids.CERTIFICATE_POLICIES, value, critical=False)))


def unknown_critical(bench: Any) -> Verdict:
    return bench.verify(bench.seal(bench.parts().with_extension(UNKNOWN_OID, der.null(), critical=True)))


def unknown_not_critical(bench: Any) -> Verdict:
    return bench.verify(bench.seal(bench.parts().with_extension(UNKNOWN_OID, der.null())))


def other_order(bench: Any) -> Verdict:
    parts = bench.parts()
    parts.extensions = dict(reversed(parts.extensions.items()))
    return bench.verify(bench.seal(parts))


def intermediate_ca(bench: Any) -> Verdict:
    value = der.sequence(der.boolean_true())
    return bench.verify(bench.seal(bench.parts().with_extension(oids.BASIC_CONSTRAINTS, value, critical=True)))


def other_subject_key(bench: Any) -> Verdict:
    value = der.octet_string(bytes(20))
    return bench.verify(bench.seal(bench.parts().with_extension(oids.SUBJECT_KEY_IDENTIFIER, value)))


def attributes_cut(bench: Any) -> Verdict:
    other_name = der.explicit(0, der.oid(oids.HOLDER_NAME) + der.explicit(0, der.utf8_string("見本　花子")))
    parts = bench.parts(SIGN).with_extension(oids.SUBJECT_ALT_NAME, der.sequence(other_name))
    return bench.verify(bench.seal(parts, kind=SIGN), kind=SIGN)


def too_early(bench: Any) -> Verdict:
    parts = bench.parts()
    parts.not_before = NOW + timedelta(seconds=1)
    return bench.verify(bench.seal(parts))


def too_late(bench: Any) -> Verdict:
    parts = bench.parts()
    parts.not_after = NOW - timedelta(seconds=1)
    return bench.verify(bench.seal(parts))


def revoked(bench: Any) -> Verdict:
    entry = CrlEntry(serial=7, revoked_at=NOW - timedelta(days=1), reason=RevocationReason.SUPERSEDED)
    return bench.verify(crls=[bench.crl(AUTH, entry)])


def on_hold(bench: Any) -> Verdict:
    entry = CrlEntry(serial=7, revoked_at=NOW - timedelta(days=1), reason=RevocationReason.CERTIFICATE_HOLD)
    return bench.verify(crls=[bench.crl(AUTH, entry)])


def revoked_without_a_reason(bench: Any) -> Verdict:
    entry = CrlEntry(serial=7, revoked_at=NOW - timedelta(days=1), reason=RevocationReason.UNSPECIFIED)
    return bench.verify(crls=[bench.crl(AUTH, entry)])


def revoked_for_an_unknown_reason(bench: Any) -> Verdict:
    reason = encoding.extension(oids.CRL_REASON, der.enumerated(10), critical=False)
    entry = der.sequence(der.integer(7), der.time(NOW - timedelta(days=1)), der.sequence(reason))
    return bench.verify(crls=[bench.seal_crl(entries=[entry])])


def not_checked(bench: Any) -> Verdict:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        unsafe = UnsafeNoRevocationCheck()
    return bench.verify(revocation=unsafe)


def no_crl(bench: Any) -> Verdict:
    return bench.verify(crls=[])


def crl_garbage(bench: Any) -> Verdict:
    return bench.verify(crls=[b"no CRL"])


def crl_of_the_other_ca(bench: Any) -> Verdict:
    return bench.verify(crls=[bench.crl(SIGN)])


def crl_of_the_next_generation(bench: Any) -> Verdict:
    return bench.verify(crls=[bench.crl(authority=bench.next_generation[AUTH])])


def crl_with_another_algorithm(bench: Any) -> Verdict:
    return bench.verify(crls=[bench.seal_crl(inner=OTHER_ALGORITHM, outer=OTHER_ALGORITHM)])


def crl_changed_after_signing(bench: Any) -> Verdict:
    crl = bench.crl(AUTH, CrlEntry(serial=7, revoked_at=NOW - timedelta(days=1), reason=RevocationReason.SUPERSEDED))
    return bench.verify(crls=[crl.replace(der.integer(7), der.integer(8))])


def crl_signature_with_an_unused_bit(bench: Any) -> Verdict:
    even = next(raw for raw in (bench.crl(number=number) for number in range(1, 99)) if not raw[-1] & 1)
    return bench.verify(crls=[even[:-257] + b"\x01" + even[-256:]])


def crl_partitioned(bench: Any, *, critical: bool = True) -> Verdict:
    point = encoding.issuing_distribution_point(bench.authorities[AUTH].name)
    partition = encoding.extension("2.5.29.28", point, critical=critical)  # issuingDistributionPoint
    return bench.verify(crls=[bench.seal_crl(extensions=partition)])


def crl_partitioned_without_the_mark(bench: Any) -> Verdict:
    return crl_partitioned(bench, critical=False)


def crl_of_some_reasons(bench: Any) -> Verdict:
    scope = der.sequence(der.tlv(0x83, b"\x01\x02"))  # onlySomeReasons, RFC 5280 clause 5.2.5
    return bench.verify(crls=[bench.seal_crl(extensions=encoding.extension("2.5.29.28", scope, critical=True))])


def crl_delta(bench: Any, *, critical: bool = True) -> Verdict:
    delta = encoding.extension("2.5.29.27", der.integer(41), critical=critical)  # deltaCRLIndicator
    return bench.verify(crls=[bench.seal_crl(extensions=delta)])


def crl_delta_without_the_mark(bench: Any) -> Verdict:
    return crl_delta(bench, critical=False)


def crl_entry_of_another_issuer(bench: Any, *, critical: bool = True) -> Verdict:
    issuer = encoding.extension("2.5.29.29", encoding.alt_name(bench.authorities[SIGN].name), critical=critical)
    entry = der.sequence(der.integer(8), der.time(NOW - timedelta(days=1)), der.sequence(issuer))
    return bench.verify(crls=[bench.seal_crl(entries=[entry])])


def crl_entry_of_another_issuer_without_the_mark(bench: Any) -> Verdict:
    return crl_entry_of_another_issuer(bench, critical=False)


def crl_from_the_future(bench: Any) -> Verdict:
    return bench.verify(crls=[bench.crl(this_update=NOW + timedelta(minutes=6))])


def crl_without_next_update(bench: Any) -> Verdict:
    return bench.verify(crls=[bench.seal_crl(next_update=None)])


def crl_stale(bench: Any) -> Verdict:
    return bench.verify(crls=[bench.crl(next_update=NOW - timedelta(minutes=6))])


def crl_overdue(bench: Any) -> Verdict:
    lists = [bench.crl(next_update=NOW - timedelta(hours=1))]
    return bench.verify(revocation=CrlRevocationCheck(lists, overdue=timedelta(days=1)))


def crl_overdue_for_too_long(bench: Any) -> Verdict:
    lists = [bench.crl(next_update=NOW - timedelta(hours=1))]
    return bench.verify(revocation=CrlRevocationCheck(lists, overdue=timedelta(minutes=54)))


def crl_too_old(bench: Any) -> Verdict:
    return bench.verify(revocation=CrlRevocationCheck(bench.crls(), max_age=timedelta(hours=2)))


def short_signature(bench: Any) -> Verdict:
    return bench.verify(signature=bench.sign()[:-1])


def no_signature(bench: Any) -> Verdict:
    return bench.verify(signature=b"")


def other_message(bench: Any) -> Verdict:
    return bench.verify(message=b"other bytes")


def other_signer(bench: Any) -> Verdict:
    return bench.verify(signature=bench.sign(SIGN))


def revoked_and_expired_and_forged(bench: Any) -> Verdict:
    parts = bench.parts()
    parts.not_after = NOW - timedelta(seconds=1)
    entry = CrlEntry(serial=7, revoked_at=NOW - timedelta(days=1), reason=RevocationReason.KEY_COMPROMISE)
    return bench.verify(bench.seal(parts), crls=[bench.crl(AUTH, entry)], message=b"other bytes")


CASES: list[tuple[Callable[[Any], Verdict], list[str]]] = [
    (no_policy, ["jpki.policy.empty"]),
    (no_purpose, ["jpki.policy.empty"]),
    (no_revocation_check, ["jpki.policy.empty"]),
    (garbage, ["jpki.certificate.unreadable"]),
    (nothing, ["jpki.certificate.unreadable"]),
    (trailing_byte, ["jpki.certificate.unreadable"]),
    (too_large, ["jpki.certificate.unreadable"]),
    (version_1, ["jpki.certificate.unreadable"]),
    (duplicate_extension, ["jpki.certificate.unreadable"]),
    (serial_number_zero, ["jpki.certificate.unreadable"]),
    (serial_number_negative, ["jpki.certificate.unreadable"]),
    (name_out_of_bounds, ["jpki.certificate.unreadable"]),
    (elliptic_key, ["jpki.certificate.key-unsupported"]),
    (short_key, ["jpki.certificate.key-unsupported"]),
    (other_algorithm, ["jpki.certificate.algorithm"]),
    (inner_algorithm_differs, ["jpki.certificate.algorithm"]),
    (outer_algorithm_differs, ["jpki.certificate.algorithm"]),
    (no_authority_key, ["jpki.path.authority-key-missing"]),
    (root_itself, ["jpki.path.authority-key-missing"]),
    (untrusted_generation, ["jpki.path.issuer-not-found"]),
    (nothing_is_trusted, ["jpki.path.issuer-not-found"]),
    (other_issuer_name, ["jpki.path.issuer-mismatch"]),
    (other_issuer_serial, ["jpki.path.authority-serial-mismatch"]),
    (forged_under_the_same_name, ["jpki.path.signature-invalid"]),
    (changed_after_signing, ["jpki.path.signature-invalid"]),
    (last_bit_of_the_signature_unused, ["jpki.path.signature-invalid"]),
    (before_the_ca, ["jpki.path.issuer-not-yet-valid"]),
    (after_the_ca, ["jpki.path.issuer-expired"]),
    (signing_certificate_for_a_log_in, ["jpki.purpose.wrong-ca"]),
    (authentication_certificate_for_a_contract, ["jpki.purpose.wrong-ca"]),
    (key_usage_of_the_other_kind, ["jpki.purpose.key-usage"]),
    (signing_without_non_repudiation, ["jpki.purpose.key-usage"]),
    (server_certificate, ["jpki.purpose.extended-key-usage"]),
    (policy_of_the_other_kind, ["jpki.purpose.policy"]),
    (policy_of_production, ["jpki.purpose.policy"]),
    (without_policies, ["jpki.profile.extension-missing"]),
    (name_in_an_authentication_certificate, ["jpki.profile.extension-forbidden"]),
    (policies_not_critical, ["jpki.profile.extension-criticality"]),
    (unknown_critical, ["jpki.profile.extension-unknown-critical"]),
    (unknown_not_critical, ["jpki.profile.extension-unknown"]),
    (other_order, ["jpki.profile.extension-order"]),
    (intermediate_ca, ["jpki.profile.extension-forbidden", "jpki.profile.is-ca"]),
    (other_subject_key, ["jpki.profile.subject-key-mismatch"]),
    (attributes_cut, ["jpki.profile.attributes-unreadable"]),
    (too_early, ["jpki.validity.not-yet-valid"]),
    (too_late, ["jpki.validity.expired"]),
    (revoked, ["jpki.revocation.revoked"]),
    (on_hold, ["jpki.revocation.revoked"]),
    (revoked_without_a_reason, ["jpki.revocation.revoked"]),
    (revoked_for_an_unknown_reason, ["jpki.revocation.revoked"]),
    (not_checked, ["jpki.revocation.not-checked"]),
    (no_crl, ["jpki.revocation.no-crl"]),
    (crl_garbage, ["jpki.revocation.crl-unreadable"]),
    (crl_of_the_other_ca, ["jpki.revocation.crl-of-other-ca"]),
    (crl_of_the_next_generation, ["jpki.revocation.crl-of-other-key"]),
    (crl_with_another_algorithm, ["jpki.revocation.crl-algorithm"]),
    (crl_changed_after_signing, ["jpki.revocation.crl-signature-invalid"]),
    (crl_signature_with_an_unused_bit, ["jpki.revocation.crl-signature-invalid"]),
    (crl_partitioned, ["jpki.revocation.crl-of-other-partition"]),
    (crl_partitioned_without_the_mark, ["jpki.revocation.crl-of-other-partition"]),
    (crl_of_some_reasons, ["jpki.revocation.crl-critical-extension"]),
    (crl_delta, ["jpki.revocation.crl-critical-extension"]),
    (crl_delta_without_the_mark, ["jpki.revocation.crl-critical-extension"]),
    (crl_entry_of_another_issuer, ["jpki.revocation.crl-critical-extension"]),
    (crl_entry_of_another_issuer_without_the_mark, ["jpki.revocation.crl-critical-extension"]),
    (crl_from_the_future, ["jpki.revocation.crl-not-yet-valid"]),
    (crl_without_next_update, ["jpki.revocation.crl-no-next-update"]),
    (crl_stale, ["jpki.revocation.crl-stale"]),
    (crl_overdue, ["jpki.revocation.crl-overdue"]),
    (crl_overdue_for_too_long, ["jpki.revocation.crl-stale"]),
    (crl_too_old, ["jpki.revocation.crl-too-old"]),
    (short_signature, ["jpki.signature.malformed"]),
    (no_signature, ["jpki.signature.malformed"]),
    (other_message, ["jpki.signature.invalid"]),
    (other_signer, ["jpki.signature.invalid"]),
    (
        revoked_and_expired_and_forged,
        ["jpki.validity.expired", "jpki.revocation.revoked", "jpki.signature.invalid"],
    ),
]


@pytest.mark.parametrize(("case", "codes"), CASES, ids=lambda value: value.__name__ if callable(value) else "")
def test_the_verdict_has_exactly_the_codes_of_the_case(
    bench: Any, case: Callable[[Any], Verdict], codes: list[str]
) -> None:
    verdict = case(bench)
    assert list(verdict.codes) == codes
    assert verdict.ok is not any(item.is_error for item in verdict.findings)


# Those of the challenge have their cases in tests/jpki/rp, those of documents in tests/jpki/signing, those of OCSP in
# test_ocsp, of both sources in test_preference, of records in test_evidence.
HERE = sorted(
    CATALOGUE.keys()
    - {code for code, rule in CATALOGUE.items() if rule.step in (Step.CHALLENGE, Step.EVIDENCE)}
    - {rule.code for rule in (*DOCUMENT_RULES, *OCSP_RULES, *SOURCE_RULES)}
)


@pytest.mark.parametrize("code", HERE)
def test_every_code_has_a_case(code: str) -> None:
    assert any(code in codes for _, codes in CASES)
