"""Challenges in a database: one update decides who of all that ask at once, in all processes, is the first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from jpki.registry.storage.rows import seconds
from jpki.rp.challenges import DEFAULT_MEMORY, Pending, Taken
from jpki.rp.storage.database import Database
from jpki.rp.storage.schema import challenges

_PURGE_EVERY: Final = 64

_ROW: Final = challenges.c.nonce_hash == bindparam("nonce"), challenges.c.digest == bindparam("same")
_TAKE: Final = update(challenges).where(*_ROW, challenges.c.used_at.is_(None)).values(used_at=bindparam("now"))
_KNOWN: Final = select(challenges.c.used_at).where(*_ROW)


class SqlChallengeStore:
    """See ``jpki.rp.challenges.ChallengeStore``. The nonces themselves are not stored."""

    def __init__(self, database: Database, *, memory: timedelta = DEFAULT_MEMORY) -> None:
        self._database = database
        self._memory = memory

    def put(self, pending: Pending, *, now: datetime) -> None:
        """Remember a challenge; ``ValueError`` when the random source repeats itself."""
        key = _key(pending)
        row = {
            "nonce_hash": key,
            "digest": _digest(pending),
            "forget_at": seconds(pending.statement.expires_at + self._memory),
        }
        try:
            with self._database.writing() as connection:
                connection.execute(insert(challenges), row)
                if key[0] % _PURGE_EVERY == 0:
                    connection.execute(delete(challenges).where(challenges.c.forget_at <= seconds(now)))
        except IntegrityError:
            raise ValueError("the random source gave the same nonce twice") from None

    def take(self, pending: Pending, *, now: datetime) -> Taken:
        """Use a challenge up, in one atomic step."""
        same = {"nonce": _key(pending), "same": _digest(pending)}
        with self._database.writing() as connection:
            if connection.execute(_TAKE, {**same, "now": seconds(now)}).rowcount == 1:
                return Taken.FRESH
            known = connection.execute(_KNOWN, same).one_or_none()
        return Taken.UNKNOWN if known is None else Taken.USED


def _key(pending: Pending) -> bytes:
    return sha256(b"challenge" + pending.nonce).digest()


def _digest(pending: Pending) -> bytes:
    """All fields: purpose, origin, expiry and document are in the message."""
    return sha256(pending.statement.message() + pending.begun_at.astimezone(UTC).isoformat().encode()).digest()
