"""The records of the card-face application."""

from __future__ import annotations

from dataclasses import replace

import pytest

from apdu.errors import LayoutError
from apdu.layout.face_records import AgeRecord, BasicInformation, FaceRecord, NumberImageRecord
from apdu.layout.record_tlv import LengthForm, PublicKey

KEY = PublicKey((1 << 2047) + 5)
SIGNATURE = bytes(range(256))
FACE = FaceRecord(
    birth="19800217",
    sex="1",
    key=KEY,
    name_image=b"name",
    address_image=b"address" * 30,
    photo=b"photo" * 1000,
    signature=SIGNATURE,
    expiry="20350217",
    security_code_image=b"2285",
)


def test_age_record() -> None:
    record = AgeRecord(birth="19800217", key=KEY, signature=SIGNATURE)
    raw = record.encode()
    assert (len(raw), raw[:8].hex()) == (547, "ff1082021edf1108")
    assert record.signed == raw[5:286]
    assert AgeRecord.decode(raw) == record


@pytest.mark.parametrize("form", LengthForm)
def test_face_record(form: LengthForm) -> None:
    face = replace(FACE, form=form)
    raw = face.encode()
    assert raw[:3].hex() == "ff2082"
    assert raw[5:8].hex() == "df2112"
    assert FaceRecord.decode(raw + b"\xff" * 20) == face


@pytest.mark.parametrize("number", range(9))
def test_each_offset_leads_to_its_object(number: int) -> None:
    raw = FACE.encode()
    offset = int.from_bytes(raw[8 + 2 * number : 10 + 2 * number])
    assert raw[offset : offset + 2] == bytes((0xDF, 0x22 + number))


@pytest.mark.parametrize(
    ("part", "tags"), [(0, ("df22", "df23", "df24")), (1, ("df25", "df26")), (2, ("df27",))], ids=["h1", "h2", "h3"]
)
def test_the_three_parts_of_the_signature_are_the_bytes_of_the_file(part: int, tags: tuple[str, ...]) -> None:
    piece = FACE.signed_parts[part]
    assert piece in FACE.encode()
    assert piece.hex().startswith(tags[0])


@pytest.mark.parametrize("field", ["expiry", "security_code_image", "signature"])
def test_what_is_not_signed(field: str) -> None:
    other = {"expiry": "20360217", "security_code_image": b"other", "signature": bytes(256)}[field]
    assert replace(FACE, **{field: other}).signed_parts == FACE.signed_parts


def test_lengths_in_no_form_of_the_card_are_refused() -> None:
    """81 would come back as 82, and the hashes would differ."""
    raw = FACE.encode()
    address = raw.index(bytes.fromhex("DF26 8200D2"))
    shorter = raw[:address] + bytes.fromhex("DF26 81D2") + raw[address + 5 :]
    total = int.from_bytes(raw[3:5]) - 1
    index = b"".join(
        (int.from_bytes(raw[at : at + 2]) - (int.from_bytes(raw[at : at + 2]) > address)).to_bytes(2)
        for at in range(8, 26, 2)
    )
    with pytest.raises(LayoutError, match="no form"):
        FaceRecord.decode(shorter[:3] + total.to_bytes(2) + shorter[5:8] + index + shorter[26:])


def test_basic_information() -> None:
    record = BasicInformation(key_id=bytes(range(16)), municipality_code="13221", authentication=bytes(272))
    raw = record.encode()
    assert (len(raw), raw[:12].hex()) == (320, "ff3082013bdf310406030e01")
    assert BasicInformation.decode(raw) == record


@pytest.mark.parametrize("form", LengthForm)
def test_number_image(form: LengthForm) -> None:
    record = NumberImageRecord(image=b"png", key=KEY, signature=SIGNATURE, form=form)
    raw = record.encode()
    assert raw[5:].startswith(record.signed)
    assert NumberImageRecord.decode(raw) == record


@pytest.mark.parametrize("what", ["birth", "sex", "photo", "name_image", "address_image", "security_code_image"])
def test_nothing_of_the_holder_is_in_a_representation(what: str) -> None:
    assert what not in repr(FACE)
