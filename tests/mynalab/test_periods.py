"""Spans of time and moments told from now."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mynalab.errors import TimeError
from mynalab.periods import parse_period, parse_relative

NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "later"),
    [
        ("3d", datetime(2026, 11, 23, tzinfo=UTC)),
        ("90min", datetime(2026, 11, 20, 1, 30, tzinfo=UTC)),
        ("1h1s", datetime(2026, 11, 20, 1, 0, 1, tzinfo=UTC)),
        ("2w", datetime(2026, 12, 4, tzinfo=UTC)),
        ("6mo", datetime(2027, 5, 20, tzinfo=UTC)),
        ("1y6mo1d", datetime(2028, 5, 21, tzinfo=UTC)),
        ("0d", NOW),
    ],
)
def test_period_is_read_and_added(text: str, later: datetime) -> None:
    assert parse_period(text).after(NOW) == later


@pytest.mark.parametrize("text", ["", "3", "d", "3 d", "-3d", "3D", "1.5d", "3m", "123456d", "٣d", "in 3d"])
def test_no_period_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(TimeError, match="no span of time") as caught:
        parse_period(text)
    assert "3d" in caught.value.hint


@pytest.mark.parametrize(
    ("start", "text", "later"),
    [
        # 31 January in Japan: its February ends on the 28th.
        (datetime(2027, 1, 31, 3, tzinfo=UTC), "1mo", datetime(2027, 2, 28, 3, tzinfo=UTC)),
        (datetime(2028, 2, 29, 3, tzinfo=UTC), "1y", datetime(2029, 2, 28, 3, tzinfo=UTC)),
        # 30 April in UTC is 1 May in Japan.
        (datetime(2026, 4, 30, 16, tzinfo=UTC), "1mo", datetime(2026, 5, 31, 16, tzinfo=UTC)),
    ],
    ids=["short-month", "leap-day", "day-in-japan"],
)
def test_months_are_those_of_japan(start: datetime, text: str, later: datetime) -> None:
    assert parse_period(text).after(start) == later


@pytest.mark.parametrize("text", ["9999y", "99999mo", "99999y"])
def test_period_beyond_the_calendar_is_refused(text: str) -> None:
    for step in (parse_period(text).after, parse_period(text).before):
        with pytest.raises(TimeError, match="beyond the calendar"):
            step(NOW)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("now", NOW),
        ("2d ago", datetime(2026, 11, 18, tzinfo=UTC)),
        ("in 2d", datetime(2026, 11, 22, tzinfo=UTC)),
        ("5y6mo ago", datetime(2021, 5, 20, tzinfo=UTC)),
    ],
)
def test_moment_told_from_now(text: str, moment: datetime) -> None:
    assert parse_relative(text).at(NOW) == moment


@pytest.mark.parametrize("text", ["", "ago", "in", "2d", "in 2d ago", "2 d ago", "tomorrow", "in tomorrow", "-2d ago"])
def test_no_moment_told_from_now_is_refused(text: str) -> None:
    with pytest.raises(TimeError) as caught:
        parse_relative(text)
    assert caught.value.hint
