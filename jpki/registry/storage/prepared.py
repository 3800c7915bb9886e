"""Statements that are run thousands of times: put into words once, then handed to the driver as they are.

Good for statements whose values need no conversion: numbers, texts, bytes, None. In SQLAlchemy's own way the work
around an insert takes twice as long as SQLite takes for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, CursorResult, Dialect, Executable, Insert
from sqlalchemy.sql import ClauseElement

_KEPT = 256


def run(
    connection: Connection, statement: Executable, values: Mapping[str, Any] | Sequence[Mapping[str, Any]] = ()
) -> CursorResult[Any]:
    """Execute it with these values, or with each of several."""
    if isinstance(values, Mapping):
        return connection.exec_driver_sql(_words(statement, connection.dialect, tuple(values)), dict(values))
    rows = [dict(row) for row in values]
    return connection.exec_driver_sql(_words(statement, connection.dialect, tuple(rows[0]) if rows else ()), rows)


def insert_numbered(connection: Connection, statement: Insert, values: Mapping[str, Any]) -> int:
    """Add a row whose one key the database chooses; that key."""
    if connection.dialect.name == "sqlite":  # which tells it anyway
        return int(run(connection, statement, values).lastrowid)
    return int(run(connection, _returning_key(statement), values).scalar_one())


@lru_cache(maxsize=_KEPT)
def _returning_key(statement: Insert) -> Executable:
    return statement.returning(*statement.table.primary_key)


@lru_cache(maxsize=_KEPT)
def _words(statement: ClauseElement, dialect: Dialect, columns: tuple[str, ...]) -> str:
    """The statement in a database's own words. ``columns`` are those that an INSERT fills."""
    return str(statement.compile(dialect=dialect, column_keys=columns))
