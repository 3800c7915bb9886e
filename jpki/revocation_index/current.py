"""The index that is in force, for a program that runs on while it is replaced."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TypeAlias

from jpki.revocation_index.errors import IndexMissingError
from jpki.revocation_index.mapped import MappedIndex

_Identity: TypeAlias = tuple[int, int, int]


class CurrentIndex:
    """Opened at the first ``current()``, and again when another file has taken its place: one ``stat`` tells.

    Whoever still holds the index before may go on asking it: a mapped file lives until the last one lets go of it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._opened: tuple[_Identity, MappedIndex] | None = None

    def current(self) -> MappedIndex:
        """The index that stands at the path now; an ``IndexUnreadableError`` if there is none that can be used."""
        opened = self._opened
        if opened is not None and opened[0] == self._identity():
            return opened[1]
        with self._lock:
            return self._reopen()

    def _reopen(self) -> MappedIndex:
        # A file that comes in between is noticed at the next call: its identity is not the one that was seen here.
        identity = self._identity()
        if self._opened is None or self._opened[0] != identity:
            self._opened = (identity, MappedIndex.open(self.path))
        return self._opened[1]

    def _identity(self) -> _Identity:
        # A mapped file's number is not given to another, so device and number alone would do on most file systems.
        try:
            found = os.stat(self.path)  # noqa: PTH116 - twice as fast, and this is all that a look-up pays
        except OSError as error:
            raise IndexMissingError(f"{self.path} is not there: {error.strerror or error}", path=self.path) from error
        return found.st_dev, found.st_ino, found.st_mtime_ns
