"""CMS signatures: written, verified, and every way to spoil them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from asn1crypto import cms

from jpki import der, oids
from jpki.reasons import RevocationReason
from jpki.signing import cms as writing
from jpki.signing import cms_verify
from jpki.signing.cms import sign_cms
from jpki.signing.cms_verify import verify_cms
from tests.jpki.signing.conftest import NOW, Desk, KeySigner

DOCUMENT = "甲は乙に見本を貸す。\n".encode()


def signed(desk: Desk, signer: KeySigner | None = None, **changes: Any) -> bytes:
    return sign_cms(DOCUMENT, signer or desk.signer, **{"signing_time": NOW} | changes)


def test_attached_is_accepted_with_its_content(desk: Desk) -> None:
    verdict = verify_cms(signed(desk), **desk.given())
    assert (verdict.ok, verdict.codes, verdict.content) == (True, (), DOCUMENT)
    [one] = verdict.signatures
    assert one.signing_time == NOW
    assert one.verdict.certificate is not None
    assert one.verdict.certificate.attributes is not None


def test_detached_is_accepted_with_its_document(desk: Desk) -> None:
    verdict = verify_cms(signed(desk, detached=True), content=DOCUMENT, **desk.given())
    assert (verdict.ok, verdict.codes) == (True, ())


def test_next_generation_signs_with_its_own_algorithm(desk: Desk) -> None:
    verdict = verify_cms(signed(desk, desk.next_signer), **desk.given())
    assert (verdict.ok, verdict.codes) == (True, ())


def test_without_a_signing_time_none_is_claimed(desk: Desk) -> None:
    verdict = verify_cms(signed(desk, signing_time=None), **desk.given())
    assert (verdict.ok, verdict.signatures[0].signing_time) == (True, None)


def test_one_signature_asks_the_key_once(desk: Desk) -> None:
    signer = KeySigner(desk.signer.certificate, desk.signer.key)
    sign_cms(DOCUMENT, signer, signing_time=NOW)
    assert signer.asked == 1


def test_the_verdict_for_machines_names_no_attribute_of_the_holder(desk: Desk) -> None:
    told = repr(verify_cms(signed(desk), **desk.given()).as_dict())
    assert "見本" not in told


def test_empty_document_is_a_document(desk: Desk) -> None:
    assert verify_cms(sign_cms(b"", desk.signer, signing_time=NOW), **desk.given()).content == b""


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        (reason, "jpki.revocation.revoked")
        for reason in (RevocationReason.CERTIFICATE_HOLD, RevocationReason.SUPERSEDED)
    ],
    ids=lambda value: getattr(value, "rfc_name", ""),
)
def test_revoked_certificate(desk: Desk, reason: RevocationReason, code: str) -> None:
    verdict = verify_cms(signed(desk), **desk.given(policy=desk.policy(desk.crl(desk.entry(reason)))))
    assert (verdict.ok, verdict.codes, verdict.content) == (False, ("jpki.revocation.revoked",), None)


def test_expired_certificate(desk: Desk) -> None:
    later = NOW + timedelta(days=8 * 365)
    verdict = verify_cms(signed(desk), **desk.given(now=later, policy=desk.policy(desk.crl(at=later))))
    assert "jpki.validity.expired" in verdict.codes


def test_log_in_certificate(desk: Desk) -> None:
    verdict = verify_cms(signed(desk, desk.login), **desk.given())
    assert (verdict.ok, verdict.codes) == (False, ("jpki.purpose.wrong-ca",))


@pytest.mark.parametrize("ahead", [timedelta(minutes=4), timedelta(minutes=6)], ids=["a little", "too much"])
def test_signing_time_that_is_still_to_come(desk: Desk, ahead: timedelta) -> None:
    verdict = verify_cms(signed(desk, signing_time=NOW + ahead), **desk.given())
    assert verdict.codes == (("jpki.document.signed-in-future",) if ahead > timedelta(minutes=5) else ())


def test_signing_time_before_the_certificate(desk: Desk) -> None:
    verdict = verify_cms(signed(desk, signing_time=NOW - timedelta(days=365)), **desk.given())
    assert (verdict.ok, verdict.codes) == (False, ("jpki.document.signed-before-certificate",))


def test_other_document(desk: Desk) -> None:
    verdict = verify_cms(signed(desk, detached=True), content=DOCUMENT + b" ", **desk.given())
    assert (verdict.ok, verdict.codes) == (False, ("jpki.document.digest-mismatch",))


def test_detached_without_document(desk: Desk) -> None:
    assert verify_cms(signed(desk, detached=True), **desk.given()).codes == ("jpki.document.content-missing",)


def test_attached_with_another_document(desk: Desk) -> None:
    verdict = verify_cms(signed(desk), content=DOCUMENT, **desk.given())
    assert verdict.codes == ("jpki.document.content-twice",)


def test_too_large(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cms_verify, "MAX_CMS_SIZE", 100)
    assert verify_cms(signed(desk), **desk.given()).codes == ("jpki.document.too-large",)


def test_document_too_large(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cms_verify, "MAX_CONTENT_SIZE", 3)
    verdict = verify_cms(signed(desk, detached=True), content=DOCUMENT, **desk.given())
    assert verdict.codes == ("jpki.document.too-large",)


def forge(change: Callable[[Any, Any], None], encoded: bytes) -> bytes:
    """Change the SignedData and its one SignerInfo, and write them again."""
    info = cms.ContentInfo.load(encoded)
    change(info["content"], info["content"]["signer_infos"][0])
    result: bytes = info.dump(force=True)
    return result


def _other_content(data: Any, _: Any) -> None:
    data["encap_content_info"]["content"] = b"something else"


def _no_attributes(_: Any, signer: Any) -> None:
    del signer["signed_attrs"]


def _no_certificates(data: Any, _: Any) -> None:
    del data["certificates"]


def _no_signers(data: Any, _: Any) -> None:
    data["signer_infos"] = []


def _many_signers(data: Any, signer: Any) -> None:
    data["signer_infos"] = [signer.copy() for _ in range(17)]


def _unannounced(data: Any, _: Any) -> None:
    data["digest_algorithms"] = [{"algorithm": "sha512"}]


def _sha1(data: Any, signer: Any) -> None:
    data["digest_algorithms"] = [{"algorithm": "sha1"}]
    signer["digest_algorithm"] = {"algorithm": "sha1"}


def _pss(_: Any, signer: Any) -> None:
    signer["signature_algorithm"] = {"algorithm": "rsassa_pss"}


def _without(name: str) -> Callable[[Any, Any], None]:
    def change(_: Any, signer: Any) -> None:
        signer["signed_attrs"] = [one for one in signer["signed_attrs"] if one["type"].native != name]

    return change


def _twice(name: str) -> Callable[[Any, Any], None]:
    def change(_: Any, signer: Any) -> None:
        rows = list(signer["signed_attrs"])
        signer["signed_attrs"] = rows + [one.copy() for one in rows if one["type"].native == name]

    return change


def _flip_signature(_: Any, signer: Any) -> None:
    signer["signature"] = bytes((signer["signature"].native[0] ^ 1,)) + signer["signature"].native[1:]


def _cut_signature(_: Any, signer: Any) -> None:
    signer["signature"] = signer["signature"].native[:-1]


def _other_content_type(data: Any, _: Any) -> None:
    data["encap_content_info"]["content_type"] = "tst_info"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param(_other_content, "jpki.document.digest-mismatch", id="content swapped"),
        pytest.param(_no_attributes, "jpki.cms.attributes-missing", id="no signed attributes"),
        pytest.param(_no_certificates, "jpki.document.certificate-missing", id="no certificates"),
        pytest.param(_no_signers, "jpki.document.unsigned", id="no signers"),
        pytest.param(_many_signers, "jpki.document.too-many-signatures", id="seventeen signers"),
        pytest.param(_sha1, "jpki.document.algorithm", id="digest said to be SHA-1"),
        pytest.param(_unannounced, "jpki.document.unreadable", id="digest not announced"),
        pytest.param(_pss, "jpki.document.algorithm", id="signature said to be PSS"),
        pytest.param(_without("content_type"), "jpki.cms.attribute-wrong", id="contentType left out"),
        pytest.param(_without("message_digest"), "jpki.cms.attribute-wrong", id="messageDigest left out"),
        pytest.param(_twice("message_digest"), "jpki.cms.attribute-wrong", id="messageDigest twice"),
        pytest.param(_twice("signing_time"), "jpki.cms.attribute-wrong", id="signingTime twice"),
        pytest.param(_twice("signing_certificate_v2"), "jpki.cms.attribute-wrong", id="signingCertificateV2 twice"),
        pytest.param(_without("signing_certificate_v2"), "jpki.signature.invalid", id="signingCertificateV2 left out"),
        pytest.param(_flip_signature, "jpki.signature.invalid", id="a bit of the signature"),
        pytest.param(_cut_signature, "jpki.signature.malformed", id="a short signature"),
        pytest.param(_other_content_type, "jpki.document.unreadable", id="no plain data"),
    ],
)
def test_forged(desk: Desk, change: Callable[[Any, Any], None], code: str) -> None:
    verdict = verify_cms(forge(change, signed(desk)), **desk.given())
    assert not verdict.ok
    assert code in verdict.codes
    assert verdict.content is None


def test_swapped_certificate_of_the_same_name(desk: Desk) -> None:
    """Another person's certificate in the place of the signer's: the key does not fit, and it was not the one meant."""

    def change(data: Any, signer: Any) -> None:
        data["certificates"] = [cms.CertificateChoices("certificate", cms.Certificate.load(desk.other.certificate))]
        signer["sid"].chosen["serial_number"] = 8

    codes = verify_cms(forge(change, signed(desk)), **desk.given()).codes
    assert codes == ("jpki.cms.signing-certificate-mismatch", "jpki.signature.invalid")


def test_two_signers_and_one_of_them_false(desk: Desk) -> None:
    second: Any = cms.ContentInfo.load(signed(desk, desk.other))["content"]

    def add(data: Any, signer: Any) -> None:
        data["certificates"] = [*data["certificates"], *second["certificates"]]
        data["signer_infos"] = [signer, second["signer_infos"][0]]

    both = forge(add, signed(desk))
    assert verify_cms(both, **desk.given()).ok
    listed = desk.policy(desk.crl(desk.entry(RevocationReason.SUPERSEDED)))
    verdict = verify_cms(both, **desk.given(policy=listed))
    assert (verdict.ok, sorted(one.ok for one in verdict.signatures)) == (False, [False, True])


def test_warns_of_a_signer_who_did_not_say_which_certificate(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    attributes = writing.signed_attributes

    def fewer(digest: bytes, certificate: bytes, **more: Any) -> bytes:
        whole = attributes(digest, certificate, **more)
        unwanted = der.oid(oids.CMS_SIGNING_CERTIFICATE_V2)
        rows = [one.dump() for one in cms.CMSAttributes.load(der.tlv(0x31, whole))]
        return b"".join(row for row in rows if unwanted not in row)

    monkeypatch.setattr(writing, "signed_attributes", fewer)
    verdict = verify_cms(signed(desk), **desk.given())
    assert (verdict.ok, verdict.codes) == (True, ("jpki.cms.signing-certificate-absent",))


def test_bytes_after_the_end(desk: Desk) -> None:
    assert verify_cms(signed(desk) + b"\x00", **desk.given()).codes == ("jpki.document.unreadable",)


@pytest.mark.parametrize(
    "junk",
    [b"", b"\x30", b"text", b"\x30\x80" * 5000, der.sequence(der.oid(oids.CMS_DATA)), b"\x30\x84\xff\xff\xff\xff"],
    ids=["nothing", "a tag", "text", "deep", "data", "a length beyond all"],
)
def test_junk(desk: Desk, junk: bytes) -> None:
    assert verify_cms(junk, **desk.given()).codes == ("jpki.document.unreadable",)


def test_no_truncation_is_accepted_or_raises(desk: Desk) -> None:
    whole = signed(desk)
    verdicts = [verify_cms(whole[:size], **desk.given()) for size in range(0, len(whole), 7)]
    assert {verdict.codes for verdict in verdicts} == {("jpki.document.unreadable",)}


def test_no_changed_byte_is_accepted_or_raises(desk: Desk) -> None:
    whole = signed(desk)
    chain = desk.signer.chain[0]
    skipped = range(whole.index(chain), whole.index(chain) + len(chain))  # goes along, and nobody relies on it
    for at in (number for number in range(0, len(whole), 5) if number not in skipped):
        spoilt = whole[:at] + bytes((whole[at] ^ 0x15,)) + whole[at + 1 :]
        verdict = verify_cms(spoilt, **desk.given())
        assert not verdict.ok, f"byte {at}"
        assert verdict.codes, f"byte {at}"
