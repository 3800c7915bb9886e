"""Strict DER, element by element."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jpki import der
from jpki.der_reader import INTEGER, OCTET_STRING, SEQUENCE, DerReader


@given(st.integers(-(2**200), 2**200))
def test_numbers(number: int) -> None:
    octets = number.to_bytes((number.bit_length() + 8) // 8, signed=True)
    assert DerReader(bytes((INTEGER, len(octets))) + octets).integer() == number


@given(st.binary(max_size=70_000))
def test_lengths_of_every_form(content: bytes) -> None:
    reader = DerReader(der.octet_string(content))
    assert reader.content(OCTET_STRING) == content
    reader.finish()


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ("", "missing or cut"),
        ("04", "missing or cut"),
        ("0401", "longer than what it lies in"),
        ("0301ff", "does not belong there"),
        ("0480", "shortest definite form"),  # indefinite
        ("04817f" + "00" * 0x7F, "shortest definite form"),
        ("04820080" + "00" * 0x80, "shortest definite form"),
        ("0485" + "0100000000", "shortest definite form"),
        ("04ff", "shortest definite form"),
        ("0484ffffffff", "longer than what it lies in"),
        ("0481", "shortest definite form"),  # the length itself is cut
    ],
)
def test_what_is_no_octet_string(raw: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        DerReader(bytes.fromhex(raw)).content(OCTET_STRING)


@pytest.mark.parametrize("raw", ["0200", "02020001", "0202007f", "0202ff80", "0202ffff"])
def test_numbers_have_one_form(raw: str) -> None:
    with pytest.raises(ValueError, match="shortest form"):
        DerReader(bytes.fromhex(raw)).integer()


@pytest.mark.parametrize("raw", ["010100", "010101", "01020001", "0100"])
def test_a_boolean_that_may_be_left_out_is_true(raw: str) -> None:
    with pytest.raises(ValueError, match="BOOLEAN"):
        DerReader(bytes.fromhex(raw)).true_or_absent()


def test_a_boolean_that_is_left_out_is_false() -> None:
    assert DerReader(bytes.fromhex("0101ff")).true_or_absent()
    assert not DerReader(b"").true_or_absent()
    assert not DerReader(bytes.fromhex("0400")).true_or_absent()


@pytest.mark.parametrize("raw", ["0300", "030107", "030201ff"])
def test_bits_are_whole_octets(raw: str) -> None:
    with pytest.raises(ValueError, match="BIT STRING"):
        DerReader(bytes.fromhex(raw)).bits()


def test_an_element_ends_with_what_it_lies_in() -> None:
    inside = DerReader(bytes.fromhex("3003040201") + b"\x00").enter(SEQUENCE)
    with pytest.raises(ValueError, match="longer than what it lies in"):
        inside.content(OCTET_STRING)


def test_anything_opaque_but_longer_tags() -> None:
    assert DerReader(bytes.fromhex("a0023000")).whole() == bytes.fromhex("a0023000")
    with pytest.raises(ValueError, match="does not belong"):
        DerReader(bytes.fromhex("1f0100")).whole()


def test_only_one_element() -> None:
    with pytest.raises(ValueError, match="1 bytes follow"):
        DerReader.only(bytes.fromhex("300000"), SEQUENCE)
