"""Moments that a command line can name."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mynalab.clock import fixed_clock, parse_moment, system_clock
from mynalab.errors import TimeError


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-20T09:00:00+09:00", datetime(2026, 11, 20, tzinfo=UTC)),
        ("2026-11-20T00:00:00Z", datetime(2026, 11, 20, tzinfo=UTC)),
        ("2026-11-20", datetime(2026, 11, 19, 15, tzinfo=UTC)),
        ("2026-11-20T00:00:00.999999Z", datetime(2026, 11, 20, tzinfo=UTC)),
        ("2099-12-31T23:59:59+09:00", datetime(2099, 12, 31, 14, 59, 59, tzinfo=UTC)),
        ("2000-01-01", datetime(1999, 12, 31, 15, tzinfo=UTC)),
    ],
)
def test_moment_is_read(text: str, moment: datetime) -> None:
    parsed = parse_moment(text)
    assert (parsed, parsed.tzinfo) == (moment, UTC)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "no moment"),
        ("tomorrow", "no moment"),
        ("2026-02-30", "no moment"),
        ("2026-11-20T25:00:00Z", "no moment"),
        ("2026-11-20T09:00:00", "no offset"),
        ("0001-01-01", "out of range"),
        ("1999-12-31", "out of range"),
        ("2100-01-01", "out of range"),
        ("9999-12-31T23:59:59-12:00", "out of range"),
    ],
)
def test_no_moment_is_refused_with_an_example(text: str, complaint: str) -> None:
    with pytest.raises(TimeError, match=complaint) as caught:
        parse_moment(text)
    assert caught.value.hint


def test_fixed_clock_stands_still() -> None:
    moment = datetime(2026, 11, 20, tzinfo=UTC)
    clock = fixed_clock(moment)
    assert clock() == clock() == moment


def test_system_clock_is_aware_and_whole() -> None:
    now = system_clock()
    assert (now.tzinfo, now.microsecond) == (UTC, 0)
