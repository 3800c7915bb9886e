"""Where time enters the lab: the system's clock, or the moment that ``--now`` names. Nothing below asks for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

from jpki.validity import JST
from mynalab.errors import TimeError

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
