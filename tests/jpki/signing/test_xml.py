"""XML signatures: written, verified, wrapped, and everything else that has been tried on them."""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from lxml import etree

from jpki.reasons import RevocationReason
from jpki.signing import xml_verify
from jpki.signing.errors import DocumentError
from jpki.signing.xml_form import SIGNATURE
from jpki.signing.xml_sign import sign_xml, sign_xml_detached
from jpki.signing.xml_verify import verify_xml
from tests.jpki.signing.conftest import NOW, Desk, KeySigner

DS = "{http://www.w3.org/2000/09/xmldsig#}"
DOCUMENT = """<?xml version="1.0" encoding="UTF-8"?>
<契約書 xmlns="urn:example:contract" xmlns:a="urn:a"><本文 a:no="1">甲は乙に見本を貸す。</本文><金額>100</金額></契約書>
""".encode()
WITH_ID = b'<contract Id="whole"><sum Id="part">100</sum></contract>'


@pytest.fixture
def signed(desk: Desk) -> bytes:
    return sign_xml(DOCUMENT, desk.signer)


@pytest.fixture
def detached(desk: Desk) -> bytes:
    return sign_xml_detached(DOCUMENT, desk.signer, uri="contract.xml")


def test_enveloped_is_accepted_with_what_was_signed(desk: Desk, signed: bytes) -> None:
    verdict = verify_xml(signed, **desk.given())
    assert (verdict.ok, verdict.codes) == (True, ())
    assert verdict.content is not None
    assert "甲は乙に見本を貸す。" in verdict.content.decode()
    assert b"Signature" not in verdict.content


def test_detached_is_accepted_with_its_document(desk: Desk, detached: bytes) -> None:
    verdict = verify_xml(detached, content=DOCUMENT, **desk.given())
    assert (verdict.ok, verdict.codes) == (True, ())


@pytest.mark.parametrize("document", [DOCUMENT, WITH_ID], ids=["no id", "an id"])
def test_next_generation_signs_with_its_own_algorithm(desk: Desk, document: bytes) -> None:
    verdict = verify_xml(sign_xml(document, desk.next_signer), **desk.given())
    assert (verdict.ok, verdict.codes) == (True, ())


def test_root_with_an_id_is_signed_whole(desk: Desk) -> None:
    verdict = verify_xml(sign_xml(WITH_ID, desk.signer), **desk.given())
    assert (verdict.ok, verdict.content) == (True, WITH_ID)


def test_one_signature_asks_the_key_once(desk: Desk) -> None:
    signer = KeySigner(desk.signer.certificate, desk.signer.key)
    sign_xml(DOCUMENT, signer)
    assert signer.asked == 1


def test_white_space_between_attributes_is_nobodys_business(desk: Desk, signed: bytes) -> None:
    spaced = signed.replace(b' xmlns:a="urn:a"', b'   xmlns:a="urn:a"  ')
    assert verify_xml(spaced, **desk.given()).ok


def test_revoked_certificate(desk: Desk, signed: bytes) -> None:
    listed = desk.policy(desk.crl(desk.entry(RevocationReason.CERTIFICATE_HOLD)))
    assert verify_xml(signed, **desk.given(policy=listed)).codes == ("jpki.revocation.revoked",)


def test_expired_certificate(desk: Desk, signed: bytes) -> None:
    later = NOW + timedelta(days=8 * 365)
    codes = verify_xml(signed, **desk.given(now=later, policy=desk.policy(desk.crl(at=later)))).codes
    assert "jpki.validity.expired" in codes


def test_log_in_certificate(desk: Desk) -> None:
    assert verify_xml(sign_xml(DOCUMENT, desk.login), **desk.given()).codes == ("jpki.purpose.wrong-ca",)


def test_another_document_beside_a_detached_one(desk: Desk, detached: bytes) -> None:
    other = DOCUMENT.replace(b"100", b"900")
    assert verify_xml(detached, content=other, **desk.given()).codes == ("jpki.document.digest-mismatch",)


def test_detached_without_its_document(desk: Desk, detached: bytes) -> None:
    assert verify_xml(detached, **desk.given()).codes == ("jpki.document.content-missing",)


def test_enveloped_with_another_document(desk: Desk, signed: bytes) -> None:
    assert verify_xml(signed, content=DOCUMENT, **desk.given()).codes == ("jpki.document.content-twice",)


def test_too_large(desk: Desk, signed: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_verify, "MAX_XML_SIZE", 100)
    assert verify_xml(signed, **desk.given()).codes == ("jpki.document.too-large",)


def test_no_log_has_the_document(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        verify_xml(sign_xml(DOCUMENT, desk.signer), **desk.given())
    assert "見本" not in caplog.text


Change = Callable[[Any, Any], Any]


def _text(root: Any, _: Any) -> None:
    root[0].text = "甲は乙に見本を譲る。"


def _attribute(root: Any, _: Any) -> None:
    root[0].set("{urn:a}no", "2")


def _one_more(root: Any, _: Any) -> None:
    etree.SubElement(root, "{urn:example:contract}追記").text = "甲は乙に全てを譲る。"


def _wrap(root: Any, signature: Any) -> Any:
    """The signed document inside a new one: the signature is no child of the root any more."""
    wrapper = etree.Element("{urn:example:contract}契約書")
    wrapper.append(root)
    return wrapper


def _wrap_with_signature_on_top(root: Any, signature: Any) -> Any:
    wrapper = etree.Element("{urn:example:contract}契約書")
    wrapper.append(signature)
    wrapper.append(root)
    return wrapper


def _object_in_signature(root: Any, signature: Any) -> None:
    etree.SubElement(signature, f"{DS}Object").append(copy.deepcopy(root[0]))


def _second_signature(root: Any, signature: Any) -> None:
    root.append(copy.deepcopy(signature))


def _no_signature(root: Any, signature: Any) -> None:
    root.remove(signature)


def _second_reference(root: Any, signature: Any) -> None:
    info = signature.find(f"{DS}SignedInfo")
    info.append(copy.deepcopy(info.find(f"{DS}Reference")))


def _no_reference(root: Any, signature: Any) -> None:
    info = signature.find(f"{DS}SignedInfo")
    info.remove(info.find(f"{DS}Reference"))


def _uri(value: str | None) -> Change:
    def change(root: Any, signature: Any) -> None:
        reference = signature.find(f".//{DS}Reference")
        del reference.attrib["URI"]
        if value is not None:
            reference.set("URI", value)
            root[0].set("Id", "part")

    return change


def _transform(algorithm: str) -> Change:
    def change(_: Any, signature: Any) -> None:
        etree.SubElement(signature.find(f".//{DS}Transforms"), f"{DS}Transform").set("Algorithm", algorithm)

    return change


def _transform_parameters(_: Any, signature: Any) -> None:
    transform = signature.findall(f".//{DS}Transform")[1]
    etree.SubElement(transform, "{http://www.w3.org/2001/10/xml-exc-c14n#}InclusiveNamespaces").set("PrefixList", "a")


def _no_transforms(_: Any, signature: Any) -> None:
    reference = signature.find(f".//{DS}Reference")
    reference.remove(reference.find(f"{DS}Transforms"))


def _algorithm(tag: str, value: str) -> Change:
    def change(_: Any, signature: Any) -> None:
        signature.find(f".//{DS}{tag}").set("Algorithm", value)

    return change


def _no_key_info(_: Any, signature: Any) -> None:
    signature.remove(signature.find(f"{DS}KeyInfo"))


def _other_value(_: Any, signature: Any) -> None:
    value = signature.find(f"{DS}SignatureValue")
    value.text = ("A" if value.text[0] != "A" else "B") + value.text[1:]


def _short_value(_: Any, signature: Any) -> None:
    signature.find(f"{DS}SignatureValue").text = "AAAA"


def _no_base64(_: Any, signature: Any) -> None:
    signature.find(f"{DS}SignatureValue").text = "*"


def _instruction_outside(root: Any, _: Any) -> None:
    root.addprevious(etree.ProcessingInstruction("show", "else"))


def _other_certificate(_: Any, signature: Any) -> None:
    """The CA's own in front: it did not sign this."""
    data = signature.find(f".//{DS}X509Data")
    data.append(data[0])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param(_text, "jpki.document.digest-mismatch", id="a text"),
        pytest.param(_attribute, "jpki.document.digest-mismatch", id="an attribute"),
        pytest.param(_one_more, "jpki.document.digest-mismatch", id="one more element"),
        pytest.param(_wrap, "jpki.xml.structure", id="wrapped"),
        pytest.param(_wrap_with_signature_on_top, "jpki.document.digest-mismatch", id="wrapped, signature on top"),
        pytest.param(_object_in_signature, "jpki.xml.structure", id="an object in the signature"),
        pytest.param(_second_signature, "jpki.document.too-many-signatures", id="two signatures"),
        pytest.param(_no_signature, "jpki.document.unsigned", id="no signature"),
        pytest.param(_second_reference, "jpki.xml.structure", id="two references"),
        pytest.param(_no_reference, "jpki.xml.structure", id="no reference"),
        pytest.param(_uri("#part"), "jpki.xml.reference", id="reference to a part"),
        pytest.param(_uri("#xpointer(/)"), "jpki.xml.reference", id="reference by xpointer"),
        pytest.param(_uri("file:///etc/hostname"), "jpki.xml.reference", id="reference to a file"),
        pytest.param(_uri("http://127.0.0.1/"), "jpki.xml.reference", id="reference to a server"),
        pytest.param(_uri(None), "jpki.xml.reference", id="reference to nothing"),
        pytest.param(_transform("http://www.w3.org/TR/1999/REC-xslt-19991116"), "jpki.xml.transform", id="XSLT"),
        pytest.param(_transform("http://www.w3.org/TR/1999/REC-xpath-19991116"), "jpki.xml.transform", id="XPath"),
        pytest.param(_transform_parameters, "jpki.xml.transform", id="parameters of C14N"),
        pytest.param(_no_transforms, "jpki.xml.transform", id="no transforms"),
        pytest.param(
            _algorithm("CanonicalizationMethod", "http://www.w3.org/2001/10/xml-exc-c14n#WithComments"),
            "jpki.xml.transform",
            id="C14N with comments",
        ),
        pytest.param(
            _algorithm("SignatureMethod", "http://www.w3.org/2000/09/xmldsig#hmac-sha1"),
            "jpki.document.algorithm",
            id="HMAC",
        ),
        pytest.param(
            _algorithm("SignatureMethod", "http://www.w3.org/2000/09/xmldsig#rsa-sha1"),
            "jpki.document.algorithm",
            id="RSA with SHA-1",
        ),
        pytest.param(
            _algorithm("DigestMethod", "http://www.w3.org/2000/09/xmldsig#sha1"), "jpki.document.algorithm", id="SHA-1"
        ),
        pytest.param(_no_key_info, "jpki.document.certificate-missing", id="no certificate"),
        pytest.param(_other_certificate, "jpki.signature.invalid", id="the CA's certificate first"),
        pytest.param(_other_value, "jpki.signature.invalid", id="another value"),
        pytest.param(_short_value, "jpki.signature.malformed", id="a short value"),
        pytest.param(_no_base64, "jpki.xml.structure", id="no base64"),
        pytest.param(_instruction_outside, "jpki.xml.structure", id="an instruction outside"),
    ],
)
def test_forged(desk: Desk, signed: bytes, change: Change, code: str) -> None:
    root: Any = etree.fromstring(signed)
    changed = change(root, root.find(SIGNATURE))
    tree = (root if changed is None else changed).getroottree()
    verdict = verify_xml(etree.tostring(tree, xml_declaration=True, encoding="UTF-8"), **desk.given())
    assert (verdict.ok, verdict.content) == (False, None)
    assert code in verdict.codes


def test_reference_by_an_id_that_two_elements_have(desk: Desk) -> None:
    root: Any = etree.fromstring(sign_xml(WITH_ID, desk.signer))
    root[0].set("ID", "whole")
    verdict = verify_xml(etree.tostring(root), **desk.given())
    assert verdict.codes == ("jpki.xml.reference",)


BOMB = b"".join(b'<!ENTITY %c "%s">' % (97 + n, b"&%c;" % (96 + n) * 10 if n else b"ha") for n in range(9))


@pytest.mark.parametrize(
    "declared",
    [
        pytest.param(b"<!DOCTYPE contract>", id="a bare one"),
        pytest.param(b'<!DOCTYPE contract SYSTEM "file:///etc/hostname">', id="outside"),
        pytest.param(b'<!DOCTYPE contract [<!ENTITY x SYSTEM "file:///etc/hostname">]>', id="an entity outside"),
        pytest.param(b"<!DOCTYPE contract [" + BOMB + b"]>", id="a billion laughs"),
        pytest.param(b'<!DOCTYPE contract [<!ATTLIST sum Id ID "whole">]>', id="attributes by default"),
    ],
)
def test_document_type(desk: Desk, declared: bytes) -> None:
    signed = etree.tostring(etree.fromstring(sign_xml(WITH_ID, desk.signer)))
    assert verify_xml(declared + signed, **desk.given()).codes == ("jpki.xml.document-type",)


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"text",
        b"<a>",
        b"\x00",
        b"<a>" * 100_000,
        "<a/>".encode("utf-16")[:-1],
        b'<?xml version="1.0" encoding="x"?><a/>',
    ],
    ids=["nothing", "text", "cut", "zero", "deep", "half a letter", "an unknown encoding"],
)
def test_junk(desk: Desk, junk: bytes) -> None:
    assert verify_xml(junk, **desk.given()).codes == ("jpki.document.unreadable",)


def test_no_truncation_is_accepted_or_raises(desk: Desk, signed: bytes) -> None:
    whole = signed.rstrip()
    verdicts = [verify_xml(whole[:size], **desk.given()) for size in range(0, len(whole), 11)]
    assert {verdict.codes for verdict in verdicts} == {("jpki.document.unreadable",)}


def test_no_changed_byte_of_the_document_or_what_was_signed_is_accepted(desk: Desk, signed: bytes) -> None:
    end = signed.index(b"</ds:SignedInfo>")
    for at in range(signed.index("<契".encode()), end, 3):
        spoilt = signed[:at] + bytes((signed[at] ^ 0x01,)) + signed[at + 1 :]
        verdict = verify_xml(spoilt, **desk.given())
        assert not verdict.ok, f"byte {at}: {spoilt[at - 9 : at + 9]!r}"
        assert verdict.codes


@pytest.mark.parametrize(
    "document",
    [
        b"no XML",
        b"<!DOCTYPE a><a/>",
        b"<?show else?><a/>",
        b'<a><Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/></a>',
    ],
    ids=["no XML", "a document type", "an instruction outside", "signed already"],
)
def test_what_cannot_be_signed_asks_no_key(desk: Desk, document: bytes) -> None:
    signer = KeySigner(desk.signer.certificate, desk.signer.key)
    with pytest.raises(DocumentError):
        sign_xml(document, signer)
    assert signer.asked == 0


@pytest.mark.parametrize("uri", ["", "#part", "part"], ids=["empty", "inside", "the id of a part"])
def test_detached_signature_names_no_part_of_the_document(desk: Desk, uri: str) -> None:
    with pytest.raises(DocumentError):
        sign_xml_detached(WITH_ID, desk.signer, uri=uri)
