"""Any certificate after RFC 5280, by pyhanko-certvalidator: chains of CAs, policies, name constraints, indirect CRLs.

JPKI needs none of that, and ``procedure`` is stricter and faster. This is the second opinion that it is compared with,
and the way to validate certificates of others, such as those of a time-stamping authority or of a web server.

Bounds come first: certificates are the peer's, and a few of them can be laid out so that the number of paths, or of
policies along a path, doubles with each. What is beyond the bounds is refused before any path is built.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final

from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509 as asn1_x509
from cryptography.exceptions import UnsupportedAlgorithm
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import (
    DisallowedAlgorithmError,
    ExpiredError,
    InsufficientRevinfoError,
    NotYetValidError,
    PathBuildingError,
    PathValidationError,
    RevokedError,
    StaleRevinfoError,
)
from pyhanko_certvalidator.policy_decl import DisallowWeakAlgorithmsPolicy, PKIXValidationParams
from pyhanko_certvalidator.validate import async_validate_path

# Ours. NIST's PKITS, which tries everything, needs chains of 8, and 10 certificates.
MAX_CERTIFICATES: Final = 32
MAX_CERTIFICATE_SIZE: Final = 64 * 1024
MAX_PATH_LENGTH: Final = 12
MAX_PATHS: Final = 32
MAX_POLICIES: Final = 64
"""Policies or mappings of one certificate; 36 are in one of PKITS."""
MAX_POLICY_NODES: Final = 4096
"""At most so many policies along a path, were each mapped to all of the next certificate."""
MAX_NAMES: Final = 512
"""Alternative names or name constraints of one certificate."""


class Refusal(Enum):
    """Why a certificate is refused, in the words of RFC 5280 clause 6.1."""

    UNREADABLE = "unreadable"
    TOO_COMPLEX = "too complex"
    NO_PATH = "no path"
    SIGNATURE = "signature"
    NAME_CHAINING = "name chaining"
    NOT_YET_VALID = "not yet valid"
    EXPIRED = "expired"
    NOT_A_CA = "not a CA"
    PATH_LENGTH = "path length"
    KEY_USAGE = "key usage"
    NAME_CONSTRAINTS = "name constraints"
    POLICY = "policy"
    CRITICAL_EXTENSION = "critical extension"
    ALGORITHM = "algorithm"
    REVOKED = "revoked"
    REVOCATION_STALE = "revocation data stale"
    REVOCATION_UNKNOWN = "revocation unknown"
    OTHER = "other"


_BY_CLASS: Final[tuple[tuple[type[Exception], Refusal], ...]] = (
    (RevokedError, Refusal.REVOKED),
    (StaleRevinfoError, Refusal.REVOCATION_STALE),
    (InsufficientRevinfoError, Refusal.REVOCATION_UNKNOWN),
    (ExpiredError, Refusal.EXPIRED),
    (NotYetValidError, Refusal.NOT_YET_VALID),
    (DisallowedAlgorithmError, Refusal.ALGORITHM),
)
# The library has one class for the rest; its sentences differ.
_BY_WORDS: Final = (
    ("could not be verified", Refusal.SIGNATURE),
    ("issuer name could not be matched", Refusal.NAME_CHAINING),
    ("is not a CA", Refusal.NOT_A_CA),
    ("maximum path length", Refusal.PATH_LENGTH),
    ("is not allowed to sign certificates", Refusal.KEY_USAGE),
    ("permitted subtrees", Refusal.NAME_CONSTRAINTS),
    ("all names of", Refusal.NAME_CONSTRAINTS),
    ("some names of", Refusal.NAME_CONSTRAINTS),
    ("set of policies", Refusal.POLICY),
    ("policy mapping", Refusal.POLICY),
    ("critical extension", Refusal.CRITICAL_EXTENSION),
    ("signature algorithm", Refusal.ALGORITHM),
)


class RevocationMode(Enum):
    """How much has to be known about revocation."""

    REQUIRE = "require"
    """Of every certificate but the root, whatever it says of where to ask."""
    IF_POINTED_TO = "hard-fail"
    """Of certificates that say where to ask."""
    IF_GIVEN = "soft-fail"
    """Data that are given must not be wrong; there may be none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneralPolicy:
    """What a validation demands besides: RFC 5280 clause 6.1.1 (c) to (g). The key sizes are today's."""

    revocation: RevocationMode = RevocationMode.REQUIRE
    policies: frozenset[str] = frozenset({"any_policy"})
    explicit_policy: bool = False
    inhibit_mapping: bool = False
    inhibit_any: bool = False
    weak_hashes: frozenset[str] = frozenset({"md2", "md5", "sha1"})
    rsa_bits: int = 2048
    dsa_bits: int = 3072


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneralVerdict:
    """``refusal`` is None when the certificate is good; ``path_length`` counts the root."""

    refusal: Refusal | None = None
    message: str = field(default="", repr=False)
    path_length: int | None = None

    @property
    def ok(self) -> bool:
        """True when nothing refuses."""
        return self.refusal is None


UNREADABLE: Final = (
    ValueError, TypeError, LookupError, OverflowError, RecursionError, NotImplementedError, UnsupportedAlgorithm,
    # Of the library, for a signature whose AlgorithmIdentifier does not fit the key.
    AttributeError, AssertionError,
)  # fmt: skip
"""What bytes can make it raise: asn1crypto reads as late as it can, so that an unreadable part is met anywhere."""


def validate_general(
    certificate: bytes,
    *,
    roots: Iterable[bytes],
    now: datetime,
    others: Sequence[bytes] = (),
    crls: Iterable[bytes] = (),
    ocsp_responses: Iterable[bytes] = (),
    policy: GeneralPolicy | None = None,
) -> GeneralVerdict:
    """Validate at the moment ``now``, with what is given and no network. The first path that is valid counts."""
    policy = policy or GeneralPolicy()
    if len(others) > MAX_CERTIFICATES or any(len(der) > MAX_CERTIFICATE_SIZE for der in (certificate, *others)):
        return GeneralVerdict(refusal=Refusal.TOO_COMPLEX, message="too many certificates, or too large ones")
    try:
        subject, between, anchors = _certificate(certificate), _certificates(others), _certificates(roots)
        excess = _excess(subject, between, anchors)
        if excess:
            return GeneralVerdict(refusal=Refusal.TOO_COMPLEX, message=excess)
        context = _context(between, anchors, crls=crls, ocsp_responses=ocsp_responses, policy=policy, now=now)
        return asyncio.run(_validate(subject, context, policy))
    except UNREADABLE as error:
        return GeneralVerdict(refusal=Refusal.UNREADABLE, message=type(error).__name__)


def _certificate(der: bytes) -> asn1_x509.Certificate:
    certificate: asn1_x509.Certificate = asn1_x509.Certificate.load(der, strict=True)  # type: ignore[no-untyped-call]
    _ = certificate.native  # reads all of it
    return certificate


def _certificates(ders: Iterable[bytes]) -> list[asn1_x509.Certificate]:
    return [_certificate(der) for der in ders]


def _context(
    between: list[Any],
    anchors: list[Any],
    *,
    crls: Iterable[bytes],
    ocsp_responses: Iterable[bytes],
    policy: GeneralPolicy,
    now: datetime,
) -> ValidationContext:
    return ValidationContext(
        trust_roots=anchors,
        other_certs=between,
        crls=[asn1_crl.CertificateList.load(der, strict=True) for der in crls],  # type: ignore[no-untyped-call]
        ocsps=[asn1_ocsp.OCSPResponse.load(der, strict=True) for der in ocsp_responses],  # type: ignore[no-untyped-call]
        allow_fetching=False,
        moment=now,
        time_tolerance=timedelta(0),
        revocation_mode=policy.revocation.value,
        algorithm_usage_policy=DisallowWeakAlgorithmsPolicy(  # type: ignore[no-untyped-call]
            weak_hash_algos=policy.weak_hashes,
            weak_signature_algos=frozenset(),
            rsa_key_size_threshold=policy.rsa_bits,
            dsa_key_size_threshold=policy.dsa_bits,
        ),
    )


async def _validate(subject: Any, context: ValidationContext, policy: GeneralPolicy) -> GeneralVerdict:
    try:
        paths = await context.path_builder.async_build_paths(subject)
    except PathBuildingError as error:
        return GeneralVerdict(refusal=Refusal.NO_PATH, message=str(error))
    parameters = PKIXValidationParams(
        user_initial_policy_set=policy.policies,
        initial_policy_mapping_inhibit=policy.inhibit_mapping,
        initial_explicit_policy=policy.explicit_policy,
        initial_any_policy_inhibit=policy.inhibit_any,
    )
    refused: GeneralVerdict | None = None
    for path in paths:
        try:
            await async_validate_path(context, path, parameters=parameters)
        except PathValidationError as error:
            verdict = GeneralVerdict(refusal=refusal_of(error), message=str(error), path_length=len(path))
            refused = refused or verdict
        else:
            return GeneralVerdict(path_length=len(path))
    return refused or GeneralVerdict(refusal=Refusal.NO_PATH)


def refusal_of(error: PathValidationError) -> Refusal:
    """The refusal that an error of the library stands for."""
    for kind, refusal in _BY_CLASS:
        if isinstance(error, kind):
            return refusal
    return next((refusal for words, refusal in _BY_WORDS if words in str(error)), Refusal.OTHER)


def _excess(subject: Any, between: Sequence[Any], anchors: Sequence[Any]) -> str:
    """What goes beyond the bounds, empty if nothing does."""
    growth = 1
    for certificate in (subject, *between):
        policies = max(len(_value(certificate, "certificate_policies")), len(_value(certificate, "policy_mappings")))
        if policies > MAX_POLICIES:
            return "too many policies in a certificate"
        growth *= max(1, len(_value(certificate, "policy_mappings")))
        if _names(certificate) > MAX_NAMES:
            return "too many names in a certificate"
    if growth > MAX_POLICY_NODES:
        return "too many policies along a path"
    return _excess_of_paths(subject, between, {anchor.subject.dump() for anchor in anchors})


def _names(certificate: Any) -> int:
    constraints = certificate.name_constraints_value
    subtrees = (constraints["permitted_subtrees"], constraints["excluded_subtrees"]) if constraints else ()
    return len(_value(certificate, "subject_alt_name")) + sum(len(each) for each in subtrees)


def _value(certificate: Any, name: str) -> Collection[Any]:
    value = getattr(certificate, f"{name}_value")
    return () if value is None else value


def _excess_of_paths(subject: Any, between: Sequence[Any], roots: set[bytes]) -> str:
    """Count paths by names alone, at most those that are allowed; each certificate stands in a path once."""
    by_subject: dict[bytes, list[int]] = {}
    for number, certificate in enumerate(between):
        by_subject.setdefault(certificate.subject.dump(), []).append(number)
    paths = steps = 0
    waiting: list[tuple[bytes, frozenset[int]]] = [(subject.issuer.dump(), frozenset())]
    while waiting:
        issuer, used = waiting.pop()
        steps += 1
        paths += issuer in roots
        if paths > MAX_PATHS or steps > MAX_PATHS * MAX_PATH_LENGTH:
            return "too many paths"
        for number in by_subject.get(issuer, ()):
            if number not in used:
                if len(used) + 2 > MAX_PATH_LENGTH:
                    return "a path is too long"
                waiting.append((between[number].issuer.dump(), used | {number}))
    return ""
