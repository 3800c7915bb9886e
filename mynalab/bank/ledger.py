"""The bank's own rows, in SQLite: accounts, what the operator told of their holders, and which events were seen.

No serial number and no certificate is here: people are known by ``sub`` and by the operator's user id.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS accounts (
  number TEXT PRIMARY KEY, issuer TEXT NOT NULL, sub TEXT NOT NULL, user_id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL, address TEXT NOT NULL, birth_date TEXT NOT NULL, sex TEXT NOT NULL,
  opened_at TEXT NOT NULL, verification TEXT NOT NULL, UNIQUE (issuer, sub)
) STRICT;
CREATE TABLE IF NOT EXISTS notices (
  user_id TEXT NOT NULL REFERENCES accounts (user_id) ON DELETE CASCADE, kind TEXT NOT NULL,
  state TEXT NOT NULL, reason TEXT, since TEXT, told_at TEXT NOT NULL, settled INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (user_id, kind)
) STRICT;
CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, at TEXT NOT NULL) STRICT;
"""
_NOTE: Final = """
INSERT INTO notices (user_id, kind, state, reason, since, told_at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (user_id, kind) DO UPDATE SET
  settled = settled AND state IS excluded.state AND reason IS excluded.reason AND since IS excluded.since,
  state = excluded.state, reason = excluded.reason, since = excluded.since, told_at = excluded.told_at
WHERE excluded.told_at >= notices.told_at
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """The four attributes, as the certificate wrote them."""

    name: str = field(repr=False)
    address: str = field(repr=False)
    birth_date: str = field(repr=False)
    sex: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account, bound to a person twice: ``sub`` is who logs in, ``user_id`` whom the operator tells about."""

    number: str
    issuer: str
    sub: str
    user_id: str
    customer: Customer
    opened_at: str
    verification: str
    """The operator's record of the application's signature."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """How a certificate of a holder stands, as far as the bank was told. ``told_at`` is when the operator saw it."""

    user_id: str
    kind: str
    state: str
    reason: str | None
    since: str | None
    told_at: str
    settled: bool = False
    """The bank has done what it asks for."""


class Ledger:
    """A connection for each use: threads share nothing but the file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.touch(mode=0o600)
        with closing(self._connect()) as connection:
            connection.executescript(_SCHEMA)

    def open(self, account: Account) -> bool:
        """False when this person has one already; nothing is changed then."""
        one = account.customer
        row = (
            *(account.number, account.issuer, account.sub, account.user_id),
            *(one.name, one.address, one.birth_date, one.sex),
            *(account.opened_at, account.verification),
        )
        with suppress(sqlite3.IntegrityError), self._transaction() as connection:
            connection.execute("INSERT INTO accounts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
            return True
        return False

    def of(self, issuer: str, sub: str) -> Account | None:
        """The account of whoever logs in."""
        return self._one("SELECT * FROM accounts WHERE issuer = ? AND sub = ?", issuer, sub)

    def numbered(self, number: str) -> Account | None:
        """By its number."""
        return self._one("SELECT * FROM accounts WHERE number = ?", number)

    def update(self, number: str, customer: Customer) -> None:
        """Other attributes, which a newer certificate has."""
        values = (customer.name, customer.address, customer.birth_date, customer.sex, number)
        with self._transaction() as connection:
            connection.execute(
                "UPDATE accounts SET name = ?, address = ?, birth_date = ?, sex = ? WHERE number = ?", values
            )

    def close(self, number: str) -> None:
        """Forget an account, with what was told of its holder."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM accounts WHERE number = ?", (number,))

    def note(self, notice: Notice, *, event: str = "") -> None:
        """Keep what was told, unless something later is known, the ``event`` was seen or nobody here has this id."""
        with self._transaction() as connection:
            if event:
                seen = connection.execute("INSERT OR IGNORE INTO events VALUES (?, ?)", (event, notice.told_at))
                if not seen.rowcount:
                    return
            known = connection.execute("SELECT 1 FROM accounts WHERE user_id = ?", (notice.user_id,)).fetchone()
            if known is not None:
                row = (notice.user_id, notice.kind, notice.state, notice.reason, notice.since, notice.told_at)
                connection.execute(_NOTE, row)

    def notices(self, user_id: str) -> list[Notice]:
        """What is known and not settled."""
        with closing(self._connect()) as connection:
            rows = connection.execute("SELECT * FROM notices WHERE user_id = ? AND NOT settled", (user_id,)).fetchall()
        return [Notice(**{**dict(row), "settled": False}) for row in rows]

    def settle(self, user_id: str, kind: str) -> None:
        """What was told of this certificate asks for nothing any more, until something else is told."""
        with self._transaction() as connection:
            connection.execute("UPDATE notices SET settled = 1 WHERE user_id = ? AND kind = ?", (user_id, kind))

    def _one(self, statement: str, *values: str) -> Account | None:
        with closing(self._connect()) as connection:
            row = connection.execute(statement, values).fetchone()
        if row is None:
            return None
        every = dict(row)
        customer = Customer(**{name: every.pop(name) for name in ("name", "address", "birth_date", "sex")})
        return Account(**every, customer=customer)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=10)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA foreign_keys = ON")
        return connection

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with closing(self._connect()) as connection, connection:
            yield connection
