"""The set hour: which list is the present one, to the second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from jpki.repository.errors import RepositoryError
from jpki.repository.schedule import crl_moment, next_crl_moment


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "hour", "moment"),
    [
        ("2026-04-01T00:30:00", 3, "2026-03-31T18:00:00"),
        ("2026-03-31T18:00:00", 3, "2026-03-31T18:00:00"),
        ("2026-03-31T17:59:59", 3, "2026-03-30T18:00:00"),
        ("2026-04-01T14:59:59", 0, "2026-03-31T15:00:00"),
        ("2026-04-01T15:00:00", 0, "2026-04-01T15:00:00"),
        ("2026-04-01T13:00:00", 23, "2026-03-31T14:00:00"),
        ("2026-04-01T14:00:00", 23, "2026-04-01T14:00:00"),
        ("2028-02-29T18:00:01", 3, "2028-02-29T18:00:00"),
        ("2027-01-01T09:00:00", 9, "2027-01-01T00:00:00"),
    ],
)
def test_list_is_of_the_last_set_hour(at: str, hour: int, moment: str) -> None:
    assert crl_moment(utc(at), hour_jst=hour) == utc(moment)
    assert next_crl_moment(utc(at), hour_jst=hour) == utc(moment) + timedelta(days=1)


def test_zone_of_the_question_does_not_matter() -> None:
    here = datetime.fromisoformat("2026-04-01T09:30:00.999999+09:00")
    assert crl_moment(here) == utc("2026-03-31T18:00:00")
    assert crl_moment(here).tzinfo is UTC


@pytest.mark.parametrize("hour", [-1, 24])
def test_hour_is_one_of_a_day(hour: int) -> None:
    with pytest.raises(RepositoryError, match="no hour of a day"):
        crl_moment(utc("2026-04-01T00:30:00"), hour_jst=hour)
