"""Verifying XML signatures. Only the form of ``xml_form`` is accepted, checked before the library sees it:

* no document type, no entities, nothing but comments outside of the root;
* one signature, the root's child (enveloped) or the whole of the file (detached), with one reference;
* the reference leads to the whole document: "" or the root's own id, which no other element has; or the given file;
* enveloped-signature and exclusive C14N, in this order, and nothing else.

So no element can be moved, wrapped or added without the digest seeing it (signature wrapping). References and digests
are then signxml's work; certificate and signature value are judged by ``jpki.verify``.
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import InvalidDigest, InvalidSignature, SignXMLException
from signxml.verifier import SignatureConfiguration, VerifyResult, XMLVerifier

from jpki.algorithms import P_384, KeyAlgorithm
from jpki.signing.judge import DocumentVerdict, SignedParts, judge, refused, too_large
from jpki.signing.limits import MAX_CERTIFICATES, MAX_CONTENT_SIZE, MAX_XML_SIZE
from jpki.signing.xml_form import (
    CONTAINER,
    DIGEST_METHOD,
    ENVELOPED,
    EXCLUSIVE_C14N,
    NAMESPACE,
    SIGNATURE_METHOD,
    Element,
    ids_of,
    parse,
    signatures_in,
    stands_alone,
    written_again,
)
from jpki.verify.certificate import ReadCertificate, read_certificate
from jpki.verify.findings import Finding, finding
from jpki.verify.policy import Policy
from jpki.verify.trust import TrustStore

_NAMES: Final = {"ds": NAMESPACE}
_C14N_OF_SIGNED_INFO: Final = (EXCLUSIVE_C14N,)
_ECDSA_NUMBER: Final = 48  # bytes: RFC 9231 clause 2.3.6, r and s of 384 bits each
_UNREADABLE: Final = (etree.LxmlError, ValueError, TypeError, KeyError, IndexError, AttributeError, binascii.Error)


class _Verifier(XMLVerifier):
    """signxml writes nodes in ASCII between its steps, where an element with a Japanese name has no form."""

    def _tostring(self, xml_node: Element, **kwargs: Any) -> bytes:
        return written_again(xml_node, **kwargs)


def verify_xml(
    encoded: bytes, *, trust: TrustStore, policy: Policy, now: datetime, content: bytes | None = None
) -> DocumentVerdict:
    """Judge the signature in ``encoded``; ``content`` is the XML document beside a detached one."""
    read = _open(encoded, content)
    if isinstance(read, Finding):
        return refused(CONTAINER, read)
    root, outside = read
    parts, signed = _take_apart(root, outside)
    if isinstance(parts, Finding):
        return refused(CONTAINER, parts)
    one = judge(parts, trust=trust, policy=policy, at=now, now=now)
    return DocumentVerdict(container=CONTAINER, signatures=(one,), content=signed if one.ok else None)


def _open(encoded: bytes, content: bytes | None) -> tuple[Element, Element | None] | Finding:
    """The roots of the signed document and of the one beside it, once they can be looked at."""
    flaw = too_large(CONTAINER, len(encoded), MAX_XML_SIZE)
    if flaw is None and content is not None:
        flaw = too_large("document", len(content), min(MAX_CONTENT_SIZE, MAX_XML_SIZE))
    if flaw is not None:
        return flaw
    root = parse(encoded)
    if isinstance(root, Finding):
        return root
    outside = parse(content) if content is not None else None
    if isinstance(outside, Finding):
        return outside
    for one in (root, outside):
        if one is not None and not stands_alone(one):
            return finding("jpki.xml.structure")
    return root, outside


def _take_apart(root: Element, outside: Element | None) -> tuple[SignedParts | Finding, bytes]:
    found = signatures_in(root)
    if not found:
        return finding("jpki.document.unsigned", container=CONTAINER), b""
    if len(found) > 1:
        return finding("jpki.document.too-many-signatures", container=CONTAINER, found=len(found), limit=1), b""
    flaw = _flaw_of_place(root, found[0], outside)
    if flaw is not None:
        return flaw, b""
    try:
        return _parts(root, found[0], outside)
    except _UNREADABLE:
        return finding("jpki.xml.structure"), b""


def _flaw_of_place(root: Element, signature: Element, outside: Element | None) -> Finding | None:
    """Why this signature could cover something else than the whole document."""
    is_detached = signature is root
    if is_detached and outside is None:
        return finding("jpki.document.content-missing")
    if not is_detached and outside is not None:
        return finding("jpki.document.content-twice")
    if not is_detached and signature.getparent() is not root:
        return finding("jpki.xml.structure")
    references = signature.findall("ds:SignedInfo/ds:Reference", _NAMES)
    if len(references) != 1 or len(list(signature.iter(f"{{{NAMESPACE}}}Reference"))) != 1:
        return finding("jpki.xml.structure")
    if len(signature.findall("ds:SignedInfo", _NAMES)) != 1 or signature.find("ds:Object", _NAMES) is not None:
        return finding("jpki.xml.structure")
    uri = references[0].get("URI")
    if not (_names_a_file(uri) if is_detached else _names_the_root(uri, root)):
        return finding("jpki.xml.reference", found="nothing" if uri is None else repr(uri[:80]))
    return _flaw_of_transforms(signature, references[0], is_detached=is_detached)


def _names_a_file(uri: str | None) -> bool:
    return bool(uri) and not str(uri).startswith("#")


def _names_the_root(uri: str | None, root: Element) -> bool:
    if uri == "":
        return True
    if uri is None or not uri.startswith("#"):
        return False
    bearers = [one for one in root.iter(etree.Element) if uri[1:] in ids_of(one)]
    return len(bearers) == 1 and bearers[0] is root


def _flaw_of_transforms(signature: Element, reference: Element, *, is_detached: bool) -> Finding | None:
    applied = tuple(one.get("Algorithm", "") for one in reference.findall("ds:Transforms/ds:Transform", _NAMES))
    wanted = (EXCLUSIVE_C14N,) if is_detached else (ENVELOPED, EXCLUSIVE_C14N)
    canonical = tuple(
        one.get("Algorithm", "") for one in signature.findall("ds:SignedInfo/ds:CanonicalizationMethod", _NAMES)
    )
    inside = [
        *reference.findall("ds:Transforms/ds:Transform/*", _NAMES),
        *signature.findall("ds:SignedInfo/ds:CanonicalizationMethod/*", _NAMES),
    ]
    if applied != wanted:
        return finding("jpki.xml.transform", found=" ".join(applied)[:200] or "none")
    if canonical != _C14N_OF_SIGNED_INFO or inside:
        return finding("jpki.xml.transform", found=" ".join(canonical)[:200] if not inside else "parameters")
    return None


def _parts(root: Element, signature: Element, outside: Element | None) -> tuple[SignedParts | Finding, bytes]:
    certificates = [
        base64.b64decode("".join((one.text or "").split()), validate=True)
        for one in signature.findall("ds:KeyInfo/ds:X509Data/ds:X509Certificate", _NAMES)
    ]
    if not 1 <= len(certificates) <= MAX_CERTIFICATES:
        return finding("jpki.document.certificate-missing", container=CONTAINER), b""
    certificate = certificates[0]  # W3C xmldsig-core1 clause 4.5.4: any order; here the signer's comes first
    read = read_certificate(certificate)
    if not isinstance(read, ReadCertificate):
        return SignedParts(certificate=certificate, signature=b"", message=b""), b""
    algorithm = read.key_algorithm
    findings = _flaws_of_algorithm(signature, algorithm)
    covered = b""
    if not findings:
        findings, covered = _check_references(root, outside, read)
    value = base64.b64decode("".join(signature.findtext("ds:SignatureValue", "", _NAMES).split()), validate=True)
    signed_info = signature.find("ds:SignedInfo", _NAMES)
    parts = SignedParts(
        certificate=certificate,
        signature=_x509_form(value, algorithm),
        message=etree.tostring(signed_info, method="c14n", exclusive=True, with_comments=False),
        findings=findings,
    )
    return parts, covered


def _flaws_of_algorithm(signature: Element, algorithm: KeyAlgorithm) -> tuple[Finding, ...]:
    named = {
        "ds:SignedInfo/ds:SignatureMethod": SIGNATURE_METHOD[algorithm],
        "ds:SignedInfo/ds:Reference/ds:DigestMethod": DIGEST_METHOD[algorithm],
    }
    found = {path: [one.get("Algorithm", "") for one in signature.findall(path, _NAMES)] for path in named}
    return tuple(
        finding("jpki.document.algorithm", found=" ".join(found[path])[:200] or "nothing")
        for path, wanted in named.items()
        if found[path] != [wanted]
    )


def _check_references(
    root: Element, outside: Element | None, read: ReadCertificate
) -> tuple[tuple[Finding, ...], bytes]:
    """The library's word on the digest, and what it was made over."""
    wanted = SignatureConfiguration(
        location="./",
        expect_references=1,
        signature_methods=frozenset({SignatureMethod(SIGNATURE_METHOD[read.key_algorithm])}),
        digest_algorithms=frozenset({DigestAlgorithm(DIGEST_METHOD[read.key_algorithm])}),
        # dates are for jpki.verify to judge, by a clock that is passed in
        verification_time=read.not_before,
    )
    try:
        verified = _Verifier().verify(
            root,
            x509_cert=read.certificate,
            expect_config=wanted,
            uri_resolver=None if outside is None else lambda _: outside,
        )
    except InvalidDigest:
        return (finding("jpki.document.digest-mismatch"),), b""
    except InvalidSignature:
        return (finding("jpki.signature.invalid"),), b""
    except SignXMLException:
        return (finding("jpki.xml.structure"),), b""
    if not isinstance(verified, VerifyResult):  # a list, were several references expected
        return (finding("jpki.xml.structure"),), b""
    return (), verified.signed_data


def _x509_form(value: bytes, algorithm: KeyAlgorithm) -> bytes:
    """XML has ECDSA's two numbers side by side, X.509 in a SEQUENCE."""
    if algorithm is not P_384 or len(value) != 2 * _ECDSA_NUMBER:
        return value
    return encode_dss_signature(int.from_bytes(value[:_ECDSA_NUMBER]), int.from_bytes(value[_ECDSA_NUMBER:]))
