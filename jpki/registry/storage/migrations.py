"""Making a register, and bringing one of an older schema up to the present. A newer one is refused.

A migration is a function of a connection, filed under the schema that it starts from; all that are due run in one
transaction with the new number, in SQLite as in PostgreSQL. What they do is written out in SQL of its day, never with
the tables of ``schema``, which are those of today.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, insert, inspect, text
from sqlalchemy.schema import CreateIndex, CreateTable

from jpki.errors import RegistryCorruptError, RegistryExistsError, RegistrySchemaError
from jpki.kinds import CaKind
from jpki.registry.storage.schema import CHANGES, FORMAT, SCHEMA, SERIALS, about, counters, metadata
from jpki.registry.storage.target import Target
from jpki.registry.storage.versions import Migration, bring_up, number_of, take_turns

# The first certificates of a person's second and later cards (and phones) come after the newest of those before.
_SUCCESSORS_OF_CARDS: Final = """
INSERT INTO certificate_links (link, from_kind, from_serial, to_kind, to_serial, at, operation)
SELECT 'successor', old.kind, old.serial, new.kind, new.serial,
    CASE WHEN old.at > new.at THEN old.at ELSE new.at END, new.operation
FROM certificates AS new
JOIN cards AS card ON card.id = new.card
JOIN certificates AS old ON old.kind = new.kind AND old.serial = (
    SELECT earlier.serial FROM cards AS earlier_card JOIN certificates AS earlier ON earlier.card = earlier_card.id
    WHERE earlier_card.resident = card.resident AND earlier_card.medium = card.medium AND earlier_card.id < card.id
        AND earlier.kind = new.kind
    ORDER BY earlier.at DESC, earlier.operation DESC, earlier.serial DESC LIMIT 1
)
WHERE NOT EXISTS (
    SELECT 1 FROM certificate_links AS known
    WHERE known.link = 'successor' AND known.to_kind = new.kind AND known.to_serial = new.serial
)
"""


def _link_cards(connection: Connection) -> None:
    """Until schema 2 nothing said that a new card's certificates come after those of the card before."""
    connection.execute(text(_SUCCESSORS_OF_CARDS))


MIGRATIONS: Final[Mapping[int, Migration]] = {1: _link_cards}
"""Schema → how to get from it to the next."""

# One number for all who make or migrate registers in one database: "mynalab", as ASCII.
_ADVISORY_LOCK: Final = int.from_bytes(b"mynalab")


def make_tables(connection: Connection, target: Target) -> None:
    """Fill an empty database. The connection is in a writing transaction, which the caller ends."""
    take_turns(connection, _ADVISORY_LOCK)
    if has_register(connection):
        raise RegistryExistsError(
            f"there is a register at {target.shown} already",
            path=target.shown,
            hint="open it, or choose another place",
        )
    for table in metadata.sorted_tables:
        connection.execute(CreateTable(table))
        for index in sorted(table.indexes, key=lambda one: one.name or ""):  # a set: else no two files are alike
            connection.execute(CreateIndex(index))
    connection.execute(insert(about), {"format": FORMAT, "schema": SCHEMA})
    names = [CHANGES, *(SERIALS[kind] for kind in CaKind)]
    connection.execute(insert(counters), [{"name": name, "last": 0} for name in names])


def has_register(connection: Connection) -> bool:
    """Whether a register's tables are there, of whichever schema."""
    return inspect(connection).has_table(about.name)


def schema_of(connection: Connection, target: Target) -> int:
    """The number that the register at the other end carries."""
    if not has_register(connection):
        raise RegistryCorruptError("this is no register: its tables are missing", path=target.shown)
    found = number_of(connection, about, FORMAT)
    if found is None:
        raise RegistryCorruptError("this is no register: it is another program's, or damaged", path=target.shown)
    return found


def migrate(
    connection: Connection,
    target: Target,
    *,
    migrations: Mapping[int, Migration] = MIGRATIONS,
    schema: int = SCHEMA,
) -> None:
    """Bring the register to ``schema``. The connection is in a writing transaction, which the caller ends."""
    take_turns(connection, _ADVISORY_LOCK)
    found = schema_of(connection, target)
    if not bring_up(connection, about, FORMAT, found=found, schema=schema, migrations=migrations):
        raise RegistrySchemaError(path=target.shown, found=found, expected=schema)
