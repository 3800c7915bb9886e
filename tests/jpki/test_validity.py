"""Ends of validity: certificates that exist, and the rules' edges."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jpki.birthdate import BirthDate
from jpki.errors import IssueError
from jpki.validity import (
    JST,
    NEXT_TERMS,
    PRESENT_TERMS,
    Terms,
    ca_not_after,
    card_expiry,
    end_entity_not_after,
    end_of_day,
    months_before,
    to_whole_seconds,
)

VECTORS = tomllib.loads((Path(__file__).parents[2] / "fixtures/vectors/jpki/validity.toml").read_text("utf-8"))


def terms_of(vector: dict[str, Any]) -> Terms:
    return NEXT_TERMS if vector.get("next_generation") else PRESENT_TERMS


@pytest.mark.parametrize("vector", [pytest.param(v, id=v["id"]) for v in VECTORS["ca"]])
def test_ca(vector: dict[str, Any]) -> None:
    """Ten years less a day in Japan's calendar, as in all six production CA certificates."""
    assert ca_not_after(vector["not_before"], terms_of(vector)) == vector["not_after"]


@pytest.mark.parametrize("vector", [pytest.param(v, id=v["id"]) for v in VECTORS["end_entity"]])
def test_end_entity(vector: dict[str, Any]) -> None:
    """The fifth birthday after the day of issue (the tenth on the next cards), or the card's last day."""
    end = end_entity_not_after(
        vector["now"],
        birth_date=BirthDate.decode(vector["birth"]),
        card_expiry=vector["card_expiry"],
        renewal=vector.get("renewal", False),
        terms=terms_of(vector),
    )
    assert end == vector["not_after"]


@pytest.mark.parametrize("vector", [pytest.param(v, id=v["id"]) for v in VECTORS["card"]])
def test_card(vector: dict[str, Any]) -> None:
    """The tenth birthday after the day of issue, the fifth for those under 18."""
    assert card_expiry(vector["now"], birth_date=BirthDate.decode(vector["birth"])) == vector["last_day"]


@pytest.mark.parametrize("vector", [pytest.param(v, id=v["id"]) for v in VECTORS["months_before"]])
def test_months_before(vector: dict[str, Any]) -> None:
    """From when on renewal is possible."""
    assert months_before(vector["last_day"], vector["months"]) == vector["first_day"]


@given(
    issued=st.datetimes(min_value=datetime(2016, 1, 1), max_value=datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    born=st.dates(min_value=date(1900, 1, 1), max_value=date(2015, 12, 31)),
)
def test_between_four_and_five_years(issued: datetime, born: date) -> None:
    """Five birthdays lie ahead: more than four years, at most five and the rest of the day."""
    end = end_entity_not_after(issued, birth_date=BirthDate.of(born), card_expiry=date(2060, 1, 1))
    assert timedelta(days=4 * 365) < end - issued < timedelta(days=5 * 366 + 1)
    assert (end.hour, end.minute, end.second) == (14, 59, 59)


def test_end_of_day_is_in_japan() -> None:
    """23:59:59 JST is 14:59:59Z of the same day."""
    assert end_of_day(date(2026, 4, 15)) == datetime(2026, 4, 15, 14, 59, 59, tzinfo=UTC)


def test_whole_seconds_in_utc() -> None:
    """X.509 knows no fraction of a second."""
    moment = datetime(2026, 4, 1, 9, 0, 0, 999_999, tzinfo=JST)
    assert to_whole_seconds(moment) == datetime(2026, 4, 1, tzinfo=UTC)


def test_naive_moment_is_refused() -> None:
    """A moment without a zone could be nine hours off."""
    with pytest.raises(IssueError, match="time zone"):
        to_whole_seconds(datetime(2026, 4, 1))  # noqa: DTZ001
