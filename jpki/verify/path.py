"""Step 4: from the certificate to the root that issued it. JPKI has one tier, so a path is one signature."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from jpki.verify.certificate import AuthorityKey, ReadCertificate
from jpki.verify.findings import Finding, finding, moment_text
from jpki.verify.trust import TrustAnchor, TrustStore


@dataclass(frozen=True, slots=True)
class Path:
    """The issuer, if one was found and did sign; if not, why."""

    issuer: TrustAnchor | None
    findings: tuple[Finding, ...]


def find_path(subject: ReadCertificate, trust: TrustStore) -> Path:
    """Find the issuer by key, compare what the certificate says of it, then let the signature decide.

    There is an issuer in the answer only when all of that holds: what follows stands on it.
    """
    named = subject.authority_key
    if named is None or named.key_id is None:
        return Path(None, (finding("jpki.path.authority-key-missing"),))
    anchor = trust.find(named.key_id)
    if anchor is None:
        return Path(None, (finding("jpki.path.issuer-not-found", key_id=named.key_id.hex()),))
    mismatches = _mismatches(subject, named, anchor)
    if subject.algorithm is not anchor.algorithm or not anchor.signed(subject.tbs, subject.signature):
        mismatches = (*mismatches, finding("jpki.path.signature-invalid"))
    if mismatches:
        return Path(None, mismatches)
    return Path(anchor, ())


def _mismatches(subject: ReadCertificate, named: AuthorityKey, anchor: TrustAnchor) -> tuple[Finding, ...]:
    found = []
    if subject.issuer != anchor.name:
        found.append(finding("jpki.path.issuer-mismatch"))
    if (named.issuer, named.serial) != (anchor.name, anchor.serial):
        found.append(finding("jpki.path.authority-serial-mismatch"))
    return tuple(found)


def anchor_dates(anchor: TrustAnchor, now: datetime) -> tuple[Finding, ...]:
    """That the issuer is not valid now: the one thing about a path that changes with time."""
    if now < anchor.not_before:
        return (finding("jpki.path.issuer-not-yet-valid", not_before=moment_text(anchor.not_before)),)
    if now > anchor.not_after:
        return (finding("jpki.path.issuer-expired", not_after=moment_text(anchor.not_after)),)
    return ()
