"""Writing PDF signatures: a revision is appended to the file, and what stood there before is not touched.

signed = sign_pdf(document, signer, now=now)                          # adbe.pkcs7.detached
signed = sign_pdf(document, signer, now=now, pades=True)              # ETSI.CAdES.detached, PAdES-B-B
lasting = add_revocation_data(signed, crls=[crl], responses=[ocsp])   # what its verifiers will want in years
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from asn1crypto import crl, ocsp, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter, enumerate_sig_fields
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import SignatureObject
from pyhanko.sign.validation.dss import DocumentSecurityStore

from jpki.signing.cms import sign_cms_digest
from jpki.signing.errors import DocumentError
from jpki.signing.limits import MAX_PDF_SIZE
from jpki.signing.pdf_form import HASH_NAME, UNREADABLE, open_writer
from jpki.signing.signer import DocumentSigner

_HEX_RESERVED: Final = 32 * 1024
"""Hex digits for the CMS: two certificates of 2 KiB, the attributes and the signature take half of it."""
_HINT: Final = "give a PDF that is neither damaged nor encrypted"
_FIELD: Final = "Signature"


def sign_pdf(
    document: bytes,
    signer: DocumentSigner,
    *,
    now: datetime,
    name: str | None = None,
    reason: str | None = None,
    pades: bool = False,
) -> bytes:
    """The document with one more signature, in an invisible field. ``name`` and ``reason`` are for readers to show."""
    writer = _writer(document)
    try:
        return _signed(writer, signer, now=now, name=name, reason=reason, pades=pades)
    except UNREADABLE as error:
        raise DocumentError(f"the PDF cannot be signed: {type(error).__name__}: {error}", hint=_HINT) from error


def add_revocation_data(
    document: bytes,
    *,
    crls: Sequence[bytes] = (),
    responses: Sequence[bytes] = (),
    certificates: Sequence[bytes] = (),
) -> bytes:
    """The document with a Document Security Store (ETSI EN 319 142-1 clause 5.4.2) that has all of these in DER."""
    _writer(document)  # refuses what cannot be added to
    stream = io.BytesIO(document)
    try:
        DocumentSecurityStore.add_dss(
            stream,
            None,
            crls=[_parsed(crl.CertificateList, one) for one in crls],
            ocsps=[_parsed(ocsp.OCSPResponse, one) for one in responses],
            certs=[_parsed(x509.Certificate, one) for one in certificates],
        )
    except UNREADABLE as error:
        raise DocumentError(f"nothing can be added to the PDF: {error}", hint=_HINT) from error
    return stream.getvalue()


def _writer(document: bytes) -> IncrementalPdfFileWriter:
    if len(document) > MAX_PDF_SIZE:
        raise DocumentError(f"the PDF has {len(document)} bytes, more than {MAX_PDF_SIZE}")
    try:
        writer = open_writer(document)
    except UNREADABLE as error:
        raise DocumentError(f"this is no PDF that can be signed: {error}", hint=_HINT) from error
    if writer.prev.encrypted:
        raise DocumentError("the PDF is encrypted", hint=_HINT)
    return writer


def _signed(
    writer: IncrementalPdfFileWriter,
    signer: DocumentSigner,
    *,
    now: datetime,
    name: str | None,
    reason: str | None,
    pades: bool,
) -> bytes:
    """The protocol of ``PdfCMSEmbedder.write_cms``: field, signature dictionary, digest of the rest, CMS."""
    field = _free_field(writer)
    embedding = PdfCMSEmbedder(SigFieldSpec(field)).write_cms(field, writer)
    next(embedding)
    form = SigSeedSubFilter.PADES if pades else SigSeedSubFilter.ADOBE_PKCS7_DETACHED
    placeholder = SignatureObject(timestamp=now, subfilter=form, name=name, reason=reason, bytes_reserved=_HEX_RESERVED)
    embedding.send(SigObjSetup(placeholder))
    prepared, output = embedding.send(SigIOSetup(md_algorithm=HASH_NAME[signer.algorithm]))
    # ETSI EN 319 142-1 clause 6.3: PAdES has the time in the dictionary's M, and no signing-time attribute.
    embedding.send(
        sign_cms_digest(prepared.document_digest, signer, signing_time=None if pades else now),
    )
    signed: bytes = output.getvalue()
    return signed


def _free_field(writer: IncrementalPdfFileWriter) -> str:
    taken = {name for name, _, _ in enumerate_sig_fields(writer)}
    return next(name for number in range(1, len(taken) + 2) if (name := f"{_FIELD}{number}") not in taken)


def _parsed(kind: Any, encoded: bytes) -> Any:
    return kind.load(encoded)
