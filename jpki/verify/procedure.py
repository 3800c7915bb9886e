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
   key and a scheme that the policy allows: RSASSA-PKCS1-v1_5 with SHA-256 or ECDSA with SHA-384 as an
   ECDSA-Sig-Value (RFC 5480 appendix A) unless it says otherwise (``schemes``).

The verdict's facts about certificate and holder are given only when nothing refuses.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from jpki.algorithms import KeyAlgorithm
from jpki.verify.examine import Examined, examine
from jpki.verify.facts import CertificateFacts, SubjectBinding
from jpki.verify.findings import Finding, finding, moment_text
from jpki.verify.material import RevocationMaterial
from jpki.verify.ocsp_status import OcspRevocationStatus
from jpki.verify.policy import Policy
from jpki.verify.revocation import RevocationCheck, RevocationStatus
from jpki.verify.schemes import MessageDigest, SignatureScheme, scheme_of
from jpki.verify.trust import TrustStore

__all__ = ["CertificateFacts", "SubjectBinding", "Verdict", "judge", "verify"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The outcome. ``ok`` when no finding is an error; ``certificate`` only then.

    ``revocation`` says on which list or response the answer stands, also when the certificate is listed;
    ``materials`` are the bytes of all that were asked, for evidence. ``scheme`` is the one that the signature is in.
    """

    findings: tuple[Finding, ...]
    certificate: CertificateFacts | None = None
    revocation: RevocationStatus | OcspRevocationStatus | None = None
    scheme: SignatureScheme | None = None
    materials: tuple[RevocationMaterial, ...] = field(default=(), repr=False, compare=False)

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
            "scheme": self.scheme.name if self.scheme else None,
        }


def verify(
    *,
    certificate: bytes,
    signature: bytes,
    message: bytes | MessageDigest,
    trust: TrustStore,
    policy: Policy,
    now: datetime,
) -> Verdict:
    """Run the steps of the module's text. Whatever the peer sent, the answer is a verdict."""
    now = whole_seconds(now)

    # Step 2: policy
    purpose, revocation = policy.purpose, policy.revocation
    if purpose is None or revocation is None or policy.missing:
        return empty_policy(policy)

    # Steps 3 to 5
    examined = examine(certificate, trust=trust, purpose=purpose, algorithms=policy.algorithms)

    # Steps 6 to 8
    return judge(examined, revocation=revocation, schemes=policy.schemes, message=message, signature=signature, now=now)


def whole_seconds(now: datetime) -> datetime:
    """X.509 counts whole seconds: 14:59:59.9 is within a notAfter of 14:59:59."""
    if now.tzinfo is None:
        raise ValueError("`now` needs a time zone")
    return now.replace(microsecond=0) if now.microsecond else now


def empty_policy(policy: Policy) -> Verdict:
    """The verdict of step 2 on a policy that leaves something open."""
    return Verdict(findings=(finding("jpki.policy.empty", missing=" and ".join(policy.missing)),))


def judge(
    examined: Examined | tuple[Finding, ...],
    *,
    revocation: RevocationCheck,
    schemes: tuple[SignatureScheme, ...],
    message: bytes | MessageDigest,
    signature: bytes,
    now: datetime,
) -> Verdict:
    """The verdict on a certificate that went through steps 3 to 5: its dates, its revocation, the signature."""
    if isinstance(examined, tuple):
        return Verdict(findings=examined)
    issuer_dates, own_dates = examined.dates(now)
    if examined.is_final:
        return Verdict(findings=(*issuer_dates, *examined.findings))
    algorithm = examined.key_algorithm
    answer = revocation.check(examined.serial, examined.issuer, now=now, distribution_points=examined.points)
    scheme = scheme_of(examined.key, algorithm, message, signature, schemes)
    unsigned = () if scheme else (_flaw_of_signature(algorithm, signature),)
    findings = (*issuer_dates, *examined.findings, *own_dates, *answer.findings, *unsigned)
    refused = any(item.is_error for item in findings)
    return Verdict(
        findings=findings,
        certificate=None if refused else examined.facts,
        revocation=answer.status,
        scheme=scheme,
        materials=answer.materials,
    )


def _flaw_of_signature(algorithm: KeyAlgorithm, signature: bytes) -> Finding:
    if not algorithm.is_signature(signature):
        return finding("jpki.signature.malformed", found=len(signature), wanted=algorithm.signature_form)
    return finding("jpki.signature.invalid")
