"""Writing XML signatures: enveloped in the document, or detached beside it; always exclusive C14N, over the whole.

signed = sign_xml(document, signer)
signature = sign_xml_detached(document, signer, uri="contract.xml")
"""

from __future__ import annotations

from typing import Any, Final

from cryptography import x509
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, SignatureConstructionMethod
from signxml.signer import SignatureReference, XMLSigner

from jpki.algorithms import KeyAlgorithm
from jpki.signing.errors import DocumentError
from jpki.signing.limits import MAX_XML_SIZE
from jpki.signing.signer import DocumentSigner
from jpki.signing.xml_form import (
    DIGEST_METHOD,
    NAMESPACE,
    SIGNATURE_METHOD,
    Element,
    ids_of,
    parse,
    signatures_in,
    stands_alone,
    written_again,
)
from jpki.verify.findings import Finding

_HINT: Final = "an XML document without document type, instructions outside of its root, and signatures is needed"
_ECDSA_BITS: Final = 384


class _Signer(XMLSigner):
    """signxml writes nodes in ASCII between its steps, where an element with a Japanese name has no form."""

    def _tostring(self, xml_node: Element, **kwargs: Any) -> bytes:
        return written_again(xml_node, **kwargs)


class _AskingKey:
    """Stands for a private key where the library signs: hands on what is to be signed."""

    key_size = _ECDSA_BITS  # asked for to write ECDSA's two numbers

    def __init__(self, signer: DocumentSigner) -> None:
        self._signer = signer

    def sign(self, data: bytes, **_how: Any) -> bytes:
        """The signature over the canonical SignedInfo; the algorithm is the signer's."""
        return self._signer.sign(data)


def sign_xml(document: bytes, signer: DocumentSigner) -> bytes:
    """The document with its signature as the last child of the root, in UTF-8."""
    root = _root(document)
    made = _xml_signer(SignatureConstructionMethod.enveloped, signer.algorithm).sign(root, **_who(signer))
    return _written(made)


def sign_xml_detached(document: bytes, signer: DocumentSigner, *, uri: str) -> bytes:
    """A signature that names the document by ``uri``, a file name for instance."""
    root = _root(document)
    if not uri or uri.startswith("#") or any(uri in ids_of(one) for one in root.iter(etree.Element)):
        raise DocumentError(
            "a detached signature names its document by a URI that is no part of it", hint="give its file name"
        )
    signing = _xml_signer(SignatureConstructionMethod.detached, signer.algorithm)
    return _written(signing.sign(root, reference_uri=[SignatureReference(URI=uri)], **_who(signer)))


def _root(document: bytes) -> Element:
    if len(document) > MAX_XML_SIZE:
        raise DocumentError(f"the document has {len(document)} bytes, more than {MAX_XML_SIZE}")
    root = parse(document)
    if isinstance(root, Finding):
        raise DocumentError(f"the document cannot be signed: {root.message}", hint=_HINT)
    if not stands_alone(root) or signatures_in(root):
        raise DocumentError("the document has a signature, or instructions outside of its root", hint=_HINT)
    return root


def _xml_signer(method: SignatureConstructionMethod, algorithm: KeyAlgorithm) -> _Signer:
    signing = _Signer(
        method=method,
        signature_algorithm=SIGNATURE_METHOD[algorithm],
        digest_algorithm=DIGEST_METHOD[algorithm],
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )
    signing.namespaces = {"ds": NAMESPACE}
    return signing


def _who(signer: DocumentSigner) -> dict[str, Any]:
    chain = [x509.load_der_x509_certificate(one) for one in (signer.certificate, *signer.chain)]
    return {"key": _AskingKey(signer), "cert": chain}


def _written(root: Element) -> bytes:
    encoded: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return encoded
