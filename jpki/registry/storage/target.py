"""Where a register is: a path (SQLite) or a URL (PostgreSQL), and how to connect to it."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from sqlalchemy import Engine, QueuePool, create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from jpki.errors import RegistryCorruptError, RegistryNotFoundError, RegistryStorageError, RegistryUnreachableError

_STATEMENTS_KEPT: Final = 256
_SNAPSHOT: Final = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
_CONNECT_TIMEOUT_S: Final = "10"
_MAGIC: Final = b"SQLite format 3\0"
_PAGE_SIZE: Final = slice(16, 18)
"""Where the header of a database tells it; 1 stands for 65536."""
_POSTGRESQL: Final = ("postgresql", "postgres", "postgresql+psycopg")


@dataclass(frozen=True, slots=True)
class Target:
    """A register's place. ``shown`` is what errors say: the path, or the URL without its password."""

    path: Path | None
    url: URL | None

    @classmethod
    def of(cls, place: Path | str) -> Target:
        """A ``postgresql://`` URL, or the path of a file."""
        if isinstance(place, Path) or "://" not in place:
            return cls(Path(place), None)
        try:
            url = make_url(place)
        except (ArgumentError, ValueError):  # the latter for a port that is no number
            url = None
        if url is None or url.drivername not in _POSTGRESQL:
            raise RegistryUnreachableError(
                "a register is a file or a PostgreSQL database",
                path=place.partition("://")[0] + "://…",  # the rest may hold a password
                hint="write postgresql://USER@HOST/DATABASE, or a path",
            )
        return cls(None, url.set(drivername="postgresql+psycopg"))

    @property
    def shown(self) -> Path | str:
        """For people: no password in it."""
        if self.path is not None:
            return self.path
        assert self.url is not None
        shown = self.url.set(drivername="postgresql", query={})
        return shown.render_as_string(hide_password=True)

    def snapshots(self, engine: Engine) -> Engine:
        """The same connections for reading: all statements of a transaction see the same moment.

        A read transaction of SQLite is one; of PostgreSQL it has to be asked for
        (https://www.postgresql.org/docs/current/transaction-iso.html 13.2.2).
        """
        return engine if self.path is not None else engine.execution_options(**_SNAPSHOT)

    def engine(self, *, wait_s: float) -> Engine:
        """Connections to it; a lock that others hold is waited for that long."""
        if self.path is not None:
            return _sqlite(self.path, wait_s=wait_s)
        assert self.url is not None
        return _postgresql(self.url, self.shown, wait_s=wait_s)


def _sqlite(path: Path, *, wait_s: float) -> Engine:
    if not path.exists():
        raise RegistryNotFoundError(f"there is no register at {path}", path=path, hint="begin a lab there first")
    if not path.is_file():
        raise RegistryStorageError(f"{path} is no file", path=path, hint="give the path of the register's file")
    if _is_cut(path):
        raise RegistryCorruptError("the end of the file is missing", path=path)
    # On a read-only medium the files beside a database in WAL mode cannot be made, and nobody else writes either
    # (https://www.sqlite.org/wal.html clause 5).
    frozen = not os.access(path.parent, os.W_OK)
    uri = f"file:{quote(os.fspath(path.absolute()))}?{'mode=ro&immutable=1' if frozen else 'mode=rw'}"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            uri,
            uri=True,
            timeout=wait_s,
            isolation_level=None,  # SqlRegister begins transactions, by the word
            check_same_thread=False,  # the pool lends a connection to one thread at a time
            cached_statements=_STATEMENTS_KEPT,
        )
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA synchronous=FULL")  # a number that was given out survives a power cut
        return connection

    # What SQLAlchemy chooses without a file name in the URL is a pool for one thread.
    # Parameters have names in both databases (``prepared``).
    return create_engine(
        "sqlite+pysqlite://", creator=connect, hide_parameters=True, poolclass=QueuePool, paramstyle="named"
    )


def _is_cut(path: Path) -> bool:
    """Whether the file ends within a page, where SQLite would read zeros (https://www.sqlite.org/fileformat.html 1.3).

    A log beside it may hold the rest: of what a kill cut in two while the log was written into the file.
    """
    if path.with_name(path.name + "-wal").exists():
        return False
    with path.open("rb") as file:
        header = file.read(_PAGE_SIZE.stop)
    page_size = int.from_bytes(header[_PAGE_SIZE])
    return header.startswith(_MAGIC) and page_size > 1 and path.stat().st_size % page_size != 0


def _postgresql(url: URL, shown: Path | str, *, wait_s: float) -> Engine:
    asked = url.query.get("options", "")
    options = f"{asked if isinstance(asked, str) else ' '.join(asked)} -c lock_timeout={int(wait_s * 1000)}"
    # "read committed": who waited for a person sees what the operation before has done.
    options += " -c default_transaction_isolation=read\\ committed"
    query = {"connect_timeout": _CONNECT_TIMEOUT_S, "application_name": "mynalab", **url.query, "options": options}
    try:
        return create_engine(url.set(query=query), hide_parameters=True, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise RegistryUnreachableError(
            "registers in PostgreSQL need a driver that is not installed",
            path=shown,
            hint="pip install 'mynalab[postgresql]'",
        ) from error
