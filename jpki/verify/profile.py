"""Step 5: a certificate against the tables of ``jpki.profiles``: what it may be used for, and its extensions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cryptography import x509

from jpki import oids
from jpki.attributes import HolderAttributes
from jpki.errors import DerError
from jpki.profiles import CertificateProfile, KeyUsageBit, Presence
from jpki.verify.certificate import ReadCertificate
from jpki.verify.extensions import answered
from jpki.verify.findings import Finding, finding

# RFC 5280 clause 4.2.1.3, in the order of the bits.
_KEY_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
)


def check_profile(
    subject: ReadCertificate, profile: CertificateProfile, *, policy: str | None = None, policies: tuple[str, ...] = ()
) -> tuple[Finding, ...]:
    """All that sets this certificate apart from the profile; it has to carry ``policy``, or one of ``policies``."""
    if policy is not None:
        policies = (policy, *policies)
    question = ("profile", profile, *policies)
    shared = answered(subject.extensions, question, lambda: _check_shared(subject, profile, policies))
    return (*shared, *_check_subject_key(subject))


def _check_shared(
    subject: ReadCertificate, profile: CertificateProfile, policies: tuple[str, ...]
) -> tuple[Finding, ...]:
    """What certificates of one town have in common: all but the key's identifier."""
    return (
        *_check_presence(subject, profile),
        *_check_order(subject, profile),
        *_check_key_usage(subject, profile),
        *_check_extended_key_usage(subject, profile),
        *_check_policy(subject, policies),
        *_check_basic_constraints(subject, profile),
    )


def read_attributes(
    subject: ReadCertificate, profile: CertificateProfile
) -> tuple[HolderAttributes | None, tuple[Finding, ...]]:
    """The holder's attributes where the profile has them, and what there is to say of them."""
    rule = profile.rule(oids.SUBJECT_ALT_NAME)
    extension = subject.extensions.get(oids.SUBJECT_ALT_NAME)
    if extension is None or rule is None or rule.presence is Presence.ABSENT:
        return None, ()  # `check_profile` reports what is missing and what is forbidden
    try:
        return HolderAttributes.decode(extension.value.public_bytes()), ()
    except DerError:
        return None, (finding("jpki.profile.attributes-unreadable"),)


def _check_presence(subject: ReadCertificate, profile: CertificateProfile) -> Iterator[Finding]:
    for rule in profile.required:
        if rule.oid not in subject.extensions:
            yield finding("jpki.profile.extension-missing", extension=rule.name)
    for oid, extension in subject.extensions.items():
        critical = extension.critical
        known = profile.rule(oid)
        if known is None:
            kind = "jpki.profile.extension-unknown-critical" if critical else "jpki.profile.extension-unknown"
            yield finding(kind, extension=oid)
        elif known.presence is Presence.ABSENT:
            yield finding("jpki.profile.extension-forbidden", extension=known.name)
        elif known.critical is not critical:
            yield finding(
                "jpki.profile.extension-criticality",
                extension=known.name,
                found=_flag(critical=critical),
                wanted=_flag(critical=known.critical),
            )


def _check_order(subject: ReadCertificate, profile: CertificateProfile) -> Iterator[Finding]:
    wanted = [rule.oid for rule in profile.required]
    found = [oid for oid in subject.extensions if oid in wanted]
    if found != [oid for oid in wanted if oid in found]:
        yield finding("jpki.profile.extension-order")


def _check_key_usage(subject: ReadCertificate, profile: CertificateProfile) -> Iterator[Finding]:
    extension = subject.extensions.get(oids.KEY_USAGE)
    if extension is None:
        return  # reported as missing
    found = _key_usage_bits(extension.value)
    wanted = {bit.value for bit in profile.key_usage}
    if found != wanted:
        yield finding("jpki.purpose.key-usage", found=_bit_names(found), wanted=_bit_names(wanted))


def _key_usage_bits(value: x509.ExtensionType) -> set[int]:
    if not isinstance(value, x509.KeyUsage):
        return set()
    bits = {bit for bit, name in enumerate(_KEY_USAGES) if getattr(value, name)}
    if value.key_agreement:  # the two that have no meaning, hence no value, without it
        bits |= {bit for bit, name in ((7, "encipher_only"), (8, "decipher_only")) if getattr(value, name)}
    return bits


def _bit_names(bits: Iterable[int]) -> str:
    names = {bit.value: bit.name.lower().replace("_", "-") for bit in KeyUsageBit}
    return ", ".join(names.get(bit, f"bit {bit}") for bit in sorted(bits)) or "nothing"


def _check_extended_key_usage(subject: ReadCertificate, profile: CertificateProfile) -> Iterator[Finding]:
    extension = subject.extensions.get(oids.EXTENDED_KEY_USAGE)
    if extension is None or not profile.extended_key_usage:
        return  # reported as missing, or as forbidden
    value = extension.value
    found = [oid.dotted_string for oid in value] if isinstance(value, x509.ExtendedKeyUsage) else []
    if tuple(found) != profile.extended_key_usage:
        yield finding(
            "jpki.purpose.extended-key-usage", found=", ".join(found), wanted=", ".join(profile.extended_key_usage)
        )


def _check_policy(subject: ReadCertificate, policies: tuple[str, ...]) -> Iterator[Finding]:
    extension = subject.extensions.get(oids.CERTIFICATE_POLICIES)
    if extension is None or not policies:
        return
    value = extension.value
    found = (
        [item.policy_identifier.dotted_string for item in value] if isinstance(value, x509.CertificatePolicies) else []
    )
    if len(found) != 1 or found[0] not in policies:
        yield finding("jpki.purpose.policy", found=", ".join(found), wanted=" or ".join(policies))


def _check_basic_constraints(subject: ReadCertificate, profile: CertificateProfile) -> Iterator[Finding]:
    extension = subject.extensions.get(oids.BASIC_CONSTRAINTS)
    is_ca = extension is not None and isinstance(extension.value, x509.BasicConstraints) and extension.value.ca
    if is_ca and not profile.is_ca:
        yield finding("jpki.profile.is-ca")
    if profile.is_ca and not is_ca:
        yield finding("jpki.profile.extension-missing", extension="basicConstraints cA")


def _check_subject_key(subject: ReadCertificate) -> Iterator[Finding]:
    extension = subject.extensions.get(oids.SUBJECT_KEY_IDENTIFIER)
    if extension is None:
        return
    value = extension.value
    if not isinstance(value, x509.SubjectKeyIdentifier) or value.digest != subject.key_id:
        yield finding("jpki.profile.subject-key-mismatch")


def _flag(*, critical: bool) -> str:
    return "true" if critical else "false"
