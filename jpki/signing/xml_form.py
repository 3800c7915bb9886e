"""The one form of XML signature that is written and accepted here (W3C xmldsig-core1, xml-exc-c14n), and the parser."""

from __future__ import annotations

import logging
from typing import Any, Final

from lxml import etree

from jpki.algorithms import P_384, RSA_2048
from jpki.verify.findings import Finding, finding

CONTAINER: Final = "XML"
NAMESPACE: Final = "http://www.w3.org/2000/09/xmldsig#"
SIGNATURE: Final = f"{{{NAMESPACE}}}Signature"
ENVELOPED: Final = f"{NAMESPACE}enveloped-signature"
EXCLUSIVE_C14N: Final = "http://www.w3.org/2001/10/xml-exc-c14n#"
SIGNATURE_METHOD: Final = {  # RFC 9231 clauses 2.3.2 and 2.3.6
    RSA_2048: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    P_384: "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
}
DIGEST_METHOD: Final = {  # W3C xmlenc-core1 clause 5.8.2; RFC 9231 clause 2.1.4
    RSA_2048: "http://www.w3.org/2001/04/xmlenc#sha256",
    P_384: "http://www.w3.org/2001/04/xmldsig-more#sha384",
}
ID_NAMES: Final = ("Id", "ID", "id")
"""Attributes by which a reference may find an element, without a schema that would say which; and xml:id."""

# signxml writes whole documents into its log for those who debug it: contracts, names, addresses.
logging.getLogger("signxml.processor").addFilter(lambda record: record.levelno > logging.DEBUG)

Element = Any
"""lxml has no types of its own."""


def parse(encoded: bytes) -> Element | Finding:
    """The root of a document that pulls in nothing; ``unreadable`` when it is none."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False
    )
    try:
        root = etree.fromstring(encoded, parser)
    except (etree.XMLSyntaxError, ValueError):
        return finding("jpki.document.unreadable", container=CONTAINER)
    document = root.getroottree()
    if document.docinfo.doctype or document.docinfo.internalDTD is not None:
        return finding("jpki.xml.document-type")
    if any(True for _ in root.iter(etree.Entity)):
        return finding("jpki.xml.document-type")
    return root


def signatures_in(root: Element) -> list[Element]:
    """Every Signature element, wherever it stands."""
    return list(root.iter(SIGNATURE))


def stands_alone(root: Element) -> bool:
    """Whether nothing but comments stands beside the root: an instruction there is signed by some and not by others."""
    beside = [*root.itersiblings(preceding=True), *root.itersiblings()]
    return all(one.tag is etree.Comment for one in beside)


def ids_of(element: Element) -> list[str]:
    """The values by which a reference could mean this element."""
    names = {*ID_NAMES, "{http://www.w3.org/XML/1998/namespace}id"}
    # as libraries look for them: by local name, in any namespace
    return [value for name, value in element.attrib.items() if name in names or name.split("}")[-1] in ID_NAMES]


def written_again(node: Element, **how: Any) -> bytes:
    """A node in UTF-8, to be parsed again."""
    encoded: bytes = etree.tostring(node, encoding="UTF-8", **how)
    return encoded
