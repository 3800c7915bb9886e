"""Steps 3 to 5: all that one certificate's bytes say, to these anchors and for this purpose, whatever the time.

The answer for one certificate never changes, so that a verifier may remember it (``verifier``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from jpki.algorithms import KeyAlgorithm, PublicKey
from jpki.attributes import HolderAttributes
from jpki.kinds import CaKind
from jpki.verify.certificate import ReadCertificate, read_certificate
from jpki.verify.crl_frame import distribution_points
from jpki.verify.extensions import MEMORY, answered
from jpki.verify.facts import CertificateFacts, SubjectBinding
from jpki.verify.findings import Finding, finding, moment_text
from jpki.verify.path import anchor_dates, find_path
from jpki.verify.policy import Purpose
from jpki.verify.profile import check_profile, read_attributes
from jpki.verify.trust import TrustAnchor, TrustStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A certificate whose issuer signed it. ``findings`` are those of step 5; any error among them refuses.

    ``is_final`` when they end the procedure: the certificate is the other CA's.
    """

    serial: int
    key: PublicKey = field(repr=False)
    key_algorithm: KeyAlgorithm
    issuer: TrustAnchor
    findings: tuple[Finding, ...]
    is_final: bool = False
    points: frozenset[bytes] = field(default=frozenset(), repr=False)
    facts: CertificateFacts = field(repr=False)
    """To be told only when no step refuses."""
    not_before: datetime
    not_after: datetime

    def dates(self, now: datetime) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
        """What step 4 says of the issuer's dates and step 6 of the certificate's."""
        issuer = self.issuer
        if self.not_before <= now <= self.not_after and issuer.not_before <= now <= issuer.not_after:
            return (), ()
        return anchor_dates(issuer, now), self._own_dates(now)

    def _own_dates(self, now: datetime) -> tuple[Finding, ...]:
        if now < self.not_before:
            return (finding("jpki.validity.not-yet-valid", not_before=moment_text(self.not_before)),)
        if now > self.not_after:
            return (finding("jpki.validity.expired", not_after=moment_text(self.not_after)),)
        return ()


def examine(
    certificate: bytes, *, trust: TrustStore, purpose: Purpose, algorithms: Sequence[KeyAlgorithm]
) -> Examined | tuple[Finding, ...]:
    """Read the certificate, find its issuer, compare it with the profile; findings alone where there is no issuer."""
    # Step 3: certificate
    subject = read_certificate(certificate, algorithms)
    if isinstance(subject, Finding):
        return (subject,)

    # Step 4: path
    path = find_path(subject, trust)
    issuer = path.issuer
    if issuer is None:
        return path.findings
    MEMORY.remember(subject.extensions)

    # Step 5: profile and purpose, the CA that serves the purpose first
    if issuer.kind is not purpose.kind:
        mixed = finding("jpki.purpose.wrong-ca", found=issuer.kind.value, wanted=purpose.kind.value)
        return _examined(subject, issuer, (mixed,), is_final=True)
    attributes, unreadable = read_attributes(subject, purpose.profile)
    found = (*check_profile(subject, purpose.profile, policies=issuer.hierarchy.policies(issuer.kind)), *unreadable)
    return _examined(subject, issuer, found, attributes=attributes, is_final=False)


def _examined(
    subject: ReadCertificate,
    issuer: TrustAnchor,
    findings: tuple[Finding, ...],
    *,
    attributes: HolderAttributes | None = None,
    is_final: bool,
) -> Examined:
    kind: CaKind = issuer.kind
    points = answered(subject.extensions, ("points",), lambda: distribution_points(subject.extensions))
    return Examined(
        serial=subject.serial,
        key=subject.key,
        key_algorithm=subject.key_algorithm,
        issuer=issuer,
        findings=findings,
        is_final=is_final,
        points=points,
        facts=CertificateFacts(
            kind=kind,
            binding=SubjectBinding(issuer.key_id, subject.serial),
            not_before=subject.not_before,
            not_after=subject.not_after,
            attributes=attributes,
            points=points,
        ),
        not_before=subject.not_before,
        not_after=subject.not_after,
    )
