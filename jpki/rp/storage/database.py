"""The file or database: connections, transactions, and what it says when it refuses."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from sqlalchemy import Connection

from jpki.errors import RegistryCorruptError, RegistryError, RegistryLockedError
from jpki.registry.storage.refusals import refusals_explained
from jpki.registry.storage.target import Target
from jpki.rp.errors import RpStorageBusyError, RpStorageError
from jpki.rp.storage.migrations import prepare

DEFAULT_WAIT_S: Final = 30.0
_MODE: Final = 0o600
# A writer asks for the lock first (https://www.sqlite.org/lang_transaction.html).
_WRITE: Final = "BEGIN IMMEDIATE"
_READ: Final = "BEGIN"


class Database:
    """One relying party's. It may be used by several threads, and its file or server by several processes."""

    def __init__(self, place: Path | str, *, wait_s: float = DEFAULT_WAIT_S) -> None:
        with explained(place):
            self.target = Target.of(place)
            if self.target.path is not None:
                _make_file(self.target.path)
            self._engine = self.target.engine(wait_s=wait_s)
        self._snapshots = self.target.snapshots(self._engine)
        with ExitStack() as stack:
            stack.callback(self.close)
            with self.writing() as connection:
                prepare(connection, self.target.shown)
            stack.pop_all()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection to read with: what one statement says goes with what the next one says."""
        with explained(self.target.shown), refusals_explained(self.target), self._snapshots.connect() as connection:
            self._begin(connection, _READ)
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection in a transaction that is committed at the end, unless something raises."""
        with explained(self.target.shown), refusals_explained(self.target), self._engine.begin() as connection:
            self._begin(connection, _WRITE)
            yield connection

    def close(self) -> None:
        """Let go of the file or the connections."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _begin(self, connection: Connection, word: str) -> None:
        if self.target.path is not None:
            connection.exec_driver_sql(word)


def _make_file(path: Path) -> None:
    """An empty file is a good beginning: the tables come in one transaction, after a crash the next one makes them."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE))
    except FileExistsError:
        return
    except OSError as error:
        raise RpStorageError(
            f"{path}: {error.strerror}", place=path, hint="check the directory and its permissions"
        ) from error
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")


@contextmanager
def explained(place: Path | str) -> Iterator[None]:
    """The register's words for what a database refuses, as the relying party's."""
    try:
        yield
    except RegistryLockedError as error:
        raise RpStorageBusyError(str(error), place=place, hint=error.hint) from error
    except RegistryCorruptError as error:
        raise RpStorageError(
            f"{_shown(place)} holds no customers, or is damaged", place=_shown(place), hint="restore it from a copy"
        ) from error
    except RegistryError as error:
        raise RpStorageError(str(error), place=_shown(place), hint=error.hint) from error


def _shown(place: Path | str) -> Path | str:
    """Before a URL was read it may hold a password."""
    return (
        place if isinstance(place, Path) or "@" not in place or "***" in place else place.partition("://")[0] + "://…"
    )
