"""PDF signatures: written, verified, and the attacks on them that are published."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, append_signature_field

from jpki.reasons import RevocationReason
from jpki.signing import pdf_verify
from jpki.signing.errors import DocumentError
from jpki.signing.pdf_sign import add_revocation_data, sign_pdf
from jpki.signing.pdf_verify import verify_pdf
from tests.jpki.signing.conftest import NOW, Desk, KeySigner
from tests.jpki.signing.paper import paper, revised, text_stream

YEARS_LATER = NOW + timedelta(days=8 * 365)


@pytest.fixture(scope="module")
def signed(desk: Desk) -> bytes:
    return sign_pdf(paper(), desk.signer, now=NOW)


@pytest.mark.parametrize("pades", [False, True], ids=["adbe.pkcs7.detached", "PAdES"])
def test_signed_pdf_is_accepted(desk: Desk, pades: bool) -> None:
    signed = sign_pdf(paper(), desk.signer, now=NOW, pades=pades, name="specimen", reason="a test")
    verdict = verify_pdf(signed, **desk.given())
    assert (verdict.ok, verdict.codes) == (True, ())
    [one] = verdict.signatures
    assert (one.name, one.signing_time) == ("Signature1", None if pades else NOW)
    assert (b"/ETSI.CAdES.detached" in signed) == pades


def test_what_stood_there_is_not_touched(signed: bytes) -> None:
    assert signed.startswith(paper())


def test_next_generation_signs_with_its_own_algorithm(desk: Desk) -> None:
    verdict = verify_pdf(sign_pdf(paper(), desk.next_signer, now=NOW), **desk.given())
    assert (verdict.ok, verdict.codes) == (True, ())


def test_one_signature_asks_the_key_once(desk: Desk) -> None:
    signer = KeySigner(desk.signer.certificate, desk.signer.key)
    sign_pdf(paper(), signer, now=NOW)
    assert signer.asked == 1


def test_two_people_sign_one_after_the_other(desk: Desk, signed: bytes) -> None:
    both = sign_pdf(signed, desk.other, now=NOW)
    verdict = verify_pdf(both, **desk.given())
    assert (verdict.codes, [one.name for one in verdict.signatures]) == ((), ["Signature1", "Signature2"])
    assert verdict.ok


def test_one_of_two_is_revoked(desk: Desk, signed: bytes) -> None:
    both = sign_pdf(signed, desk.other, now=NOW)
    verdict = verify_pdf(both, **desk.given(policy=desk.policy(desk.crl(desk.entry(RevocationReason.SUPERSEDED)))))
    assert (verdict.ok, [one.ok for one in verdict.signatures]) == (False, [False, True])


def test_revoked_certificate(desk: Desk, signed: bytes) -> None:
    listed = desk.policy(desk.crl(desk.entry(RevocationReason.CERTIFICATE_HOLD)))
    verdict = verify_pdf(signed, **desk.given(policy=listed))
    assert (verdict.codes, verdict.content) == (("jpki.revocation.revoked",), None)


def test_expired_certificate(desk: Desk, signed: bytes) -> None:
    given = desk.given(now=YEARS_LATER, policy=desk.policy(desk.crl(at=YEARS_LATER)))
    assert "jpki.validity.expired" in verify_pdf(signed, **given).codes


def test_log_in_certificate(desk: Desk) -> None:
    assert verify_pdf(sign_pdf(paper(), desk.login, now=NOW), **desk.given()).codes == ("jpki.purpose.wrong-ca",)


def test_years_later_the_list_in_the_file_says_what_was(desk: Desk, signed: bytes) -> None:
    lasting = add_revocation_data(signed, crls=[desk.crl()], certificates=desk.signer.chain)
    now_listed = desk.policy(desk.crl(desk.entry(RevocationReason.KEY_COMPROMISE), at=YEARS_LATER))
    given = desk.given(now=YEARS_LATER, policy=now_listed)
    assert not verify_pdf(lasting, **given).ok
    verdict = verify_pdf(lasting, **given, existed_by=NOW)
    assert (verdict.ok, verdict.codes) == (True, ())


def test_the_claimed_time_does_not_make_the_past(desk: Desk, signed: bytes) -> None:
    """A key that was stolen later signs as if it were earlier: judged for the proven moment, it is revoked."""
    at = NOW + timedelta(days=30)
    listed = desk.crl(desk.entry(RevocationReason.KEY_COMPROMISE, revoked_at=NOW + timedelta(days=1)), at=at)
    verdict = verify_pdf(add_revocation_data(signed, crls=[listed]), **desk.given(now=YEARS_LATER), existed_by=at)
    assert verdict.codes == ("jpki.revocation.revoked",)


def test_signed_after_the_moment_for_which_it_is_judged(desk: Desk, signed: bytes) -> None:
    before = NOW - timedelta(days=1)
    lasting = add_revocation_data(signed, crls=[desk.crl(at=before)])
    assert "jpki.document.signed-in-future" in verify_pdf(lasting, **desk.given(), existed_by=before).codes


def test_years_later_without_a_list_in_the_file(desk: Desk, signed: bytes) -> None:
    verdict = verify_pdf(signed, **desk.given(now=YEARS_LATER), existed_by=NOW)
    assert verdict.codes == ("jpki.pdf.revocation-missing",)


def test_list_of_another_time_in_the_file(desk: Desk, signed: bytes) -> None:
    lasting = add_revocation_data(signed, crls=[desk.crl(at=YEARS_LATER)])
    verdict = verify_pdf(lasting, **desk.given(now=YEARS_LATER), existed_by=NOW)
    assert verdict.codes == ("jpki.revocation.crl-not-yet-valid",)


def test_nobody_proves_the_future(desk: Desk, signed: bytes) -> None:
    with pytest.raises(ValueError, match="tomorrow"):
        verify_pdf(signed, **desk.given(), existed_by=YEARS_LATER)


# Attacks: Mainka, Mladenov et al., "1 Trillion Dollar Refund" (2019) and "Shadow Attacks" (2021)


def codes(desk: Desk, document: bytes) -> tuple[str, ...]:
    verdict = verify_pdf(document, **desk.given())
    assert (verdict.ok, verdict.content) == (False, None)
    return verdict.codes


def test_changed_text(desk: Desk, signed: bytes) -> None:
    assert codes(desk, signed.replace(b"Specimen contract", b"Specimen kontract")) == ("jpki.document.digest-mismatch",)


def test_page_replaced_in_a_later_revision(desk: Desk, signed: bytes) -> None:
    assert codes(desk, revised(signed, {4: text_stream("Another contract")})) == ("jpki.pdf.changed-after-signing",)


def test_further_page_in_a_later_revision(desk: Desk, signed: bytes) -> None:
    page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 21 0 R >>"
    kids = "<< /Type /Pages /Kids [3 0 R 20 0 R] /Count 2 >>"
    more = {2: kids, 20: page, 21: text_stream("more")}
    assert codes(desk, revised(signed, more)) == ("jpki.pdf.changed-after-signing",)


def test_annotation_in_a_later_revision(desk: Desk, signed: bytes) -> None:
    text = "<< /Type /Annot /Subtype /FreeText /Rect [0 0 300 200] /Contents (covered) /DA (/F 30 Tf) >>"
    page = (
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 4 0 R "
        "/Resources << /Font << /F 5 0 R >> >> /Annots [20 0 R] >>"
    )
    assert codes(desk, revised(signed, {3: page, 20: text})) == ("jpki.pdf.changed-after-signing",)


@pytest.mark.parametrize("box", [None, (0, 0, 300, 200)], ids=["invisible", "over the page"])
def test_signature_field_in_a_later_revision(desk: Desk, signed: bytes, box: tuple[int, ...] | None) -> None:
    writer = IncrementalPdfFileWriter(io.BytesIO(signed))
    append_signature_field(writer, SigFieldSpec("Later", box=box))
    output = io.BytesIO()
    writer.write(output)
    found = verify_pdf(output.getvalue(), **desk.given()).codes
    assert found == (() if box is None else ("jpki.pdf.changed-after-signing",))


def test_page_replaced_and_signed_by_somebody_else(desk: Desk, signed: bytes) -> None:
    changed = sign_pdf(revised(signed, {4: text_stream("Another contract")}), desk.other, now=NOW)
    verdict = verify_pdf(changed, **desk.given())
    assert (verdict.ok, [one.ok for one in verdict.signatures]) == (False, [False, True])


def test_signature_that_leaves_out_a_gap(desk: Desk, signed: bytes) -> None:
    """Signature wrapping: what is left out grows, and holds what the reader shows."""
    _, first, second, rest = numbers = byte_range(signed)
    assert numbers[0] == 0
    wider = with_byte_range(signed, (0, first, second + 40, rest - 40))
    assert codes(desk, wider) == ("jpki.pdf.byte-range",)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda a, b, c: (1, a - 1, b, c), id="begins later"),
        pytest.param(lambda a, b, c: (0, a + 2, b, c), id="overlaps the signature"),
        pytest.param(lambda a, b, c: (0, a, b - 1, c + 1), id="ends within it"),
        pytest.param(lambda a, b, c: (0, a, b, c + 1), id="beyond the end"),
        pytest.param(lambda a, b, c: (0, 0, 0, 0), id="nothing"),
        pytest.param(lambda a, b, c: (0, a, b, -c), id="negative"),
        pytest.param(lambda a, b, c: (0, a, b), id="three numbers"),
        pytest.param(lambda a, b, c: (), id="no numbers"),
    ],
)
def test_byte_range(desk: Desk, signed: bytes, change: Any) -> None:
    _, *numbers = byte_range(signed)
    assert set(codes(desk, with_byte_range(signed, change(*numbers)))) <= {
        "jpki.pdf.byte-range",
        "jpki.document.unreadable",
    }


def test_short_byte_range_that_leaves_the_end_out(desk: Desk, signed: bytes) -> None:
    _, first, second, rest = byte_range(signed)
    found = codes(desk, with_byte_range(signed, (0, first, second, rest - 20)))
    assert "jpki.pdf.changed-after-signing" in found


def test_signature_of_zeros(desk: Desk, signed: bytes) -> None:
    """Universal signature forgery: a signature that cannot be read is no signature."""
    _, first, second, _ = byte_range(signed)
    zeros = signed[:first] + b"<" + b"0" * (second - first - 2) + b">" + signed[second:]
    assert codes(desk, zeros) == ("jpki.document.unreadable",)


def test_other_signature_in_its_place(desk: Desk, signed: bytes) -> None:
    other = sign_pdf(paper("Another contract "), desk.signer, now=NOW)
    _, first, second, _ = byte_range(signed)
    assert len(other) == len(signed)
    swapped = signed[:first] + other[first:second] + signed[second:]
    assert codes(desk, swapped) == ("jpki.document.digest-mismatch",)


def test_form_of_signature_that_is_not_known(desk: Desk, signed: bytes) -> None:
    assert codes(desk, signed.replace(b"adbe.pkcs7.detached", b"adbe.x509.rsa_sha1 "[:19])) == ("jpki.pdf.subfilter",)


def test_unsigned(desk: Desk) -> None:
    assert codes(desk, paper()) == ("jpki.document.unsigned",)


def test_too_large(desk: Desk, signed: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_verify, "MAX_PDF_SIZE", 100)
    assert codes(desk, signed) == ("jpki.document.too-large",)


def test_too_many_signatures(desk: Desk, signed: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_verify, "MAX_SIGNATURES", 1)
    assert codes(desk, sign_pdf(signed, desk.other, now=NOW)) == ("jpki.document.too-many-signatures",)


def test_too_many_revisions(desk: Desk, signed: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_verify, "MAX_PDF_REVISIONS", 1)
    assert codes(desk, signed) == ("jpki.document.unreadable",)


@pytest.mark.parametrize("junk", [b"", b"%PDF-1.7", b"text", b"\x00" * 64, b"startxref 0 %%EOF"], ids=repr)
def test_junk(desk: Desk, junk: bytes) -> None:
    assert codes(desk, junk) == ("jpki.document.unreadable",)


def test_bytes_after_the_end(desk: Desk, signed: bytes) -> None:
    assert not verify_pdf(signed + b"junk\n" * 600, **desk.given()).ok


def test_no_truncation_is_accepted_or_raises(desk: Desk, signed: bytes) -> None:
    verdicts = [verify_pdf(signed[:size], **desk.given()) for size in range(0, len(signed) - 1, 463)]
    assert not any(verdict.ok for verdict in verdicts)
    assert all(verdict.codes for verdict in verdicts)


def test_no_changed_byte_outside_of_the_padding_is_accepted_or_raises(desk: Desk, signed: bytes) -> None:
    _, first, second, _ = byte_range(signed)
    for at in [*range(0, first, 13), *range(second, len(signed), 7)]:
        spoilt = signed[:at] + bytes((signed[at] ^ 0x15,)) + signed[at + 1 :]
        verdict = verify_pdf(spoilt, **desk.given())
        assert not verdict.ok, f"byte {at}"
        assert verdict.codes


@pytest.mark.parametrize("document", [b"", b"no PDF", paper()[:200]], ids=["nothing", "text", "cut"])
def test_what_cannot_be_signed_asks_no_key(desk: Desk, document: bytes) -> None:
    signer = KeySigner(desk.signer.certificate, desk.signer.key)
    with pytest.raises(DocumentError):
        sign_pdf(document, signer, now=NOW)
    assert signer.asked == 0


def byte_range(document: bytes) -> tuple[int, ...]:
    found = re.search(rb"/ByteRange \[([ \d]+)\]", document)
    assert found
    return tuple(int(one) for one in found[1].split())


def with_byte_range(document: bytes, numbers: tuple[int, ...]) -> bytes:
    found = re.search(rb"/ByteRange \[[ \d]+\] *", document)
    assert found
    text = f"/ByteRange [{' '.join(map(str, numbers))}]".encode()
    return document[: found.start()] + text.ljust(len(found[0])) + document[found.end() :]
