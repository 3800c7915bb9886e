"""Birth dates of nine digits."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jpki.birthdate import BirthDate, Era
from jpki.errors import HolderError

VECTORS = tomllib.loads((Path(__file__).parents[2] / "fixtures/vectors/jpki/holder.toml").read_text("utf-8"))


@pytest.mark.parametrize("vector", [pytest.param(v, id=v["id"]) for v in VECTORS["birth_date"]])
def test_date_and_digits(vector: dict[str, Any]) -> None:
    """A known date has one form, in the era of that day."""
    assert BirthDate.of(vector["date"]).encode() == vector["text"]
    assert BirthDate.decode(vector["text"]) == BirthDate.of(vector["date"])
    assert BirthDate.decode(vector["text"]).as_date() == vector["date"]


@pytest.mark.parametrize("vector", [pytest.param(v, id=v["id"]) for v in VECTORS["bad_birth_date"]])
def test_refused(vector: dict[str, Any]) -> None:
    """Anything but nine digits of a possible date is refused."""
    with pytest.raises(HolderError, match=vector["why"]):
        BirthDate.decode(vector["text"])


@pytest.mark.parametrize(
    ("text", "era", "parts"),
    [
        pytest.param("000000000", Era.UNKNOWN, (None, None, None), id="nothing-known"),
        pytest.param("400000000", Era.HEISEI, (None, None, None), id="era-alone"),
        pytest.param("319800000", Era.SHOWA, (1980, None, None), id="year"),
        pytest.param("319800200", Era.SHOWA, (1980, 2, None), id="month"),
        pytest.param("019800217", Era.UNKNOWN, (1980, 2, 17), id="date-without-era"),
    ],
)
def test_partial_dates(text: str, era: Era, parts: tuple[int | None, ...]) -> None:
    """What the register does not know is zero; such a date is no date to compute with unless it is whole."""
    birth = BirthDate.decode(text)
    assert (birth.era, birth.year, birth.month, birth.day) == (era, *parts)
    assert birth.encode() == text
    assert (birth.as_date() is None) is (None in parts)


def test_leap_day_of_an_unknown_year_is_not_a_date() -> None:
    """The month is not known without its year, so no 29 February hangs in the air."""
    with pytest.raises(HolderError, match="year before its month"):
        BirthDate(era=Era.HEISEI, month=2, day=29)


def test_before_meiji_has_no_era() -> None:
    """Nobody alive; the digit 0 stands for what has none."""
    assert BirthDate.of(date(1868, 1, 24)).encode() == "018680124"


@given(st.dates(min_value=date(1868, 1, 25)))
def test_round_trip(day: date) -> None:
    """Every date comes back."""
    assert BirthDate.decode(BirthDate.of(day).encode()).as_date() == day


def test_repr_shows_no_date() -> None:
    """The birth date is one of the four attributes: never in a log."""
    assert "1990" not in repr(BirthDate.of(date(1990, 4, 15)))
