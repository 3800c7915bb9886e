"""照合番号B and the birth PIN."""

from __future__ import annotations

from datetime import date

import pytest

from jpki.birthdate import BirthDate, Era
from jpki.cv.errors import CvFormatError
from jpki.records.reference import draw_security_code, era_yymmdd, reference_b


def test_the_public_test_cards_number() -> None:
    """soltia48/myna-card src/data.rs: 昭和55年2月17日, 2035, 2285."""
    birth = BirthDate.of(date(1980, 2, 17))
    assert reference_b(birth=birth, expiry=date(2035, 2, 17), security_code="2285") == "55021720352285"


@pytest.mark.parametrize(
    ("day", "yymmdd"),
    [
        (date(2020, 2, 24), "020224"),  # 令和2年2月24日: the example of an nfcpy script
        (date(2019, 5, 1), "010501"),  # first day of 令和
        (date(2019, 4, 30), "310430"),  # last of 平成
        (date(1989, 1, 7), "640107"),  # last of 昭和
        (date(1926, 12, 25), "011225"),  # first of 昭和
        (date(1912, 7, 30), "010730"),  # first of 大正
        (date(1912, 7, 29), "450729"),  # last of 明治
    ],
    ids=str,
)
def test_years_are_counted_by_era(day: date, yymmdd: str) -> None:
    assert era_yymmdd(BirthDate.of(day)) == yymmdd


@pytest.mark.parametrize(
    ("birth", "yymmdd"),
    [
        (BirthDate(era=Era.SHOWA, year=1955), "300000"),
        (BirthDate(era=Era.SHOWA, year=1955, month=4), "300400"),
        (BirthDate(era=Era.UNKNOWN), "000000"),
        (BirthDate(era=Era.UNKNOWN, year=1962, month=3, day=9), "620309"),
    ],
    ids=["month", "day", "year", "no-era"],
)
def test_unknown_parts_are_zeros(birth: BirthDate, yymmdd: str) -> None:
    assert era_yymmdd(birth) == yymmdd


@pytest.mark.parametrize("code", ["", "123", "12345", "12a4", "１２３４"])
def test_a_security_code_has_four_digits(code: str) -> None:
    with pytest.raises(CvFormatError, match="four digits"):
        reference_b(birth=BirthDate.of(date(1980, 2, 17)), expiry=date(2035, 2, 17), security_code=code)


def test_a_drawn_code_keeps_its_zeros() -> None:
    assert draw_security_code(lambda count: bytes(count - 1) + b"\x07") == "0007"
