"""Making the tables, and bringing those of an older schema up to the present. Newer ones are refused."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, insert, inspect, text

from jpki.registry.storage.versions import Migration, bring_up, number_of, take_turns
from jpki.rp.errors import RpSchemaError, RpStorageError
from jpki.rp.storage.schema import FORMAT, SCHEMA, about, counters, metadata


def _second_schema(connection: Connection) -> None:
    """Evidence of schema 1 stays as it is, what it stood on was never kept; nor which list speaks of a certificate."""
    binary = "BYTEA" if connection.dialect.name == "postgresql" else "BLOB"
    connection.execute(text(f"ALTER TABLE rp_certificates ADD COLUMN points {binary}"))
    connection.execute(
        text(
            "CREATE TABLE rp_evidence_data"
            f" (sha256 {binary} NOT NULL, keep_until BIGINT NOT NULL, sealed {binary} NOT NULL, PRIMARY KEY (sha256))"
        )
    )


MIGRATIONS: Final[Mapping[int, Migration]] = {1: _second_schema}
"""Schema → how to get from it to the next, in SQL of its day."""
CERTIFICATES: Final = "certificates"

# One number for all who make or migrate customers in one database: "myna-rp", as ASCII.
_ADVISORY_LOCK: Final = int.from_bytes(b"myna-rp")


def prepare(
    connection: Connection,
    place: Path | str,
    *,
    migrations: Mapping[int, Migration] = MIGRATIONS,
    schema: int = SCHEMA,
) -> None:
    """Tables of the present schema, whatever was there. The connection is in a writing transaction."""
    take_turns(connection, _ADVISORY_LOCK)
    if not inspect(connection).has_table(about.name):
        metadata.create_all(connection, checkfirst=False)
        connection.execute(insert(about), {"format": FORMAT, "schema": schema})
        connection.execute(insert(counters), {"name": CERTIFICATES, "last": 0})
        return
    found = schema_of(connection, place)
    if not bring_up(connection, about, FORMAT, found=found, schema=schema, migrations=migrations):
        raise RpSchemaError(place=place, found=found, expected=schema)


def schema_of(connection: Connection, place: Path | str) -> int:
    """The number that the tables carry."""
    found = number_of(connection, about, FORMAT)
    if found is None:
        raise RpStorageError(f"{place} holds another program's tables", place=place, hint="choose another place")
    return found
