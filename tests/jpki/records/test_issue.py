"""The files that an issuer writes: sizes and heads that published clients demand."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from apdu.layout import face, text
from apdu.layout.face_records import BasicInformation as FaceInformation
from apdu.layout.face_records import FaceRecord
from apdu.layout.record_tlv import LengthForm
from apdu.layout.text_records import Attributes, BasicInformation, decode_my_number, decode_session_key
from apdu.tlv import decode
from jpki.attributes import Sex
from jpki.cv.key_id import KeyId
from jpki.holder import Holder

TEXT_SIZES = {1: 17, 3: 336, 4: 568, 5: 256, 6: 269, 7: 536}  # pymyna; jpki/myna libmyna; lengths measured by soltia48
FACE_SIZES = {1: 547, 3: 320, 4: 568}
HEADS = {1: "FF100C", 2: "FF20", 3: "FF3082014B", 4: "7F21820233", 5: "FF4082009F", 6: "A1820109", 7: "FF50820213"}
FACE_HEADS = {1: "FF1082021E", 2: "FF2082", 3: "FF3082013B", 4: "7F21820233", 5: "FF4082"}


@pytest.mark.parametrize("fid", sorted(TEXT_SIZES))
def test_sizes_of_the_text_application(text_files: dict[int, bytes], fid: int) -> None:
    assert len(text_files[fid]) == TEXT_SIZES[fid]


@pytest.mark.parametrize("fid", sorted(FACE_SIZES))
def test_sizes_of_the_face_application(face_files: dict[int, bytes], fid: int) -> None:
    assert len(face_files[fid]) == FACE_SIZES[fid]


@pytest.mark.parametrize("fid", sorted(HEADS))
def test_heads_of_the_text_application(text_files: dict[int, bytes], fid: int) -> None:
    assert text_files[fid].hex().upper().startswith(HEADS[fid])


@pytest.mark.parametrize("fid", sorted(FACE_HEADS))
def test_heads_of_the_face_application(face_files: dict[int, bytes], fid: int) -> None:
    assert face_files[fid].hex().upper().startswith(FACE_HEADS[fid])


def test_the_specimens_attributes_stay_under_128_bytes(text_files: dict[int, bytes]) -> None:
    """What clients force on the default persona: a length of one byte."""
    assert text_files[text.ATTRIBUTES][2] < 0x80


def test_long_form_for_newer_cards(make_text: Callable[..., dict[int, bytes]]) -> None:
    assert make_text(form=LengthForm.LONG)[text.ATTRIBUTES][2] == 0x82


def test_number_and_attributes_are_the_holders(text_files: dict[int, bytes]) -> None:
    assert decode_my_number(text_files[text.MY_NUMBER]) == "123456789010"
    assert Attributes.decode(text_files[text.ATTRIBUTES]) == Attributes(
        name="見本　花子", address="見本県見本市中央一丁目２番３号", birth="19900415", sex="2"
    )


@pytest.mark.parametrize(
    ("sex", "digit"), [(Sex.MALE, "1"), (Sex.FEMALE, "2"), (Sex.UNKNOWN, "0"), (Sex.NOT_APPLICABLE, "9")]
)
def test_sex_is_a_digit_of_iso_5218(
    make_text: Callable[..., dict[int, bytes]], make_holder: Callable[..., Holder], sex: Sex, digit: str
) -> None:
    files = make_text(holder=make_holder(sex=sex))
    assert Attributes.decode(files[text.ATTRIBUTES]).sex == digit


def test_characters_without_a_certificate_are_substituted(
    make_text: Callable[..., dict[int, bytes]], make_holder: Callable[..., Holder]
) -> None:
    files = make_text(holder=make_holder(name="𠮷野　花子", substitutes={"𠮷": "吉"}))
    assert Attributes.decode(files[text.ATTRIBUTES]).name == "吉野　花子"


def test_the_session_key_is_the_one_given(text_files: dict[int, bytes], keys: list[RSAPrivateKey]) -> None:
    assert decode_session_key(text_files[text.SESSION_PUBLIC_KEY]).modulus == keys[4].public_key().public_numbers().n


def test_basic_information_names_the_references(text_files: dict[int, bytes], face_files: dict[int, bytes]) -> None:
    assert str(KeyId.decode(BasicInformation.decode(text_files[text.BASIC_INFORMATION]).key_id)) == "8000034/001"
    information = FaceInformation.decode(face_files[face.BASIC_INFORMATION])
    assert str(KeyId.decode(information.key_id)) == "8000024/001"
    assert information.municipality_code == "99201"


def test_the_face_signature_by_plain_arithmetic(face_files: dict[int, bytes], keys: list[RSAPrivateKey]) -> None:
    """soltia48/myna-card: 30 71 … 04 60 and three SHA-256 digests behind PKCS #1 v1.5 padding, computed by hand."""
    raw = face_files[face.FACE]
    objects = {child.tag: child.encode() for child in decode(raw).children()}
    digests = b"".join(
        sha256(b"".join(objects[tag] for tag in tags)).digest()
        for tags in ((0xDF22, 0xDF23, 0xDF24), (0xDF25, 0xDF26), (0xDF27,))
    )
    info = bytes.fromhex("3071300D060960864801650304020105000460") + digests
    numbers = keys[2].public_key().public_numbers()
    signature = int.from_bytes(FaceRecord.decode(raw).signature)
    block = pow(signature, numbers.e, numbers.n).to_bytes(256)
    assert block == b"\x00\x01" + b"\xff" * (256 - 3 - len(info)) + b"\x00" + info
