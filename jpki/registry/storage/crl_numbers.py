"""The numbers of CRLs: each list has its own sequence, which only rises (RFC 5280 clause 5.2.3)."""

from __future__ import annotations

from typing import cast

from sqlalchemy import Connection, Table, case
from sqlalchemy.dialects import sqlite

from jpki.errors import RegistryError
from jpki.registry.records import CrlPoint
from jpki.registry.storage.schema import FULL_LIST, MAX_SERIAL, crl_numbers


def next_crl_number(connection: Connection, authority: int, point: CrlPoint | None, *, at_least: int) -> int:
    """Take the next number of a list, none below ``at_least``; the caller commits."""
    if not 0 <= at_least < MAX_SERIAL:
        raise RegistryError("a CRL number is not negative, and the register counts below 2^63")
    values = {"authority": authority, "point": FULL_LIST if point is None else str(point), "last": at_least}
    first = _insert(connection, crl_numbers).values(values)
    following = crl_numbers.c.last + 1
    taken = first.on_conflict_do_update(
        index_elements=[crl_numbers.c.authority, crl_numbers.c.point],
        set_={"last": case((following < at_least, at_least), else_=following)},
    ).returning(crl_numbers.c.last)
    return int(connection.execute(taken).scalar_one())


def _insert(connection: Connection, table: Table) -> sqlite.Insert:
    """Each dialect has a class of its own for the one syntax that both know."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # takes long, and most labs have no such register

    return cast("sqlite.Insert", postgresql.insert(table))
