"""Periods of years by Japan's calendar (民法 Art. 140, 143): they begin with the next day and end with a day's end."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from jpki.validity import JST

_DAY: Final = timedelta(days=1)


def years_later(moment: datetime, years: int) -> datetime:
    """The first moment after a period of years that begins with the day after ``moment``, in Japan."""
    begin = moment.astimezone(JST).date() + _DAY
    try:
        end = begin.replace(year=begin.year + years)
    except ValueError:  # 29 February: the period ends with the month's last day (Art. 143 (2))
        end = date(begin.year + years, 3, 1)
    return datetime(end.year, end.month, end.day, tzinfo=JST).astimezone(moment.tzinfo)
