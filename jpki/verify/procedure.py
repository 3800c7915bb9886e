"""The verification procedure.

``verify`` answers whether a signature over exactly these bytes was made by a key whose certificate may be used for
the purpose at hand, at the moment ``now``. It goes through numbered steps, the numbers of ``catalogue.Step``; step 1
belongs to the ceremonies of ``jpki.rp``. A step whose result the next ones stand on ends the procedure when it fails;
the others all run, so that a verdict names everything that is wrong.

2. **Policy.** The policy names a purpose and a way to check revocation. One that leaves either open fails.
3. **Certificate.** The bytes are one X.509 version 3 certificate, readable to its last extension, its key
   and its signature of algorithms that the policy allows (``jpki.algorithms``), with all that belongs to them.
4. **Path.** The issuer is found by the key that authorityKeyIdentifier names, among the trust anchors. Only then is
   its name compared, and the certificate that authorityKeyIdentifier names besides; then the issuer's key must have
   signed the certificate, in the algorithm of that key, and the issuer must be valid now.
5. **Profile and purpose.** The issuer is the CA that serves the purpose: a certificate of the other CA ends the
   procedure here. Key usage, extended key usage, policy, subject key and the holder's attributes are those of the
   profile; so are presence and criticality of every extension. A critical one that the profile does not know refuses.
6. **Validity.** ``now`` lies between notBefore and notAfter, both included.
7. **Revocation.** A usable CRL of the issuer's key, full or of the certificate's distribution point, does not list the
   serial number; or an OCSP response of the issuer's key, or of one that it delegated to, calls the certificate good.
8. **Signature.** The certificate's key made the signature over the message, in the algorithm and with the hash of that
   key: RSASSA-PKCS1-v1_5 with SHA-256, or ECDSA with SHA-384 as an ECDSA-Sig-Value (RFC 5480 appendix A).

The verdict's facts about certificate and holder are given only when nothing refuses.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from jpki.attributes import HolderAttributes
from jpki.kinds import CaKind
from jpki.verify.certificate import ReadCertificate, read_certificate
from jpki.verify.crl_frame import distribution_points
from jpki.verify.findings import Finding, finding, moment_text
from jpki.verify.ocsp_status import OcspRevocationStatus
from jpki.verify.path import find_path
from jpki.verify.policy import Policy, Purpose
from jpki.verify.profile import check_profile, read_attributes
from jpki.verify.revocation import RevocationCheck, RevocationStatus
from jpki.verify.trust import TrustAnchor, TrustStore


@dataclass(frozen=True, slots=True)
class SubjectBinding:
    """What a relying party stores of a holder: issuer's key and serial number name one certificate for ever.

    A renewal changes both, so a relying party follows it with its own records.
    """

    issuer_key_id: bytes
    serial: int

    def as_dict(self) -> dict[str, Any]:
        """For machines: plain values only."""
        return {"issuer_key_id": self.issuer_key_id.hex(), "serial": self.serial}


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFacts:
    """What a certificate that passed every step says. ``attributes`` are there for signing certificates alone."""

    kind: CaKind
    binding: SubjectBinding
    not_before: datetime
    not_after: datetime
    attributes: HolderAttributes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The outcome. ``ok`` when no finding is an error; ``certificate`` only then.

    ``revocation`` says on which list or response the answer stands, also when the certificate is listed.
    """

    findings: tuple[Finding, ...]
    certificate: CertificateFacts | None = None
    revocation: RevocationStatus | OcspRevocationStatus | None = None

    @property
    def ok(self) -> bool:
        """True when nothing refuses."""
        return self.certificate is not None

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of all findings, in the order of the steps."""
        return tuple(item.code for item in self.findings)

    def as_dict(self) -> dict[str, Any]:
        """For machines: plain values only, and no attribute of the holder."""
        facts = self.certificate
        return {
            "ok": self.ok,
            "findings": [item.as_dict() for item in self.findings],
            "certificate": None
            if facts is None
            else {
                "kind": facts.kind.value,
                **facts.binding.as_dict(),
                "not_before": moment_text(facts.not_before),
                "not_after": moment_text(facts.not_after),
            },
            "revocation": self.revocation.as_dict() if self.revocation else None,
        }


def verify(
    *, certificate: bytes, signature: bytes, message: bytes, trust: TrustStore, policy: Policy, now: datetime
) -> Verdict:
    """Run the steps of the module's text. Whatever the peer sent, the answer is a verdict."""
    if now.tzinfo is None:
        raise ValueError("`now` needs a time zone")
    now = now.replace(microsecond=0)  # X.509 counts whole seconds: 14:59:59.9 is within a notAfter of 14:59:59

    # Step 2: policy
    purpose, revocation = policy.purpose, policy.revocation
    if purpose is None or revocation is None or policy.missing:
        return Verdict(findings=(finding("jpki.policy.empty", missing=" and ".join(policy.missing)),))

    # Step 3: certificate
    subject = read_certificate(certificate, policy.algorithms)
    if isinstance(subject, Finding):
        return Verdict(findings=(subject,))

    # Step 4: path
    path = find_path(subject, trust, now=now)
    if path.issuer is None:
        return Verdict(findings=path.findings)

    # Step 5, first half: the CA that serves the purpose
    if path.issuer.kind is not purpose.kind:
        mixed = finding("jpki.purpose.wrong-ca", found=path.issuer.kind.value, wanted=purpose.kind.value)
        return Verdict(findings=(*path.findings, mixed))

    # Steps 5 to 8
    return _judge(
        subject,
        path.issuer,
        purpose=purpose,
        revocation=revocation,
        found=path.findings,
        signed=(message, signature),
        now=now,
    )


def _judge(
    subject: ReadCertificate,
    issuer: TrustAnchor,
    *,
    purpose: Purpose,
    revocation: RevocationCheck,
    found: tuple[Finding, ...],
    signed: tuple[bytes, bytes],
    now: datetime,
) -> Verdict:
    attributes, unreadable = read_attributes(subject, purpose.profile)
    points = distribution_points(subject.extensions)
    answer = revocation.check(subject.serial, issuer, now=now, distribution_points=points)
    findings = (
        *found,
        *check_profile(subject, purpose.profile, policy=issuer.hierarchy.policy(issuer.kind)),  # step 5
        *unreadable,
        *_check_validity(subject, now),  # step 6
        *answer.findings,  # step 7
        *_check_signature(subject, *signed),  # step 8
    )
    refused = any(item.is_error for item in findings)
    return Verdict(
        findings=findings,
        certificate=None if refused else _facts(subject, issuer, attributes),
        revocation=answer.status,
    )


def _check_validity(subject: ReadCertificate, now: datetime) -> tuple[Finding, ...]:
    if now < subject.not_before:
        return (finding("jpki.validity.not-yet-valid", not_before=moment_text(subject.not_before)),)
    if now > subject.not_after:
        return (finding("jpki.validity.expired", not_after=moment_text(subject.not_after)),)
    return ()


def _check_signature(subject: ReadCertificate, message: bytes, signature: bytes) -> tuple[Finding, ...]:
    algorithm = subject.key_algorithm
    if not algorithm.is_signature(signature):
        return (finding("jpki.signature.malformed", found=len(signature), wanted=algorithm.signature_form),)
    if not algorithm.verifies(subject.key, message, signature):
        return (finding("jpki.signature.invalid"),)
    return ()


def _facts(subject: ReadCertificate, issuer: TrustAnchor, attributes: HolderAttributes | None) -> CertificateFacts:
    return CertificateFacts(
        kind=issuer.kind,
        binding=SubjectBinding(issuer.key_id, subject.serial),
        not_before=subject.not_before,
        not_after=subject.not_after,
        attributes=attributes,
    )
