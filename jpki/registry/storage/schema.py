"""The tables of the register, schema 2. Moments are whole seconds since 1970 in UTC, as X.509 can say them.

History is kept in rows that are added and never changed; the one exception is ``until``, which is filled in when the
next event of the same certificate is added, so that "how did it stand at T" is one range in one row.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)

from jpki.kinds import CaKind
from jpki.registry.storage.versions import number_column

SCHEMA: Final = 2
"""The number that a register carries; ``migrations`` brings older ones here, newer ones are refused."""
FORMAT: Final = "mynalab-register"

FULL_LIST: Final = ""
"""``crl_numbers.point`` of a CA's full CRL; those of its partitions are ``Prefecture/Municipality``."""

MAX_SERIAL: Final = 2**63 - 1
"""What a column holds; the numbers of JPKI have four octets (six CA certificates of JPKI)."""

CHANGES: Final = "changes"
SERIALS: Final = {kind: f"serial.{kind.value}" for kind in CaKind}

metadata = MetaData()


def _moment(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


def _operation() -> Column[int]:
    return Column("operation", ForeignKey("operations.id"), nullable=False)


about = Table(
    "register_about",
    metadata,
    Column("format", Text, primary_key=True),
    Column("schema", Integer, nullable=False),
)

# serial.sign, serial.auth: one counter for each CA, its own certificates included, across its generations (CA serials
# sit in the sequence of the others: six CA certificates of JPKI). changes: issues, holds, releases and revocations,
# counted in the order of commits.
counters = Table(
    "counters",
    metadata,
    Column("name", Text, primary_key=True),
    Column("last", BigInteger, nullable=False),
)

operations = Table(
    "operations",
    metadata,
    number_column("id"),
    Column("name", Text, nullable=False),
    _moment("at"),
    _moment("recorded_at"),  # the clock's time; ``at`` may be before it, when somebody's past is told
    Column("resident", Text),  # None: not about one person. No foreign key: the operation comes first.
    Column("details", Text, nullable=False),  # a JSON object
    Index("operations_of_resident", "resident"),
)

authorities = Table(
    "authorities",
    metadata,
    number_column("id"),
    Column("kind", Text, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("key_id", LargeBinary, nullable=False),
    Column("algorithm", Text, nullable=False),
    Column("serial", BigInteger, nullable=False),
    _moment("not_before"),
    _moment("not_after"),
    Column("certificate", LargeBinary, nullable=False),
    _moment("at"),
    UniqueConstraint("kind", "key_id"),
    UniqueConstraint("kind", "serial"),
    UniqueConstraint("kind", "generation"),
)

residents = Table(
    "residents",
    metadata,
    number_column("number"),
    Column("id", Text, nullable=False, unique=True),
    _moment("at"),
)

resident_records = Table(
    "resident_records",
    metadata,
    Column("resident", ForeignKey("residents.id"), primary_key=True),
    Column("number", Integer, primary_key=True),  # 1, 2, …
    _moment("at"),
    Column("state", Text, nullable=False),
    Column("holder", Text, nullable=False),  # JSON, see ``jpki.registry.holders``
    _operation(),
)

cards = Table(
    "cards",
    metadata,
    number_column("id"),
    Column("resident", ForeignKey("residents.id"), nullable=False),
    Column("medium", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("number", Text, nullable=False),  # 製造番号
    Column("profile", Text, nullable=False),
    _moment("at"),
    Column("state", Text, nullable=False),  # at first; later ones are card_events
    Column("expires", Text, nullable=False),  # the last day in Japan, ISO 8601
    _operation(),
    Index("cards_of_resident", "resident"),
    Index("cards_by_name", "name"),
)

card_events = Table(
    "card_events",
    metadata,
    Column("card", ForeignKey("cards.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    _moment("at"),
    Column("state", Text, nullable=False),
    _operation(),
)

certificates = Table(
    "certificates",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("serial", BigInteger, primary_key=True),
    Column("authority", ForeignKey("authorities.id"), nullable=False),
    Column("card", ForeignKey("cards.id"), nullable=False),
    _moment("at"),
    _moment("not_before"),
    _moment("not_after"),
    Column("point", Text, nullable=False),  # Prefecture/Municipality of its distribution point
    _operation(),
    Column("certificate", LargeBinary, nullable=False),
    Index("certificates_of_card", "card"),
)

# authority and point repeat what the certificate says: a list of a million entries is then one walk along one table.
certificate_events = Table(
    "certificate_events",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("serial", BigInteger, primary_key=True),
    Column("number", BigInteger, primary_key=True),  # from the counter ``changes``
    Column("authority", Integer, nullable=False),
    Column("point", Text, nullable=False),
    Column("change", Text, nullable=False),
    Column("reason", SmallInteger),
    _moment("at"),
    _moment("until", nullable=True),
    _moment("since", nullable=True),  # when the hold began that this revocation followed; its own ``at`` otherwise
    _operation(),
    ForeignKeyConstraint(("kind", "serial"), ("certificates.kind", "certificates.serial")),
    Index("certificate_events_by_point", "point", "kind", "serial", "number"),
    sqlite_with_rowid=False,
)

links = Table(
    "certificate_links",
    metadata,
    Column("link", Text, primary_key=True),
    Column("from_kind", Text, primary_key=True),
    Column("from_serial", BigInteger, primary_key=True),
    Column("to_kind", Text, primary_key=True),
    Column("to_serial", BigInteger, primary_key=True),
    _moment("at"),
    _operation(),
    ForeignKeyConstraint(("from_kind", "from_serial"), ("certificates.kind", "certificates.serial")),
    ForeignKeyConstraint(("to_kind", "to_serial"), ("certificates.kind", "certificates.serial")),
    Index("certificate_links_from", "from_kind", "from_serial"),
    Index("certificate_links_to", "to_kind", "to_serial"),
    sqlite_with_rowid=False,
)

crl_numbers = Table(
    "crl_numbers",
    metadata,
    Column("authority", ForeignKey("authorities.id"), primary_key=True),
    Column("point", Text, primary_key=True),
    Column("last", BigInteger, nullable=False),
)
