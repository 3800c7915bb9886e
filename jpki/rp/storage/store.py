"""Customers in a database: ``SqlStore`` opens it, ``SqlUnit`` is one transaction in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from jpki.rp.storage.challenges import SqlChallengeStore
from jpki.rp.storage.consents import ConsentRows
from jpki.rp.storage.customers import CustomerRows
from jpki.rp.storage.database import DEFAULT_WAIT_S, Database
from jpki.rp.storage.evidence import EvidenceRows
from jpki.rp.storage.sweeps import SweepRows


class SqlUnit(CustomerRows, EvidenceRows, ConsentRows, SweepRows):
    """See ``jpki.rp.interfaces.Unit``."""


class SqlStore:
    """See ``jpki.rp.interfaces.Store``. Where there are no customers yet, the tables are made."""

    def __init__(self, place: Path | str, *, wait_s: float = DEFAULT_WAIT_S) -> None:
        self.database = Database(place, wait_s=wait_s)
        self._challenges = SqlChallengeStore(self.database)

    @property
    def challenges(self) -> SqlChallengeStore:
        """Challenges for all ceremonies and processes of this store."""
        return self._challenges

    @contextmanager
    def reading(self) -> Iterator[SqlUnit]:
        """Questions alone."""
        with self.database.reading() as connection:
            yield SqlUnit(connection)

    @contextmanager
    def unit(self) -> Iterator[SqlUnit]:
        """A transaction that is committed at the end, unless something raises."""
        with self.database.writing() as connection:
            yield SqlUnit(connection)

    def close(self) -> None:
        """Let go of the file or the connections."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
