"""The number that a set of tables carries, and the way from an older one: for the register, and for customers.

``about`` is the table that has the number, beside the word that says whose tables they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from sqlalchemy import BigInteger, Column, Connection, Integer, Table, select, text, update

Migration: TypeAlias = Callable[[Connection], None]


def number_column(name: str) -> Column[int]:
    """A key that counts the rows. They are never deleted, so numbers are never reused."""
    # SQLite makes only a column of type INTEGER the row number itself.
    return Column(name, BigInteger().with_variant(Integer(), "sqlite"), primary_key=True)


def take_turns(connection: Connection, lock: int) -> None:
    """Wait for others who make or migrate; of SQLite a writing transaction keeps them out as it is.

    ``lock`` is one number for all of them in one database.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": lock})


def number_of(connection: Connection, about: Table, word: str) -> int | None:
    """The number, or None when the tables are another program's."""
    found = connection.execute(select(about.c.schema).where(about.c.format == word)).scalar_one_or_none()
    return found if isinstance(found, int) else None


def bring_up(
    connection: Connection, about: Table, word: str, *, found: int, schema: int, migrations: Mapping[int, Migration]
) -> bool:
    """Run what is due between the two numbers; False, and nothing done, when there is no way from one to the other."""
    if found > schema or any(number not in migrations for number in range(found, schema)):
        return False
    for number in range(found, schema):
        migrations[number](connection)
    if found != schema:
        connection.execute(update(about).where(about.c.format == word).values(schema=schema))
    return True
