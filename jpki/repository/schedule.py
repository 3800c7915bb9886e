"""When lists are issued: every day at a set hour in Japan. The list at a moment is the one that was issued last."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from jpki.repository.errors import RepositoryError
from jpki.validity import JST

# Choice: the hour is not public; certificates begin between 01:31 and 04:56 JST, so the CAs' batch runs at night.
DEFAULT_HOUR_JST: Final = 3
_DAY: Final = timedelta(days=1)


def crl_moment(at: datetime, *, hour_jst: int = DEFAULT_HOUR_JST) -> datetime:
    """The set hour at or before ``at``, in UTC. Japan has no summer time: a day is always 24 hours."""
    if not 0 <= hour_jst <= 23:
        raise RepositoryError(f"{hour_jst} is no hour of a day", hint="0 to 23, in Japan's time")
    here = at.astimezone(JST)
    moment = here.replace(hour=hour_jst, minute=0, second=0, microsecond=0)
    return (moment if moment <= here else moment - _DAY).astimezone(UTC)


def next_crl_moment(at: datetime, *, hour_jst: int = DEFAULT_HOUR_JST) -> datetime:
    """The first set hour after ``at``, in UTC."""
    return crl_moment(at, hour_jst=hour_jst) + _DAY
