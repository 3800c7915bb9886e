"""Numbers and times in columns, beside the same ones read by the standard library."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from jpki.revocation_index.columns import MalformedColumnError, read_serials, read_times
from jpki.revocation_index.words import moment_of, seconds_of

FIRST, LAST = datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59)  # noqa: DTZ001


def octets(*rows: bytes) -> NDArray[np.uint8]:
    """Rows of one length."""
    return np.frombuffer(b"".join(rows), np.uint8).reshape(len(rows), -1)


@given(moments=st.lists(st.datetimes(FIRST, LAST), min_size=1, max_size=50))
@settings(deadline=None)
def test_four_digits_of_a_year_are_read_as_datetime_has_them(moments: list[datetime]) -> None:
    rows = octets(*(f"{each.year:04}{each:%m%d%H%M%S}Z".encode() for each in moments))
    expected = [each.replace(microsecond=0, tzinfo=UTC) for each in moments]
    assert [moment_of(seconds) for seconds in read_times(rows).tolist()] == expected


@pytest.mark.parametrize("year", range(1950, 2050))
def test_two_digits_of_a_year_are_of_these_hundred(year: int) -> None:
    """RFC 5280 clause 4.1.2.5.1."""
    days = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in range(365)]
    rows = octets(*(f"{each:%y%m%d%H%M%S}Z".encode() for each in days))
    assert read_times(rows).tolist() == [seconds_of(each) for each in days]


@pytest.mark.parametrize("month", range(1, 13))
@pytest.mark.parametrize("year", [1, 4, 100, 400, 1900, 2000, 2024, 2026, 9999])
@pytest.mark.parametrize("day", [0, 1, 28, 29, 30, 31, 32, 99])
def test_there_are_the_days_that_datetime_knows(year: int, month: int, day: int) -> None:
    rows = octets(f"{year:04}{month:02}{day:02}000000Z".encode())
    try:
        expected = datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        with pytest.raises(MalformedColumnError, match="no such day"):
            read_times(rows)
    else:
        assert read_times(rows).tolist() == [seconds_of(expected)]


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (b"261301000000Z", "no such month"),
        (b"260001000000Z", "no such month"),
        (b"260501240000Z", "no such time of day"),
        (b"260501006000Z", "no such time of day"),
        (b"260501000060Z", "no such time of day"),
        (b"2605010000000", "ends with Z"),
        (b"26050100000:Z", "is digits"),
        (b"/60501000000Z", "is digits"),
    ],
    ids=repr,
)
def test_the_row_that_is_no_time_is_told(bad: bytes, why: str) -> None:
    good = b"260501030000Z"
    with pytest.raises(MalformedColumnError, match=why) as caught:
        read_times(octets(good, good, bad, good, bad))
    assert caught.value.row == 2


@given(size=st.integers(1, 20), data=st.data())
def test_serial_numbers_of_every_size(size: int, data: st.DataObject) -> None:
    low, high = (0, 0x7F) if size == 1 else (1 << 8 * size - 9, (1 << 8 * size - 1) - 1)
    serials = data.draw(st.lists(st.integers(low, high), min_size=1, max_size=20))
    columns = read_serials(octets(*(serial.to_bytes(size) for serial in serials))).tolist()
    assert len(columns) == (1 if size <= 8 else 3)
    together = [0] * len(serials)
    for column in columns:
        together = [before << 64 | part for before, part in zip(together, column, strict=True)]
    assert together == serials


@pytest.mark.parametrize(
    ("bad", "why"), [(b"\x80\x00", "negative"), (b"\x00\x7f", "shortest"), (b"\x00\x00", "shortest")], ids=repr
)
def test_the_row_that_is_no_serial_number_is_told(bad: bytes, why: str) -> None:
    with pytest.raises(MalformedColumnError, match=why) as caught:
        read_serials(octets(b"\x00\x80", bad, b"\x7f\xff"))
    assert caught.value.row == 1
