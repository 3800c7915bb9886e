"""Spans of time as people write them: ``3d``, ``5y6mo``, ``2d ago``, ``in 1d``."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from jpki.validity import JST
from mynalab.errors import TimeError

EXAMPLES = "such as 3d, 12h, 2w, 6mo, 5y or 1y6mo"
_UNITS = {"w": timedelta(weeks=1), "d": timedelta(days=1), "h": timedelta(hours=1), "min": timedelta(minutes=1)}
_MONTHS = {"y": 12, "mo": 1}
_PART = re.compile(r"(\d{1,5})(y|mo|w|d|h|min|s)")
_WHOLE = re.compile(r"(?:\d{1,5}(?:y|mo|w|d|h|min|s))+", re.ASCII)
_RELATIVE = re.compile(r"in (?P<ahead>\S+)|(?P<back>\S+) ago")


@dataclass(frozen=True, slots=True)
class Period:
    """So many months of the calendar in Japan, and so much time besides."""

    months: int
    rest: timedelta

    def after(self, moment: datetime) -> datetime:
        """The moment this much later; ``TimeError`` beyond the calendar."""
        return self._from(moment, 1)

    def before(self, moment: datetime) -> datetime:
        """The moment this much earlier; ``TimeError`` beyond the calendar."""
        return self._from(moment, -1)

    def _from(self, moment: datetime, sign: int) -> datetime:
        try:
            return _months_later(moment, sign * self.months) + sign * self.rest
        except (ValueError, OverflowError) as error:
            raise TimeError("that is beyond the calendar", hint="name a shorter span") from error


@dataclass(frozen=True, slots=True)
class Relative:
    """A moment told from now: some time ago, or in some time."""

    period: Period
    is_ahead: bool

    def at(self, now: datetime) -> datetime:
        """The moment, told at ``now``."""
        return self.period.after(now) if self.is_ahead else self.period.before(now)


NOW = Relative(Period(0, timedelta()), is_ahead=False)


def parse_period(text: str) -> Period:
    """Read ``1y6mo``, ``3d``, ``90min``; ``TimeError`` for anything else."""
    if not _WHOLE.fullmatch(text):
        raise TimeError(f"{text!r} is no span of time", hint=f"write one {EXAMPLES}")
    months, rest = 0, timedelta()
    for number, unit in _PART.findall(text):
        if unit in _MONTHS:
            months += int(number) * _MONTHS[unit]
        else:
            rest += int(number) * _UNITS.get(unit, timedelta(seconds=1))
    return Period(months, rest)


def parse_relative(text: str) -> Relative:
    """Read ``now``, ``3d ago`` or ``in 3d``; ``TimeError`` for anything else."""
    if text == "now":
        return NOW
    found = _RELATIVE.fullmatch(text)
    if found is None:
        raise TimeError(f"{text!r} is no moment told from now", hint="write now, 3d ago or in 3d")
    return Relative(parse_period(found["ahead"] or found["back"]), is_ahead=found["ahead"] is not None)


def _months_later(moment: datetime, months: int) -> datetime:
    """The same day of another month in Japan, or the last day of a month that is too short."""
    if not months:
        return moment
    local = moment.astimezone(JST)
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return local.replace(year=year, month=month + 1, day=min(local.day, last)).astimezone(moment.tzinfo)
