"""Documents signed with the lab's cards, and the lab's relying party that verifies them: CMS, PDF and XML."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from apdu.ports import Channel
from jpki.client.session import CardSession
from jpki.ocsp.certid import OcspIssuer
from jpki.ocsp.request import encode_request
from jpki.signing.cms import sign_cms
from jpki.signing.cms_verify import verify_cms
from jpki.signing.errors import DocumentError, MissingLibraryError
from jpki.signing.judge import DocumentVerdict
from jpki.signing.signer import CardSigner
from jpki.verify.certificate import ReadCertificate, read_certificate
from jpki.verify.policy import DOCUMENT_SIGNATURE
from mynalab.lab.files import read_part
from mynalab.lab.generations import LabCa, ca_with_key, publishing_cas
from mynalab.lab.lab import Lab
from mynalab.lab.publish import publish_due_crls
from mynalab.lab.register import open_register
from mynalab.lab.relying_party import anchor_of, policy_for, trust_store
from mynalab.lab.responder import LabResponder

_PEM: Final = re.compile(rb"\s*-----BEGIN (CMS|PKCS7)-----([A-Za-z0-9+/=\s]*)-----END \1-----\s*")
_XML_BEGINS: Final = (b"<", b"\xef\xbb\xbf<", b"\xff\xfe<", b"\xfe\xff\x00<")


class Form(Enum):
    """How a document and its signature are put together; the value is its word on the command line."""

    CMS = "cms"
    CMS_DETACHED = "cms-detached"
    PDF = "pdf"
    PADES = "pades"
    XML = "xml"
    XML_DETACHED = "xml-detached"

    @property
    def suffix(self) -> str:
        """What the name of the file ends with: those of RFC 8551 clause 3.2.1 for CMS."""
        return _SUFFIXES[self]

    @property
    def is_pdf(self) -> bool:
        """Whether the document is a PDF, and what comes out is one."""
        return self in (Form.PDF, Form.PADES)


_SUFFIXES: Final = {
    Form.CMS: ".p7m",
    Form.CMS_DETACHED: ".p7s",
    Form.PDF: ".signed.pdf",
    Form.PADES: ".signed.pdf",
    Form.XML: ".signed.xml",
    Form.XML_DETACHED: ".sig.xml",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningOrder:
    """What is wanted. ``name`` is what a detached XML signature calls the document."""

    form: Form
    document: bytes
    name: str = "document"
    long_term: bool = False
    """With the CRL and an OCSP response of now in the PDF."""


def sign_document(lab: Lab, channel: Channel, pin: str, order: SigningOrder, *, now: datetime) -> bytes:
    """The signed document, or the signature beside it; ``JpkiError`` when card or document do not allow it."""
    if order.long_term and not order.form.is_pdf:
        raise DocumentError("only a PDF carries revocation data here", hint="use --format pdf or pades")
    with _libraries_for(order.form):
        signer = CardSigner.open(CardSession.open(channel), pin)
        signed = _signed(order, signer, now)
        return _with_evidence(lab, signed, signer.certificate, now=now) if order.long_term else signed


def _signed(order: SigningOrder, signer: CardSigner, now: datetime) -> bytes:
    if order.form.is_pdf:
        from jpki.signing.pdf_sign import sign_pdf

        return sign_pdf(order.document, signer, now=now, pades=order.form is Form.PADES)
    if order.form in (Form.XML, Form.XML_DETACHED):
        from jpki.signing.xml_sign import sign_xml, sign_xml_detached

        if order.form is Form.XML:
            return sign_xml(order.document, signer)
        return sign_xml_detached(order.document, signer, uri=order.name)
    return sign_cms(order.document, signer, signing_time=now, detached=order.form is Form.CMS_DETACHED)


def _with_evidence(lab: Lab, signed: bytes, certificate: bytes, *, now: datetime) -> bytes:
    """What the CA that issued this certificate says today, put into the PDF."""
    from jpki.signing.pdf_sign import add_revocation_data

    ca, serial = _issuer_of(lab, certificate, now)
    publish_due_crls(lab, now=now)
    request = encode_request([OcspIssuer.of_certificate(anchor_of(lab, ca).certificate).cert_id(serial)])
    with open_register(lab) as register:
        response = LabResponder(lab, register).answer(request, at=now).der
    return add_revocation_data(
        signed, crls=[read_part(lab.paths.crl(ca.label))], responses=[response], certificates=[ca.certificate_der]
    )


def _issuer_of(lab: Lab, certificate: bytes, now: datetime) -> tuple[LabCa, int]:
    read = read_certificate(certificate)
    named = read.authority_key if isinstance(read, ReadCertificate) else None
    cas = publishing_cas(lab, now)
    if not isinstance(read, ReadCertificate) or named is None or named.key_id not in {ca.key_id for ca in cas}:
        raise DocumentError(
            "the certificate is not of this lab, so nobody here can say whether it is revoked",
            hint="sign without --long-term",
        )
    return ca_with_key(cas, named.key_id), read.serial


def verify_document(
    lab: Lab,
    signed: bytes,
    *,
    now: datetime,
    content: bytes | None = None,
    existed_by: datetime | None = None,
) -> DocumentVerdict:
    """What the lab's relying party says of it; ``content`` is the document beside a detached signature.

    ``existed_by`` judges a PDF for that moment, by what it carries (``jpki.signing.pdf_verify``).
    """
    form = form_of(signed)
    trust, policy = trust_store(lab), policy_for(lab, DOCUMENT_SIGNATURE, now)
    if existed_by is not None and form is not Form.PDF:
        raise DocumentError("only a PDF can be judged for the past: it carries the CA's word of then")
    with _libraries_for(form):
        if form is Form.PDF:
            from jpki.signing.pdf_verify import verify_pdf

            return verify_pdf(signed, trust=trust, policy=policy, now=now, existed_by=existed_by)
        if form is Form.XML:
            from jpki.signing.xml_verify import verify_xml

            return verify_xml(signed, trust=trust, policy=policy, now=now, content=content)
        return verify_cms(der_of(signed), trust=trust, policy=policy, now=now, content=content)


def form_of(signed: bytes) -> Form:
    """PDF, XML or, for anything else, CMS: by how the file begins."""
    if signed.startswith(b"%PDF-"):
        return Form.PDF
    return Form.XML if signed[:64].lstrip().startswith(_XML_BEGINS) else Form.CMS


def der_of(signed: bytes) -> bytes:
    """CMS comes in PEM, too (RFC 7468 clauses 9 and 10)."""
    found = _PEM.fullmatch(signed)
    if found is None:
        return signed
    try:
        return base64.b64decode(b"".join(found[2].split()), validate=True)
    except binascii.Error:
        return b""  # no CMS either way


@contextmanager
def _libraries_for(form: Form) -> Iterator[None]:
    """Say which extra is missing, where a library of an optional form is."""
    extra = "pdf" if form.is_pdf else "xml"
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in ("pyhanko", "lxml", "signxml"):
            raise
        raise MissingLibraryError(extra=extra) from error
