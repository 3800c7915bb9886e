"""Verifying CMS signatures, attached and detached.

verdict = verify_cms(signed, trust=trust, policy=policy, now=now)
verdict = verify_cms(signature, content=document, trust=trust, policy=policy, now=now)
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from jpki.signing.cms_read import read_signed_data, signed_parts
from jpki.signing.judge import DocumentVerdict, SignatureVerdict, judge, refused, too_large
from jpki.signing.limits import MAX_CMS_SIZE, MAX_CONTENT_SIZE
from jpki.verify.findings import Finding, finding
from jpki.verify.policy import Policy
from jpki.verify.procedure import Verdict
from jpki.verify.trust import TrustStore

CONTAINER: Final = "CMS"


def verify_cms(
    encoded: bytes, *, trust: TrustStore, policy: Policy, now: datetime, content: bytes | None = None
) -> DocumentVerdict:
    """Judge every signature in ``encoded``; ``content`` is the document beside a detached one."""
    flaw = too_large(CONTAINER, len(encoded), MAX_CMS_SIZE)
    if flaw is None and content is not None:
        flaw = too_large("document", len(content), MAX_CONTENT_SIZE)
    if flaw is not None:
        return refused(CONTAINER, flaw)
    signed = read_signed_data(encoded)
    if isinstance(signed, Finding):
        return refused(CONTAINER, signed)
    if signed.content is not None and content is not None:
        return refused(CONTAINER, finding("jpki.document.content-twice"))
    document = signed.content if content is None else content
    if document is None:
        return refused(CONTAINER, finding("jpki.document.content-missing"))
    signatures: list[SignatureVerdict] = []
    for signer in signed.signers:
        parts = signed_parts(signer, signed, lambda algorithm: algorithm.digest(document))
        if isinstance(parts, Finding):
            signatures.append(SignatureVerdict(verdict=Verdict(findings=(parts,))))
        else:
            signatures.append(judge(parts, trust=trust, policy=policy, at=now, now=now))
    verdict = DocumentVerdict(container=CONTAINER, signatures=tuple(signatures))
    return DocumentVerdict(container=CONTAINER, signatures=verdict.signatures, content=document if verdict.ok else None)
