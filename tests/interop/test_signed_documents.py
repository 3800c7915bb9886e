"""Signed documents before verifiers that know nothing of us: openssl (CMS), poppler's pdfsig (PDF), xmlsec1 (XML).

The card signs through our own client, and through OpenSC's PKCS #11 module.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from jpki.algorithms import RSA_2048, KeyAlgorithm
from jpki.client.session import CardSession
from jpki.kinds import CaKind
from jpki.signing.cms import sign_cms
from jpki.signing.cms_verify import verify_cms
from jpki.signing.judge import DocumentVerdict
from jpki.signing.pdf_sign import add_revocation_data, sign_pdf
from jpki.signing.pdf_verify import verify_pdf
from jpki.signing.signer import CardSigner, DocumentSigner
from jpki.signing.xml_sign import sign_xml, sign_xml_detached
from jpki.signing.xml_verify import verify_xml
from jpki.verify.policy import DOCUMENT_SIGNATURE, Policy
from jpki.verify.revocation import CrlRevocationCheck
from jpki.verify.trust import TrustAnchor, TrustStore
from mynalab.lab.documents import der_of
from readers.inprocess import InProcessChannel
from tests.interop.desk import Desk
from tests.interop.pki import KEY_IDS, NOW, SIGN_PIN, SIGN_TOKEN, Pki
from tests.jpki.signing.paper import paper

pytestmark = pytest.mark.real_part("python:smartcard", "openssl", "pkcs11-tool")
TEXT = "契約書: the parties agree.\n".encode()
XML = "<契約書><本文>the parties agree.</本文></契約書>".encode()
PDFSIG = pytest.mark.real_part("pdfsig")
XMLSEC = pytest.mark.real_part("xmlsec1")


@dataclass
class OpenScSigner:
    """The card's key behind ``pkcs11-tool``: a process for each signature, as scripts have it."""

    desk: Desk
    module: Path
    certificate: bytes
    chain: tuple[bytes, ...]
    algorithm: KeyAlgorithm = RSA_2048

    def sign(self, message: bytes) -> bytes:
        (self.desk.home / "message").write_bytes(message)
        self.desk.run(
            *("pkcs11-tool", "--module", self.module, "--token-label", SIGN_TOKEN, "--login", "--pin", SIGN_PIN),
            *("--sign", "-m", "SHA256-RSA-PKCS", "--id", KEY_IDS[CaKind.SIGN], "-i", "message", "-o", "signature"),
        )
        return (self.desk.home / "signature").read_bytes()


@pytest.fixture(params=["client", "opensc"])
def signer(request: pytest.FixtureRequest, ready: Desk, pki: Pki, pkcs11_module: Path) -> Any:
    """Who signs: the card itself, either way."""
    if request.param == "opensc":
        ca = pki.authorities[CaKind.SIGN].certificate_der
        yield OpenScSigner(ready, pkcs11_module, pki.people[0].certificates[CaKind.SIGN], (ca,))
        return
    with InProcessChannel(pki.card()) as channel:
        yield CardSigner.open(CardSession.open(channel), SIGN_PIN)


@pytest.fixture
def given(pki: Pki) -> dict[str, Any]:
    """What our own verifiers are given."""
    authority = pki.authorities[CaKind.SIGN]
    anchor = TrustAnchor.load(CaKind.SIGN, authority.hierarchy, authority.certificate_der)
    check = CrlRevocationCheck([pki.crl(CaKind.SIGN)])
    return {
        "trust": TrustStore([anchor]),
        "policy": Policy(purpose=DOCUMENT_SIGNATURE, revocation=check),
        "now": NOW,
    }


def accepted(verdict: DocumentVerdict) -> bool:
    return verdict.ok and not verdict.codes


@pytest.fixture
def trusted(ready: Desk) -> Desk:
    """With the CA beside its list: the good one, and one that has the signer."""
    ca = (ready.home / "sign-ca.pem").read_text()
    for crl in (".crl", "-revoked.crl"):
        (ready.home / f"trusted{crl}.pem").write_text(ca + (ready.home / f"sign{crl}").read_text())
    return ready


VERIFY = ("openssl", "cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any", "-crl_check", "-out", "read")


@pytest.mark.parametrize("cades", [(), ("-cades",)], ids=["plain", "CAdES"])
def test_cms_in_openssl(trusted: Desk, signer: DocumentSigner, given: dict[str, Any], cades: tuple[str, ...]) -> None:
    signed = sign_cms(TEXT, signer, signing_time=NOW)
    assert accepted(verify_cms(signed, **given))
    (trusted.home / "signed").write_bytes(signed)
    said = trusted.run(*VERIFY, *cades, "-in", "signed", "-CAfile", "trusted.crl.pem")
    assert "erification successful" in said
    assert (trusted.home / "read").read_bytes() == TEXT
    said = trusted.run(*VERIFY, *cades, "-in", "signed", "-CAfile", "trusted-revoked.crl.pem", status=4)
    assert "certificate revoked" in said


@pytest.mark.parametrize(("text", "status"), [(TEXT, 0), (TEXT + b"!", 4)], ids=["the text", "another text"])
def test_detached_cms_in_openssl(trusted: Desk, signer: DocumentSigner, text: bytes, status: int) -> None:
    (trusted.home / "signed").write_bytes(sign_cms(TEXT, signer, signing_time=NOW, detached=True))
    (trusted.home / "text").write_bytes(text)
    words = (*VERIFY, "-in", "signed", "-content", "text", "-CAfile", "trusted.crl.pem")
    assert ("erification successful" in trusted.run(*words, status=status)) == (status == 0)


@pytest.mark.real_part("/usr/lib/ssl")
@pytest.mark.parametrize("more", [("-nodetach",), ("-nodetach", "-keyid"), ("-nodetach", "-cades"), ()], ids=" ".join)
def test_cms_of_openssl_and_opensc_in_ours(
    ready: Desk, pkcs11_module: Path, given: dict[str, Any], more: tuple[str, ...]
) -> None:
    """openssl signs by OpenSC's module and its PKCS #11 engine; without ``-nodetach`` the text stays outside."""
    if not list(Path("/usr/lib").glob("*/engines-3/pkcs11.so")):
        pytest.skip("not on this machine: engines-3/pkcs11.so (tools/system-packages.sh says how to install)")
    (ready.home / "text").write_bytes(TEXT)
    (ready.home / "opensc.conf").write_text(
        "app default { framework pkcs15 { pin_cache_ignore_user_consent = true; } }\n"
    )
    key = f"pkcs11:token={quote(SIGN_TOKEN)};id=%{KEY_IDS[CaKind.SIGN]};type=private;pin-value={SIGN_PIN}"
    ready.run(
        *("openssl", "cms", "-sign", "-binary", *more, "-md", "sha256", "-in", "text", "-out", "signed.pem"),
        *("-outform", "PEM", "-signer", "sign.pem", "-engine", "pkcs11", "-keyform", "engine", "-inkey", key),
        env={"PKCS11_MODULE_PATH": str(pkcs11_module), "OPENSC_CONF": "opensc.conf"},
    )
    signed = der_of((ready.home / "signed.pem").read_bytes())
    verdict = verify_cms(signed, **given, content=None if more else TEXT)
    assert verdict.ok
    # only CAdES says which certificate was meant
    assert verdict.codes == (() if "-cades" in more else ("jpki.cms.signing-certificate-absent",))


@PDFSIG
@pytest.mark.parametrize("pades", [False, True], ids=["adbe.pkcs7.detached", "PAdES"])
def test_pdf_in_pdfsig(ready: Desk, signer: DocumentSigner, given: dict[str, Any], pades: bool) -> None:
    signed = sign_pdf(paper(), signer, now=NOW, pades=pades)
    assert accepted(verify_pdf(signed, **given))
    (ready.home / "signed.pdf").write_bytes(signed)
    said = ready.run("pdfsig", "-nocert", "signed.pdf")
    assert "Signature is Valid." in said
    assert "Total document signed" in said
    assert ("ETSI.CAdES.detached" if pades else "adbe.pkcs7.detached") in said


@PDFSIG
def test_pdf_with_evidence_in_pdfsig(ready: Desk, pki: Pki, signer: DocumentSigner, given: dict[str, Any]) -> None:
    lasting = add_revocation_data(
        sign_pdf(paper(), signer, now=NOW), crls=[pki.crl(CaKind.SIGN)], certificates=signer.chain
    )
    assert accepted(verify_pdf(lasting, **given, existed_by=NOW))
    (ready.home / "signed.pdf").write_bytes(lasting)
    assert "Signature is Valid." in ready.run("pdfsig", "-nocert", "signed.pdf")


@PDFSIG
def test_changed_pdf_in_pdfsig(ready: Desk, signer: DocumentSigner, given: dict[str, Any]) -> None:
    changed = sign_pdf(paper(), signer, now=NOW).replace(b"Specimen", b"Specimem")
    assert verify_pdf(changed, **given).codes == ("jpki.document.digest-mismatch",)
    (ready.home / "signed.pdf").write_bytes(changed)
    assert "Signature is Valid." not in ready.run("pdfsig", "-nocert", "signed.pdf", status=None)


XMLSEC_VERIFY = ("xmlsec1", "--verify", "--enabled-key-data", "x509", "--trusted-pem", "sign-ca.pem")


@XMLSEC
@pytest.mark.parametrize(("new", "status"), [(b"agree", 0), (b"differ", 1)], ids=["as signed", "changed"])
def test_xml_in_xmlsec(ready: Desk, signer: DocumentSigner, given: dict[str, Any], new: bytes, status: int) -> None:
    signed = sign_xml(XML, signer).replace(b"agree", new)
    assert verify_xml(signed, **given).codes == (("jpki.document.digest-mismatch",) if status else ())
    (ready.home / "signed.xml").write_bytes(signed)
    said = ready.run(*XMLSEC_VERIFY, "signed.xml", status=status)
    assert ("OK" if status == 0 else "FAIL") in said.splitlines()


@XMLSEC
@pytest.mark.parametrize(("new", "status"), [(b"agree", 0), (b"differ", 1)], ids=["as signed", "changed"])
def test_detached_xml_in_xmlsec(
    ready: Desk, signer: DocumentSigner, given: dict[str, Any], new: bytes, status: int
) -> None:
    signature = sign_xml_detached(XML, signer, uri="contract.xml")
    document = XML.replace(b"agree", new)
    codes = verify_xml(signature, **given, content=document).codes
    assert codes == (("jpki.document.digest-mismatch",) if status else ())
    (ready.home / "contract.xml").write_bytes(document)
    (ready.home / "signature.xml").write_bytes(signature)
    said = ready.run(*XMLSEC_VERIFY, "signature.xml", status=status)
    assert ("OK" if status == 0 else "FAIL") in said.splitlines()


TEMPLATE = """<contract><text>the parties agree.</text>
<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo>
<CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>
<SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>
<Reference URI=""><Transforms>
<Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>
<Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></Transforms>
<DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><DigestValue/></Reference>
</SignedInfo><SignatureValue/><KeyInfo><X509Data/></KeyInfo></Signature></contract>
"""


@XMLSEC
def test_xml_of_xmlsec_in_ours(ready: Desk, pki: Pki, given: dict[str, Any]) -> None:
    (ready.home / "template.xml").write_text(TEMPLATE)
    (ready.home / "key.der").write_bytes(pki.people[0].pair(CaKind.SIGN).private_key)
    (ready.home / "certificate.der").write_bytes(pki.people[0].certificates[CaKind.SIGN])
    ready.run("openssl", "pkcs8", "-inform", "DER", "-in", "key.der", "-nocrypt", "-out", "key.pem")
    ready.run("xmlsec1", "--sign", "--privkey-pem", "key.pem,sign.pem", "--output", "signed.xml", "template.xml")
    assert accepted(verify_xml((ready.home / "signed.xml").read_bytes(), **given))
