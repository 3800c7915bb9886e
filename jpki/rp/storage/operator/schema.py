"""The operator's tables, schema 2: a number of their own, beside the customers' tables or without them.

Moments are whole seconds since 1970 in UTC. No serial number, attribute or secret is in a column that is not sealed.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, SmallInteger, Table, Text

from jpki.registry.storage.versions import number_column

SCHEMA: Final = 2
FORMAT: Final = "mynalab-operator"

metadata = MetaData()


def _moment(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


def _text(name: str, *, nullable: bool = False, **options: Any) -> Column[str]:
    return Column(name, Text, nullable=nullable, **options)


about = Table("op_about", metadata, Column("format", Text, primary_key=True), Column("schema", Integer, nullable=False))

tenants = Table(
    "op_tenants",
    metadata,
    Column("name", Text, primary_key=True),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    _moment("created_at"),
)

challenges = Table(
    "op_challenges",
    metadata,
    Column("nonce_hash", LargeBinary, primary_key=True),
    _text("act"),
    _text("origin"),
    _text("text"),
    _moment("begun_at"),
    _moment("expires_at"),
    _moment("used_at", nullable=True),
    Index("op_challenges_expiry", "expires_at"),
)

# What tenants let sign of their own. Never forgotten: nothing says how long such data are good for.
used_data = Table(
    "op_used_data",
    metadata,
    Column("act", Text, primary_key=True),
    Column("digest", LargeBinary, primary_key=True),
    _moment("at"),
)

certificates = Table(
    "op_certificates",
    metadata,
    Column("id", Text, primary_key=True),
    Column("handle", LargeBinary, nullable=False, unique=True),
    _text("kind"),
    _moment("not_before"),
    _moment("not_after"),
    _moment("created_at"),
    Column("sealed", LargeBinary, nullable=False),
    _text("medium", nullable=True),  # since schema 2
)

verifications = Table(
    "op_verifications",
    metadata,
    number_column("number"),
    _text("id", unique=True),
    _moment("at"),
    _text("act"),
    _text("result"),
    _text("method"),
    _text("certificate_id", nullable=True),
    _text("user_id", nullable=True),
    _moment("keep_until"),
    Column("digest", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    _moment("deleted_at", nullable=True),  # since schema 2
    Index("op_verifications_of_user", "user_id"),
)

noticed = Table(
    "op_noticed",
    metadata,
    Column("certificate", BigInteger, primary_key=True, autoincrement=False),
    _text("state"),
    Column("reason", SmallInteger),
)

events = Table(
    "op_events",
    metadata,
    number_column("number"),
    _text("id", unique=True),
    _text("type"),
    _moment("at"),
    _text("user_id"),
    _text("kind"),
    _text("state"),
    Column("reason", SmallInteger),
    _moment("since", nullable=True),
    Index("op_events_of_user", "user_id"),
)

webhooks = Table(
    "op_webhooks",
    metadata,
    Column("id", Text, primary_key=True),
    _text("url"),
    _moment("created_at"),
    Column("sealed", LargeBinary, nullable=False),
)

deliveries = Table(
    "op_deliveries",
    metadata,
    Column("event", BigInteger, primary_key=True, autoincrement=False),
    Column("webhook_id", Text, primary_key=True),
    Column("attempts", Integer, nullable=False),
    _moment("next_at", nullable=True),
    _moment("delivered_at", nullable=True),
    _moment("given_up_at", nullable=True),
    Column("last_status", Integer),
    Index("op_deliveries_due", "next_at"),
)
