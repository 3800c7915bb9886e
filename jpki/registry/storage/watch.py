"""The counter of changes, looked at before every answer of a responder: on a connection that is kept for it."""

from __future__ import annotations

import sqlite3
import threading
from typing import Final

from sqlalchemy import Engine

from jpki.registry.storage.schema import CHANGES

_QUESTION: Final = "SELECT last FROM counters WHERE name = ?"


class ChangeWatch:
    """For a register in a file. Several threads may ask."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._guard = threading.Lock()
        self._kept: sqlite3.Connection | None = None

    def changes(self) -> int | None:
        """What the counter shows now; None when the file does not say, and it is to be asked in the ordinary way."""
        with self._guard:
            try:
                if self._kept is None:
                    self._kept = self._connected()
                return int(self._kept.execute(_QUESTION, (CHANGES,)).fetchall()[0][0])
            except (sqlite3.Error, IndexError):
                self._forget()
                return None

    def close(self) -> None:
        """Let go of the file."""
        with self._guard:
            self._forget()

    def _connected(self) -> sqlite3.Connection:
        borrowed = self._engine.raw_connection()
        connection = borrowed.driver_connection
        borrowed.detach()  # the pool is to make another one in its place
        assert isinstance(connection, sqlite3.Connection)
        return connection

    def _forget(self) -> None:
        if self._kept is not None:
            self._kept.close()
            self._kept = None
