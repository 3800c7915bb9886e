"""What every group of statements has: the connection of its transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from jpki.kinds import CaKind
from jpki.registry.storage.rows import moment_of
from jpki.rp.records import BoundCertificate, Ended
from jpki.rp.vault import POINT_SIZE


class Rows:
    """A transaction's statements."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection


def moment_or_none(seconds: int | None) -> datetime | None:
    """A column that may be empty."""
    return None if seconds is None else moment_of(seconds)


def _points(joined: bytes) -> frozenset[bytes]:
    return frozenset(joined[at : at + POINT_SIZE] for at in range(0, len(joined), POINT_SIZE))


def bound_certificate(row: Row[Any]) -> BoundCertificate:
    """A row of ``certificates``."""
    return BoundCertificate(
        number=row.number,
        user_id=row.user_id,
        kind=CaKind(row.kind),
        handle=row.handle,
        authority=row.authority,
        bond=row.bond,
        not_after=moment_of(row.not_after),
        bound_at=moment_of(row.bound_at),
        ended_at=moment_or_none(row.ended_at),
        ended=None if row.ended is None else Ended(row.ended),
        points=_points(row.points or b""),
    )
