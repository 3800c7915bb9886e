"""Verifying PDF signatures, each of a file: what does it cover, what came after it, who signed?

1. The ByteRange begins at 0 and leaves out exactly the hex string of this signature, seen in the file's own bytes.
2. The signature covers its whole revision; what follows adds signatures and evidence (DSS) alone, nothing visible.
3. The CMS in it has the digest of these bytes (``cms_read``), and ``jpki.verify`` accepts its certificate.

``existed_by`` judges the past: the moment for which the caller can prove that the file existed (its archive's record, a
timestamp). Certificate and revocation are then judged for that moment, by the CRLs and OCSP responses in the file. The
signer's own claim never moves it: whoever has the key can claim any time.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from jpki.signing.cms_read import read_signed_data, signed_parts
from jpki.signing.embedded import EmbeddedRevocationCheck
from jpki.signing.judge import DocumentVerdict, SignatureVerdict, SignedParts, judge, refused, too_large
from jpki.signing.limits import MAX_PDF_REVISIONS, MAX_PDF_SIZE, MAX_SIGNATURES
from jpki.signing.pdf_changes import flaw_of_changes
from jpki.signing.pdf_form import CONTAINER, UNREADABLE, open_reader
from jpki.signing.pdf_range import SignedRange, signed_range, without_padding
from jpki.signing.pdf_store import revocation_data
from jpki.verify.findings import Finding, finding
from jpki.verify.policy import Policy
from jpki.verify.procedure import Verdict
from jpki.verify.trust import TrustStore

_SIGNATURE: Final = "/Sig"
_FORMS: Final = {  # by the dictionary's Type: ISO 32000-2 clause 12.8.3 and 12.8.5
    _SIGNATURE: ("/adbe.pkcs7.detached", "/ETSI.CAdES.detached"),
    "/DocTimeStamp": ("/ETSI.RFC3161",),
}
"""Timestamps are passed over: no authority for them is trusted, so they neither help nor harm."""


def verify_pdf(
    document: bytes, *, trust: TrustStore, policy: Policy, now: datetime, existed_by: datetime | None = None
) -> DocumentVerdict:
    """Judge every signature of the file. It is good when all are, and the last word is a signature or evidence."""
    if existed_by is not None and existed_by > now:
        raise ValueError("nobody can prove today that a file existed tomorrow")
    flaw = too_large(CONTAINER, len(document), MAX_PDF_SIZE)
    if flaw is not None:
        return refused(CONTAINER, flaw)
    try:
        found = _signatures(open_reader(document))
        if isinstance(found, Finding):
            return refused(CONTAINER, found)
        reader, signatures = found
        if existed_by is not None:
            crls, responses = revocation_data(reader)
            policy = replace(policy, revocation=EmbeddedRevocationCheck(crls=crls, responses=responses))
    except UNREADABLE:
        return refused(CONTAINER, finding("jpki.document.unreadable", container=CONTAINER))
    verdicts = tuple(
        _verdict(one, document, trust=trust, policy=policy, at=existed_by or now, now=now) for one in signatures
    )
    verdict = DocumentVerdict(container=CONTAINER, signatures=verdicts)
    return replace(verdict, content=document) if verdict.ok else verdict


def _signatures(reader: PdfFileReader) -> tuple[PdfFileReader, list[EmbeddedPdfSignature]] | Finding:
    if reader.encrypted:
        return finding("jpki.pdf.encrypted")
    if reader.xrefs.total_revisions > MAX_PDF_REVISIONS:
        raise ValueError("more revisions than anybody needs")
    filled = {name: value for name, value, _ in enumerate_sig_fields(reader, filled_status=True)}
    if len(filled) > MAX_SIGNATURES:
        return finding(
            "jpki.document.too-many-signatures", container=CONTAINER, found=len(filled), limit=MAX_SIGNATURES
        )
    unknown = [_form(value.get_object()) for value in filled.values() if not _is_known(value.get_object())]
    if unknown:  # the library would pass over them
        return finding("jpki.pdf.subfilter", found=unknown[0])
    signatures = list(reader.embedded_regular_signatures)
    if not signatures:
        return finding("jpki.document.unsigned", container=CONTAINER)
    return reader, signatures


def _form(dictionary: Any) -> str:
    return str(dictionary["/SubFilter"])[:40] if "/SubFilter" in dictionary else "none"


def _is_known(dictionary: Any) -> bool:
    kind = str(dictionary["/Type"]) if "/Type" in dictionary else _SIGNATURE
    return _form(dictionary) in _FORMS[kind] if kind in _FORMS else False


def _verdict(
    signature: EmbeddedPdfSignature,
    document: bytes,
    *,
    trust: TrustStore,
    policy: Policy,
    at: datetime,
    now: datetime,
) -> SignatureVerdict:
    parts = _parts(signature, document)
    name = str(signature.field_name)
    if isinstance(parts, Finding):
        return SignatureVerdict(verdict=Verdict(findings=(parts,)), name=name)
    return judge(parts, trust=trust, policy=policy, at=at, now=now, name=name)


def _parts(signature: EmbeddedPdfSignature, document: bytes) -> SignedParts | Finding:
    try:
        covered = signed_range(document, list(signature.byte_range))
        if covered is None or covered.contents != signature.pkcs7_content:
            return finding("jpki.pdf.byte-range")
        changed = flaw_of_changes(signature, signature.reader)
    except UNREADABLE:
        return finding("jpki.document.unreadable", container=CONTAINER)
    parts = _cms_parts(covered)
    if isinstance(parts, Finding) or changed is None:
        return parts
    return replace(parts, findings=(changed, *parts.findings))


def _cms_parts(covered: SignedRange) -> SignedParts | Finding:
    encoded = without_padding(covered.contents)
    if encoded is None:
        return finding("jpki.document.unreadable", container=CONTAINER)
    signed = read_signed_data(encoded, container=CONTAINER)
    if isinstance(signed, Finding):
        return signed
    if signed.content is not None or len(signed.signers) != 1:  # ISO 32000-1 clause 12.8.3.3.1
        return finding("jpki.document.unreadable", container=CONTAINER)
    return signed_parts(
        signed.signers[0], signed, lambda algorithm: algorithm.digest(covered.covered), container=CONTAINER
    )
