"""Evidence records: what a verification saw and what it stood on, to be verified again years later.

``record`` writes one beside a verdict: certificate, root, revocation data, signature, the hash of what was signed,
policy, moment and findings. Lists, responses and roots stand in the record, or under their hash in an archive that
many records share. A record has no personal data but the certificate's, unless the signed message is asked for.
``reverify`` (``evidence_check``) comes to the same verdict from these data alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from jpki.algorithms import RSA_2048
from jpki.profiles import Hierarchy
from jpki.verify.archive import EvidenceArchive
from jpki.verify.certificate import ReadCertificate, read_certificate
from jpki.verify.evidence_form import FORMAT, VERSION, encoded, sealed
from jpki.verify.findings import Finding, moment_text
from jpki.verify.material import Freshness, RevocationMaterial
from jpki.verify.ocsp import OcspRevocationCheck
from jpki.verify.policy import Policy
from jpki.verify.preference import Preference, PreferredRevocationCheck
from jpki.verify.procedure import Verdict, whole_seconds
from jpki.verify.revocation import CrlRevocationCheck, RevocationCheck, UnsafeNoRevocationCheck
from jpki.verify.schemes import MessageDigest
from jpki.verify.trust import TrustAnchor, TrustStore

NOBODY, OTHERS = "nobody", "others"
"""Who was asked about revocation where no preference says it: a check of the caller's own is one of others."""


def record(
    verdict: Verdict,
    *,
    certificate: bytes,
    signature: bytes,
    message: bytes | MessageDigest,
    trust: TrustStore,
    policy: Policy,
    now: datetime,
    archive: EvidenceArchive | None = None,
    key: bytes | None = None,
    with_message: bool = False,
    embedded: Collection[str] = (),
) -> bytes:
    """The record of a verdict on these arguments. ``key`` seals it, so that only who has the key can make others.

    Data of the kinds that are ``embedded`` ("crl", "ocsp") stand in the record though there is an archive.
    """
    read = read_certificate(certificate)
    return sealed(
        {
            "format": FORMAT,
            "version": VERSION,
            "verified_at": moment_text(whole_seconds(now)),
            "policy": _policy(policy),
            "certificate": {"der": encoded(certificate), "sha256": sha256(certificate).hexdigest()},
            "anchors": [_anchor(each, archive) for each in _anchors(read, trust)],
            "revocation": [_material(each, None if each.kind in embedded else archive) for each in verdict.materials],
            "signature": _signature(read, signature, message, with_message=with_message),
            "verdict": {
                "ok": verdict.ok,
                "scheme": verdict.scheme.name if verdict.scheme else None,
                "findings": [recorded_finding(each) for each in verdict.findings],
            },
        },
        key,
    )


def recorded_finding(finding: Finding) -> dict[str, Any]:
    """A finding as records have it: its sentences are made again from code and detail."""
    return {"code": finding.code, "detail": dict(finding.detail)}


def _policy(policy: Policy) -> dict[str, Any]:
    return {
        "purpose": policy.purpose.label if policy.purpose else None,
        "algorithms": [each.name for each in policy.algorithms],
        "schemes": [each.name for each in policy.schemes],
        "revocation": _asked(policy.revocation),
    }


def _asked(check: RevocationCheck | None) -> str | None:
    """Who was to be asked: a preference by its name."""
    if isinstance(check, PreferredRevocationCheck):
        return check.preference.value
    if isinstance(check, UnsafeNoRevocationCheck):
        return NOBODY
    single = {CrlRevocationCheck: Preference.CRL_ONLY, OcspRevocationCheck: Preference.OCSP_ONLY}
    return next((name.value for kind, name in single.items() if isinstance(check, kind)), OTHERS if check else None)


def _anchors(read: ReadCertificate | Finding, trust: TrustStore) -> Iterable[TrustAnchor]:
    """The root that the certificate points to; all of them where it points to none, for that is what was found."""
    if isinstance(read, Finding):
        return ()
    named = read.authority_key
    found = trust.find(named.key_id) if named and named.key_id else None
    return [found] if found else trust


def _anchor(anchor: TrustAnchor, archive: EvidenceArchive | None) -> dict[str, Any]:
    der = anchor.certificate.public_bytes(Encoding.DER)
    return {
        "kind": anchor.kind.value,
        "hierarchy": _hierarchy(anchor.hierarchy),
        **_kept(der, sha256(der).digest(), archive),
    }


def _hierarchy(hierarchy: Hierarchy) -> dict[str, str]:
    return {
        "label": hierarchy.label,
        "organization": hierarchy.organization,
        "sign_policy": hierarchy.sign_policy,
        "auth_policy": hierarchy.auth_policy,
        "algorithm": hierarchy.algorithm.name,
        **{
            f"phone_{kind.value}_policies": " ".join(hierarchy.policies(kind)[1:])
            for kind in dict(hierarchy.phone_policies)
        },
    }


def _material(material: RevocationMaterial, archive: EvidenceArchive | None) -> dict[str, Any]:
    der = material.der
    digest = material.sha256
    kept = {"sha256": digest.hex(), "der": None} if der is None else _kept(der, digest, archive)
    return {
        "kind": material.kind,
        "nonce": encoded(material.nonce),
        "freshness": _freshness(material.freshness),
        **kept,
    }


def _freshness(freshness: Freshness) -> dict[str, int | None]:
    return {
        "clock_skew_s": _seconds(freshness.clock_skew),
        "max_age_s": None if freshness.max_age is None else _seconds(freshness.max_age),
        "overdue_s": _seconds(freshness.overdue),
    }


def _seconds(duration: timedelta) -> int:
    return int(duration.total_seconds())


def _kept(der: bytes, digest: bytes, archive: EvidenceArchive | None) -> dict[str, Any]:
    if archive is not None:
        archive.keep(der)
    return {"sha256": digest.hex(), "der": encoded(der) if archive is None else None}


def _signature(
    read: ReadCertificate | Finding, signature: bytes, message: bytes | MessageDigest, *, with_message: bool
) -> dict[str, Any]:
    algorithm = RSA_2048 if isinstance(read, Finding) else read.key_algorithm
    is_hash = isinstance(message, MessageDigest)
    digest = message.value if isinstance(message, MessageDigest) else algorithm.digest(message)
    return {
        "value": encoded(signature),
        "digest": encoded(digest),
        "digest_of": algorithm.name,
        "message": encoded(message) if with_message and not is_hash else None,  # type: ignore[arg-type]
    }
