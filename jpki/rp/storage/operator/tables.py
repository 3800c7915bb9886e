"""Making the operator's tables, and bringing those of an older schema up to the present. Newer ones are refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, insert, inspect, text

from jpki.registry.storage.versions import Migration, bring_up, number_of, take_turns
from jpki.rp.errors import RpSchemaError, RpStorageError
from jpki.rp.storage.database import Database
from jpki.rp.storage.operator.schema import FORMAT, SCHEMA, about, metadata


def _second_schema(connection: Connection) -> None:
    """Of certificates before nobody wrote down on what they live; no verification that was deleted is there."""
    connection.execute(text("ALTER TABLE op_certificates ADD COLUMN medium TEXT"))
    connection.execute(text("ALTER TABLE op_verifications ADD COLUMN deleted_at BIGINT"))


MIGRATIONS: Final[Mapping[int, Migration]] = {1: _second_schema}
"""Schema → how to get from it to the next, in SQL of its day."""

# One number for all who make or migrate these tables in one database: "myna-op", as ASCII.
_ADVISORY_LOCK: Final = int.from_bytes(b"myna-op")


def prepare(database: Database, *, migrations: Mapping[int, Migration] = MIGRATIONS, schema: int = SCHEMA) -> None:
    """Tables of the present schema, whatever was there."""
    with database.writing() as connection:
        take_turns(connection, _ADVISORY_LOCK)
        if not inspect(connection).has_table(about.name):
            metadata.create_all(connection, checkfirst=False)
            connection.execute(insert(about), {"format": FORMAT, "schema": schema})
            return
        _bring_up(connection, database, migrations, schema)


def _bring_up(connection: Connection, database: Database, migrations: Mapping[int, Migration], schema: int) -> None:
    place = database.target.shown
    found = number_of(connection, about, FORMAT)
    if found is None:
        raise RpStorageError(f"{place} holds another program's tables", place=place, hint="choose another place")
    if not bring_up(connection, about, FORMAT, found=found, schema=schema, migrations=migrations):
        raise RpSchemaError(place=place, found=found, expected=schema)
