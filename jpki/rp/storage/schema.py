"""The tables of a relying party, schema 2. Moments are whole seconds since 1970 in UTC.

No serial number and no attribute is in a column that is not a keyed hash or sealed (``jpki.rp.vault``).
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
)

from jpki.registry.storage.versions import number_column

SCHEMA: Final = 2
FORMAT: Final = "mynalab-relying-party"

metadata = MetaData()


def _customer() -> Column[str]:
    return Column("user_id", ForeignKey("rp_customers.user_id"), nullable=False)


about = Table(
    "rp_about",
    metadata,
    Column("format", Text, primary_key=True),
    Column("schema", Integer, nullable=False),
)

# Numbers of certificates grow in the order in which they are committed, one writer after the other: a sweep goes
# through them in that order and misses none.
counters = Table(
    "rp_counters",
    metadata,
    Column("name", Text, primary_key=True),
    Column("last", BigInteger, nullable=False),
)

customers = Table(
    "rp_customers",
    metadata,
    Column("user_id", Text, primary_key=True),
    Column("created_at", BigInteger, nullable=False),
)

certificates = Table(
    "rp_certificates",
    metadata,
    Column("number", BigInteger, primary_key=True),
    _customer(),
    Column("kind", Text, nullable=False),
    Column("handle", LargeBinary, nullable=False, unique=True),
    Column("authority", LargeBinary, nullable=False),
    Column("bond", LargeBinary, nullable=False),
    Column("not_after", BigInteger, nullable=False),
    Column("bound_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("ended", Text),
    Column("points", LargeBinary),  # since schema 2
    Index("rp_certificates_of_customer", "user_id"),
)

attributes = Table(
    "rp_attributes",
    metadata,
    Column("user_id", ForeignKey("rp_customers.user_id"), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
)

challenges = Table(
    "rp_challenges",
    metadata,
    Column("nonce_hash", LargeBinary, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("forget_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    Index("rp_challenges_forget", "forget_at"),
)

# Outlives its customer where the law wants it kept: no foreign key.
evidence = Table(
    "rp_evidence",
    metadata,
    number_column("number"),
    Column("user_id", Text, nullable=False),
    Column("ceremony", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("keep_until", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Index("rp_evidence_of_customer", "user_id"),
)

# What records of evidence stand on, once for all of them: since schema 2.
evidence_data = Table(
    "rp_evidence_data",
    metadata,
    Column("sha256", LargeBinary, primary_key=True),
    Column("keep_until", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

consents = Table(
    "rp_consents",
    metadata,
    number_column("number"),
    _customer(),
    Column("given_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("withdrawn_at", BigInteger),
    Column("sealed", LargeBinary, nullable=False),
    Index("rp_consents_of_customer", "user_id"),
)

sweeps = Table(
    "rp_sweeps",
    metadata,
    number_column("number"),
    Column("at", BigInteger, nullable=False),
    Column("basis", Text, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("seen", BigInteger, nullable=False),
    Column("good", BigInteger, nullable=False),
    Column("revoked", BigInteger, nullable=False),
    Column("held", BigInteger, nullable=False),
    Column("expired", BigInteger, nullable=False),
    Column("unknown", BigInteger, nullable=False),
)

snapshots = Table(
    "rp_snapshots",
    metadata,
    Column("sweep", ForeignKey("rp_sweeps.number"), primary_key=True),
    Column("certificate", BigInteger, primary_key=True),
    Column("user_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", SmallInteger),
    Column("since", BigInteger),
    Index("rp_snapshots_of_customer", "user_id"),
)
