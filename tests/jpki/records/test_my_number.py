"""The check digit of a My Number."""

from __future__ import annotations

import hashlib

import pytest

from jpki.cv.errors import CvFormatError
from jpki.records.my_number import check_digit, draw_my_number, is_my_number

KNOWN = [
    "123456789018",  # the specimen that forms and manuals of municipalities print
    "537686677188",  # the public test card: soltia48/myna-card src/ap/text.rs
    "000000000000",  # every product is 0, so is the remainder
]


@pytest.mark.parametrize("number", KNOWN)
def test_known_numbers_are_right(number: str) -> None:
    assert is_my_number(number)
    assert check_digit(number[:11]) == number[11]


@pytest.mark.parametrize(
    ("body", "digit"),
    [
        ("00000000001", "9"),  # 1 x 2 = 2, 11 - 2
        ("00000000006", "0"),  # 6 x 2 = 12, remainder 1: 0
        ("00000000010", "8"),  # 1 x 3
        ("00000100000", "4"),  # P(6) x Q(6) = 1 x 7
        ("00001000000", "9"),  # P(7) x Q(7) = 1 x 2: the weights begin again
        ("10000000000", "5"),  # P(11) x Q(11) = 1 x 6
    ],
)
def test_each_weight_and_the_remainder_of_one(body: str, digit: str) -> None:
    assert check_digit(body) == digit


@pytest.mark.parametrize("digit", "012345679")
def test_every_other_last_digit_is_wrong(digit: str) -> None:
    assert not is_my_number(f"12345678901{digit}")


@pytest.mark.parametrize("text", ["", "12345678901", "1234567890180", "１２３４５６７８９０１８", "12345678901x"])
def test_other_texts_are_none(text: str) -> None:
    assert not is_my_number(text)


@pytest.mark.parametrize("body", ["1234567890", "123456789012", "1234567890x", "１２３４５６７８９０１"])
def test_a_check_digit_needs_eleven_digits(body: str) -> None:
    with pytest.raises(CvFormatError, match="eleven"):
        check_digit(body)


@pytest.mark.parametrize("seed", range(40))
def test_drawn_numbers_are_nobodys(seed: int) -> None:
    number = draw_my_number(lambda count: hashlib.shake_128(bytes((seed,))).digest(count))
    assert len(number) == 12
    assert number.isdigit()
    assert not is_my_number(number)


@pytest.mark.parametrize("seed", range(5))
def test_right_ones_are_drawn_only_when_asked_for(seed: int) -> None:
    number = draw_my_number(
        lambda count: hashlib.shake_128(bytes((seed,))).digest(count), unsafe_valid_check_digit=True
    )
    assert is_my_number(number)


@pytest.mark.parametrize("last", range(256))
def test_whatever_is_drawn_last_the_check_digit_is_wrong(last: int) -> None:
    number = draw_my_number(lambda count: bytes((last,)) if count == 1 else bytes(count))
    assert not is_my_number(number)
