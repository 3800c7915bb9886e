"""Verification of signed records: what holds, and the code of what does not, byte by changed byte."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from apdu.layout import face, text
from apdu.layout.face_records import AgeRecord, FaceRecord, NumberImageRecord
from apdu.layout.text_records import IntegrityRecord, PublicKeyRecord
from jpki.cv.authority import CvAuthority
from jpki.cv.certificate import CvCertificate
from jpki.cv.chain import CvTrust
from jpki.cv.findings import CvVerdict
from jpki.cv.key_id import lab_municipality
from jpki.records.face import face_block
from jpki.records.verify import verify_face, verify_text

Verify = Callable[[dict[int, bytes]], CvVerdict]


@pytest.fixture
def check_text(trust: CvTrust, between: tuple[CvCertificate, ...]) -> Verify:
    return lambda files: verify_text(files, trust=trust, intermediates=between)


@pytest.fixture
def check_face(trust: CvTrust, between: tuple[CvCertificate, ...]) -> Verify:
    return lambda files: verify_face(files, trust=trust, intermediates=between)


def flipped(raw: bytes, at: int) -> bytes:
    """One bit of one byte changed; ``at`` may count from the end."""
    at %= len(raw)
    return raw[:at] + bytes((raw[at] ^ 0x01,)) + raw[at + 1 :]


def test_everything_of_the_text_application_is_verified(check_text: Verify, text_files: dict[int, bytes]) -> None:
    verdict = check_text(text_files)
    assert verdict.ok
    assert verdict.verified == (text.MY_NUMBER, text.ATTRIBUTES, text.INTEGRITY_RECORD, text.PUBLIC_KEY)
    assert verdict.signer == lab_municipality("99201")


def test_everything_of_the_face_application_is_verified(check_face: Verify, face_files: dict[int, bytes]) -> None:
    verdict = check_face(face_files)
    assert verdict.ok
    assert verdict.verified == (face.AGE_RECORD, face.FACE, face.MY_NUMBER_IMAGE)


def test_filler_behind_the_attributes_changes_nothing(check_text: Verify, text_files: dict[int, bytes]) -> None:
    assert check_text(text_files | {text.ATTRIBUTES: text_files[text.ATTRIBUTES] + b"\xff" * 40}).ok


def test_with_reference_number_b_the_attributes_alone_are_verified(
    check_text: Verify, text_files: dict[int, bytes]
) -> None:
    readable = {fid: raw for fid, raw in text_files.items() if fid != text.MY_NUMBER}
    assert check_text(readable).verified == (text.ATTRIBUTES, text.INTEGRITY_RECORD, text.PUBLIC_KEY)


def test_with_the_birth_pin_the_age_alone_is_verified(check_face: Verify, face_files: dict[int, bytes]) -> None:
    readable = {fid: face_files[fid] for fid in (face.AGE_RECORD, face.CV_CERTIFICATE)}
    assert check_face(readable).verified == (face.AGE_RECORD,)


@pytest.mark.parametrize("at", [*range(17)])
def test_every_byte_of_the_my_number_counts(check_text: Verify, text_files: dict[int, bytes], at: int) -> None:
    verdict = check_text(text_files | {text.MY_NUMBER: flipped(text_files[text.MY_NUMBER], at)})
    assert verdict.codes == (("jpki.cv.my-number-changed",) if 3 <= at < 15 else ("jpki.cv.malformed",))


@pytest.mark.parametrize("at", [17, 24, 31, 38, 60, 70, -9, -8, -7, -6, -5])
def test_bytes_of_the_attributes_count(check_text: Verify, text_files: dict[int, bytes], at: int) -> None:
    verdict = check_text(text_files | {text.ATTRIBUTES: flipped(text_files[text.ATTRIBUTES], at)})
    assert not verdict.ok
    assert set(verdict.codes) <= {"jpki.cv.attributes-changed", "jpki.cv.malformed"}


def test_another_sex_is_another_digest(check_text: Verify, text_files: dict[int, bytes]) -> None:
    raw = text_files[text.ATTRIBUTES]
    assert check_text(text_files | {text.ATTRIBUTES: raw[:-1] + b"1"}).codes == ("jpki.cv.attributes-changed",)


@pytest.mark.parametrize("at", [8, 20, 39, 43, 60, 74, 80, 81, 150, 334, 335])
def test_bytes_of_the_integrity_record_count(check_text: Verify, text_files: dict[int, bytes], at: int) -> None:
    verdict = check_text(text_files | {text.INTEGRITY_RECORD: flipped(text_files[text.INTEGRITY_RECORD], at)})
    assert verdict.codes == ("jpki.cv.integrity-signature",)
    assert verdict.verified == ()


@pytest.mark.parametrize("at", [30, 200, 274, 280, 400, 535])
def test_bytes_of_the_public_key_count(check_text: Verify, text_files: dict[int, bytes], at: int) -> None:
    verdict = check_text(text_files | {text.PUBLIC_KEY: flipped(text_files[text.PUBLIC_KEY], at)})
    assert verdict.codes == ("jpki.cv.public-key-signature",)


@pytest.mark.parametrize("at", [26, 60, 150, 305, 313, 400, 567])
def test_bytes_of_the_certificate_count(check_text: Verify, text_files: dict[int, bytes], at: int) -> None:
    verdict = check_text(text_files | {text.CV_CERTIFICATE: flipped(text_files[text.CV_CERTIFICATE], at)})
    assert verdict.codes == ("jpki.cv.certificate-signature",)
    assert verdict.signer is None


def test_another_issuer_is_nobody(check_text: Verify, text_files: dict[int, bytes]) -> None:
    verdict = check_text(text_files | {text.CV_CERTIFICATE: flipped(text_files[text.CV_CERTIFICATE], 10)})
    assert verdict.codes == ("jpki.cv.untrusted-root",)


@pytest.mark.parametrize("at", [8, 15, 60, 284, 291, 400, 546])
def test_bytes_of_the_age_record_count(check_face: Verify, face_files: dict[int, bytes], at: int) -> None:
    verdict = check_face({face.AGE_RECORD: flipped(face_files[face.AGE_RECORD], at), 4: face_files[4]})
    assert verdict.codes == ("jpki.cv.age-signature",)


FACE_CHANGES = {
    "birth": ({"birth": "19900416"}, "jpki.cv.person-changed"),
    "sex": ({"sex": "1"}, "jpki.cv.person-changed"),
    "name": ({"name_image": b"N" * 299 + b"n"}, "jpki.cv.name-or-address-changed"),
    "address": ({"address_image": b"a" + b"A" * 89}, "jpki.cv.name-or-address-changed"),
    "photo": ({"photo": b"P" * 1999 + b"p"}, "jpki.cv.photo-changed"),
    "signature": ({"signature": b"\x01" * 256}, "jpki.cv.face-signature"),
    "signature-too-large": ({"signature": b"\xff" * 256}, "jpki.cv.face-signature"),
}


@pytest.mark.parametrize(("changes", "code"), FACE_CHANGES.values(), ids=FACE_CHANGES)
def test_a_change_of_the_front_is_told_by_its_part(
    check_face: Verify, face_files: dict[int, bytes], changes: dict[str, Any], code: str
) -> None:
    changed = replace(FaceRecord.decode(face_files[face.FACE]), **changes).encode()
    assert check_face(face_files | {face.FACE: changed}).codes == (code,)


@pytest.mark.parametrize("changes", [{"expiry": "20990101"}, {"security_code_image": b"other"}], ids=["expiry", "code"])
def test_expiry_and_security_code_are_signed_by_nobody(
    check_face: Verify, face_files: dict[int, bytes], changes: dict[str, Any]
) -> None:
    """soltia48/myna-card: DF29 and DF2A are unsigned. A verifier that thinks otherwise would refuse real cards."""
    changed = replace(FaceRecord.decode(face_files[face.FACE]), **changes).encode()
    assert check_face(face_files | {face.FACE: changed}).ok


def test_a_front_signed_like_the_other_records_is_refused(
    check_face: Verify, face_files: dict[int, bytes], signer: CvAuthority
) -> None:
    front = FaceRecord.decode(face_files[face.FACE])
    changed = replace(front, signature=signer.sign(b"".join(front.signed_parts))).encode()
    assert check_face(face_files | {face.FACE: changed}).codes == ("jpki.cv.face-signature",)


def test_a_front_with_digests_of_another_algorithm_is_refused(
    check_face: Verify, face_files: dict[int, bytes], signer: CvAuthority
) -> None:
    front = FaceRecord.decode(face_files[face.FACE])
    block = bytearray(face_block(front))
    block[14] = 0x02  # the object identifier now ends in .2, SHA-384
    changed = replace(front, signature=signer.sign_verbatim(bytes(block))).encode()
    assert check_face(face_files | {face.FACE: changed}).codes == ("jpki.cv.face-signature",)


def test_the_number_image_counts(check_face: Verify, face_files: dict[int, bytes]) -> None:
    changed = replace(NumberImageRecord.decode(face_files[face.MY_NUMBER_IMAGE]), image=b"m" * 99).encode()
    verdict = check_face(face_files | {face.MY_NUMBER_IMAGE: changed})
    assert verdict.codes == ("jpki.cv.number-image-signature",)


def test_records_of_two_cards_do_not_go_together(
    check_face: Verify,
    make_face: Callable[..., dict[int, bytes]],
    face_files: dict[int, bytes],
    keys: list[RSAPrivateKey],
) -> None:
    other = make_face(internal_key=keys[4].public_key())
    assert check_face(face_files | {face.AGE_RECORD: other[face.AGE_RECORD]}).codes == ("jpki.cv.key-differs",)


def test_somebody_elses_signature_is_not_the_municipalitys(
    check_face: Verify, face_files: dict[int, bytes], intermediate: CvAuthority
) -> None:
    age = AgeRecord.decode(face_files[face.AGE_RECORD])
    changed = replace(age, signature=intermediate.sign(age.signed)).encode()
    verdict = check_face(face_files | {face.AGE_RECORD: changed})
    assert verdict.codes == ("jpki.cv.age-signature",)


def test_without_a_certificate_nothing_is_verified(check_text: Verify, text_files: dict[int, bytes]) -> None:
    readable = {fid: raw for fid, raw in text_files.items() if fid != text.CV_CERTIFICATE}
    assert check_text(readable).codes == ("jpki.cv.nothing",)


def test_without_the_integrity_record_nothing_is_vouched_for(check_text: Verify, text_files: dict[int, bytes]) -> None:
    readable = {fid: text_files[fid] for fid in (text.MY_NUMBER, text.ATTRIBUTES, text.CV_CERTIFICATE)}
    assert check_text(readable).codes == ("jpki.cv.nothing",)


def test_no_files_at_all_is_a_refusal(check_face: Verify) -> None:
    assert check_face({}).codes == ("jpki.cv.nothing",)


@pytest.mark.parametrize("fid", [text.MY_NUMBER, text.ATTRIBUTES, text.INTEGRITY_RECORD, text.CV_CERTIFICATE])
def test_what_cannot_be_read_is_malformed(check_text: Verify, text_files: dict[int, bytes], fid: int) -> None:
    verdict = check_text(text_files | {fid: b"\xff" * 20})
    assert verdict.codes == ("jpki.cv.malformed",)
    assert f"EF {fid:04X}" in verdict.findings[0].message


def test_a_finding_names_no_bytes_of_the_holder(check_text: Verify, text_files: dict[int, bytes]) -> None:
    verdict = check_text(text_files | {text.MY_NUMBER: flipped(text_files[text.MY_NUMBER], 0)})
    assert "123456789010" not in str(verdict) + str(verdict.as_dict())


@pytest.mark.parametrize("kind", [IntegrityRecord, PublicKeyRecord], ids=["integrity", "public-key"])
def test_records_show_nothing_in_repr(text_files: dict[int, bytes], kind: Any) -> None:
    fid = text.INTEGRITY_RECORD if kind is IntegrityRecord else text.PUBLIC_KEY
    assert len(repr(kind.decode(text_files[fid]))) < 120
