"""Where time enters the lab: the system's clock, the lab's own, or the moment that ``--now`` names.

Nothing below asks for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import TypeAlias

from jpki.validity import JST
from mynalab.errors import TimeError
from mynalab.periods import Period

FIRST_YEAR, LAST_YEAR = 2000, 2099
"""The years that a lab can live in: certificates' dates, ten years around, stay well inside the calendar."""

Clock: TypeAlias = Callable[[], datetime]
"""Answers the present moment, aware and in UTC."""


def system_clock() -> datetime:
    """The present moment by the system's clock, whole seconds: certificates and CRLs know no smaller unit."""
    return datetime.now(UTC).replace(microsecond=0)


def fixed_clock(moment: datetime) -> Clock:
    """A clock that stands still at ``moment``."""
    return lambda: moment


def parse_moment(text: str) -> datetime:
    """Read ISO 8601 with an offset (``2026-11-20T09:00:00+09:00``, ``…Z``) or a bare date, which is 00:00 in Japan."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise TimeError(
            f"{text!r} is no moment in time", hint="write 2027-04-01 or 2027-04-01T09:00:00+09:00"
        ) from error
    if moment.tzinfo is None:
        if len(text) > len("2027-04-01"):
            raise TimeError(f"{text!r} has no offset from UTC", hint="end it in Z (UTC) or +09:00 (Japan)")
        moment = moment.replace(tzinfo=JST)
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise TimeError(f"{text!r} is out of range", hint=f"a lab lives in the years {FIRST_YEAR} to {LAST_YEAR}")
    return moment.astimezone(UTC).replace(microsecond=0)


class ClockMode(Enum):
    """How the clock of a lab goes."""

    REAL = "real"
    """As the system's does."""
    FROZEN = "frozen"
    """It stands still at one moment."""
    OFFSET = "offset"
    """It runs, so much ahead of the system's, or behind it."""


@dataclass(frozen=True, slots=True)
class ClockSetting:
    """What a lab's clock is set to. Made by ``REAL_TIME``, ``frozen``, ``running`` and ``advanced``."""

    mode: ClockMode
    at: datetime | None = None
    offset: timedelta = timedelta()

    @classmethod
    def frozen(cls, moment: datetime) -> ClockSetting:
        """It stands still at ``moment``; ``TimeError`` outside the years of a lab."""
        return cls(ClockMode.FROZEN, at=_within_range(moment))

    @classmethod
    def running(cls, moment: datetime, *, real: datetime) -> ClockSetting:
        """It runs, and says ``moment`` when the system's clock says ``real``."""
        return cls(ClockMode.OFFSET, offset=_within_range(moment) - real)

    def read(self, real: datetime) -> datetime:
        """What this clock says when the system's says ``real``; ``TimeError`` outside the years of a lab."""
        return self.at if self.at is not None else _within_range(real + self.offset)

    def advanced(self, period: Period, *, real: datetime) -> ClockSetting:
        """Put forward: a clock that stands goes on standing, one that runs goes on running."""
        moment = period.after(self.read(real))
        return self.frozen(moment) if self.mode is ClockMode.FROZEN else self.running(moment, real=real)


REAL_TIME = ClockSetting(ClockMode.REAL)


def _within_range(moment: datetime) -> datetime:
    if not FIRST_YEAR <= moment.astimezone(JST).year <= LAST_YEAR:
        raise TimeError(
            f"{moment:%Y-%m-%d} is out of range", hint=f"a lab lives in the years {FIRST_YEAR} to {LAST_YEAR}"
        )
    return moment
