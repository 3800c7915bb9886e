"""From the parts of a container to a verdict: what every form of document signature has in common."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from jpki.signing.limits import SIGNING_TIME_SKEW
from jpki.verify.findings import Finding, finding, moment_text
from jpki.verify.policy import Policy
from jpki.verify.procedure import Verdict, verify
from jpki.verify.trust import TrustStore


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedParts:
    """One signature, taken out of its container: ``signature`` is said to be over exactly ``message``.

    ``findings`` are those of the container. Nothing here is trusted.
    """

    certificate: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    message: bytes = field(repr=False)
    signing_time: datetime | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureVerdict:
    """What came out about one signature. ``signing_time`` is its signer's claim, which nobody else confirms."""

    verdict: Verdict
    signing_time: datetime | None = None
    name: str = ""
    """Where the container says who is who: the signature's field in a PDF."""

    @property
    def ok(self) -> bool:
        """True when nothing refuses."""
        return self.verdict.ok

    def as_dict(self) -> dict[str, Any]:
        """For machines: plain values only, and no attribute of the holder."""
        told = {"name": self.name, "signing_time": moment_text(self.signing_time) if self.signing_time else None}
        return {**told, **self.verdict.as_dict()}


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentVerdict:
    """The outcome for a document: ``ok`` when there is a signature and none is refused.

    ``content`` is what was signed, and only then: use this, never what stands around it.
    """

    container: str
    signatures: tuple[SignatureVerdict, ...] = ()
    findings: tuple[Finding, ...] = ()
    content: bytes | None = field(default=None, repr=False)

    @property
    def ok(self) -> bool:
        """True when every signature is good and the container is sound."""
        return (
            bool(self.signatures)
            and all(one.ok for one in self.signatures)
            and not any(item.is_error for item in self.findings)
        )

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of all findings: the container's, then those of each signature."""
        inner = (code for one in self.signatures for code in one.verdict.codes)
        return (*(item.code for item in self.findings), *inner)

    def as_dict(self) -> dict[str, Any]:
        """For machines: plain values only."""
        return {
            "ok": self.ok,
            "container": self.container,
            "findings": [item.as_dict() for item in self.findings],
            "signatures": [one.as_dict() for one in self.signatures],
        }


def refused(container: str, *findings: Finding) -> DocumentVerdict:
    """The verdict on what could not be taken apart."""
    return DocumentVerdict(container=container, findings=findings)


def too_large(container: str, size: int, limit: int) -> Finding | None:
    """The finding, if so many bytes are too many."""
    if size <= limit:
        return None
    return finding("jpki.document.too-large", container=container, found=size, limit=limit)


def judge(
    parts: SignedParts, *, trust: TrustStore, policy: Policy, at: datetime, now: datetime, name: str = ""
) -> SignatureVerdict:
    """Run ``jpki.verify``'s procedure for the moment ``at``, and add what container and signing time have against it.

    The claimed time is held against ``now``: it never moves the moment for which the certificate is judged.
    """
    verdict = verify(
        certificate=parts.certificate,
        signature=parts.signature,
        message=parts.message,
        trust=trust,
        policy=policy,
        now=at,
    )
    late = _flaws_of_time(parts.signing_time, verdict, at, now)
    findings = tuple(dict.fromkeys((*parts.findings, *late, *verdict.findings)))  # two may have seen the same
    accepted = verdict.certificate if not any(item.is_error for item in findings) else None
    return SignatureVerdict(
        verdict=replace(verdict, findings=findings, certificate=accepted),
        signing_time=parts.signing_time,
        name=name,
    )


def _flaws_of_time(claimed: datetime | None, verdict: Verdict, at: datetime, now: datetime) -> tuple[Finding, ...]:
    if claimed is None:
        return ()
    if claimed > min(at, now) + SIGNING_TIME_SKEW:
        return (finding("jpki.document.signed-in-future", signing_time=moment_text(claimed)),)
    facts = verdict.certificate
    if facts is not None and claimed < facts.not_before - SIGNING_TIME_SKEW:
        return (finding("jpki.document.signed-before-certificate", signing_time=moment_text(claimed)),)
    return ()
