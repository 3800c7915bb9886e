"""The records of the text application, on the published bytes of a test card."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from apdu.errors import ApduError, LayoutError
from apdu.layout import common
from apdu.layout.record_tlv import LengthForm, PublicKey
from apdu.layout.text_records import (
    Attributes,
    BasicInformation,
    IntegrityRecord,
    PublicKeyRecord,
    attributes_hash_input,
    decode_my_number,
    decode_session_key,
    encode_my_number,
    encode_session_key,
)

VECTORS = tomllib.loads((Path(__file__).parents[3] / "fixtures/vectors/apdu/records.toml").read_text("utf-8"))
KEY = PublicKey((1 << 2047) + 5)
SIGNATURE = bytes(range(256))


def published(area: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in VECTORS[area]])


@published("my_number")
def test_my_number(case: dict[str, Any]) -> None:
    raw = bytes.fromhex(case["raw"])
    assert encode_my_number(case["number"]) == raw
    assert decode_my_number(raw) == case["number"]
    assert len(raw) == 17


@pytest.mark.parametrize("number", ["", "1", "12345678901", "1234567890123", "12345678901x", "１" * 12])
def test_a_my_number_of_another_form(number: str) -> None:
    with pytest.raises(LayoutError, match="12 ASCII digits"):
        encode_my_number(number)


@pytest.mark.parametrize(("at", "value"), [(0, 0xFE), (2, 0x0D), (3, 0x41), (15, 0), (16, 0)])
def test_a_my_number_file_with_one_byte_changed(at: int, value: int) -> None:
    raw = bytearray(encode_my_number("537686677188"))
    raw[at] = value
    with pytest.raises(LayoutError, match="EF 0001"):
        decode_my_number(bytes(raw))


@published("attributes")
def test_attributes(case: dict[str, Any]) -> None:
    raw = bytes.fromhex(case["raw"])
    attributes = Attributes(**{key: case[key] for key in ("name", "address", "birth", "sex")})
    assert attributes.encode(LengthForm(case["form"])) == raw
    assert Attributes.decode(raw) == attributes
    assert Attributes.decode(raw + b"\xff" * 9) == attributes


def test_the_hash_covers_what_follows_the_offsets() -> None:
    """From DF22 to the end, without filler: soltia48/myna-card."""
    raw = bytes.fromhex(VECTORS["attributes"][0]["raw"])
    assert attributes_hash_input(raw + b"\xff\xff") == raw[14:]


LONG = Attributes(name="名" * 40, address="所" * 100, birth="19800217", sex="2")


@pytest.mark.parametrize("form", LengthForm)
def test_long_attributes_come_back_in_either_form(form: LengthForm) -> None:
    raw = LONG.encode(form)
    assert raw[2] == 0x82
    assert Attributes.decode(raw) == LONG
    assert attributes_hash_input(raw) == raw[16:]


@pytest.mark.parametrize("length", range(0, 0x68, 5))
def test_every_cut_of_the_attributes_is_refused(length: int) -> None:
    with pytest.raises(ApduError):
        Attributes.decode(bytes.fromhex(VECTORS["attributes"][0]["raw"])[:length])


@pytest.mark.parametrize("at", range(6, 14))
def test_offsets_that_lead_elsewhere_are_refused(at: int) -> None:
    raw = bytearray.fromhex(VECTORS["attributes"][0]["raw"])
    raw[at] ^= 0x01
    with pytest.raises(LayoutError, match="offsets"):
        Attributes.decode(bytes(raw))


@pytest.mark.parametrize(("field", "value"), [("birth", "1980217"), ("sex", "3"), ("sex", ""), ("sex", "12")])
def test_attributes_that_have_no_form(field: str, value: str) -> None:
    fields = {"name": "n", "address": "a", "birth": "19800217", "sex": "1", field: value}
    with pytest.raises(LayoutError):
        Attributes(**fields).encode()


def test_the_attributes_are_in_no_representation() -> None:
    assert "19800217" not in repr(LONG)


def test_integrity_record() -> None:
    record = IntegrityRecord(number_hash=b"\x01" * 32, attributes_hash=b"\x02" * 32, signature=SIGNATURE)
    raw = record.encode()
    assert (len(raw), raw[:5].hex()) == (336, "ff3082014b")
    assert record.signed == raw[5:75]
    assert IntegrityRecord.decode(raw) == record


def test_basic_information() -> None:
    """Lengths that are not minimal, as measured; the file has 256 bytes (jpki/myna libmyna)."""
    record = BasicInformation(key_id=bytes(range(16)), authentication=bytes(128))
    raw = record.encode()
    assert raw[:5].hex() == "ff4082009f"
    assert raw[5:12].hex() == "df410401030e01"
    assert raw[31:36].hex() == "df43820080"
    assert (len(raw), set(raw[164:])) == (256, {0xFF})
    assert BasicInformation.decode(raw) == record


def test_session_key() -> None:
    raw = encode_session_key(KEY)
    assert (len(raw), raw[:4].hex()) == (269, "a1820109")
    assert decode_session_key(raw + b"\xff") == KEY
    with pytest.raises(LayoutError, match="EF 0006"):
        decode_session_key(b"\xa2" + raw[1:])


def test_public_key_record() -> None:
    record = PublicKeyRecord(key=KEY, signature=SIGNATURE)
    raw = record.encode()
    assert (len(raw), raw[:10].hex()) == (536, "ff50820213df51820109")
    assert record.signed == raw[5:275]
    assert PublicKeyRecord.decode(raw) == record


@pytest.mark.parametrize("size", [0, 255, 257])
def test_a_signature_of_another_size(size: int) -> None:
    with pytest.raises(LayoutError, match="256 bytes"):
        PublicKeyRecord(key=KEY, signature=bytes(size)).encode()


@published("card_record")
def test_card_record(case: dict[str, Any]) -> None:
    raw = bytes.fromhex(case["raw"])
    record = common.CardRecord(**{key: case[key] for key in ("serial", "municipality_code", "expiry")})
    assert record.encode() == raw
    assert common.CardRecord.decode(raw) == record


@pytest.mark.parametrize("raw", ["011B" + "30" * 27, "021C" + "30" * 28, "011C" + "41" * 28])
def test_what_is_no_card_record(raw: str) -> None:
    with pytest.raises(LayoutError, match="28 digits"):
        common.CardRecord.decode(bytes.fromhex(raw))
