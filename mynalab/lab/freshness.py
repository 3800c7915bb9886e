"""Remembers that the lists are current, so that a log-in need not open the register to find out.

A note beside the lab says in which state of the register's file, and for which lists, that was found. Any change to one
of these files, and any moment outside the span that was looked at, makes it worth nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mynalab.errors import LabUnwritableError
from mynalab.lab.files import write_atomically
from mynalab.lab.lab import Lab

_State = list[list[int] | None]


class Freshness:
    """What is known of one lab's lists. Made before the register is opened."""

    def __init__(self, lab: Lab, lists: Iterable[Path]) -> None:
        self._note = lab.paths.freshness
        # A database elsewhere has no file to look at.
        self._files = None if lab.settings.register_url else [*_register_files(lab), *lists]
        self._state = self._look()

    def holds(self, now: datetime) -> bool:
        """The lists were found to be current for this moment, and nothing has changed since."""
        try:
            note = json.loads(self._note.read_text())
            begin, end = datetime.fromisoformat(note["from"]), datetime.fromisoformat(note["until"])
            state = note["files"]
        except (OSError, ValueError, KeyError, TypeError):
            return False
        return self._state is not None and state == self._state and begin <= now < end

    def note(self, *, begin: datetime, end: datetime) -> None:
        """Remember it, unless a file changed meanwhile. A lab that cannot be written to does without."""
        if self._state is None or self._look() != self._state:
            return
        document: dict[str, Any] = {
            "files": self._state,
            "from": begin.astimezone(UTC).isoformat(),
            "until": end.astimezone(UTC).isoformat(),
        }
        try:
            write_atomically(self._note, json.dumps(document).encode())
        except LabUnwritableError:
            return

    def _look(self) -> _State | None:
        return None if self._files is None else [_stamp(path) for path in self._files]


def _register_files(lab: Lab) -> list[Path]:
    register = lab.paths.register
    return [register, register.with_name(register.name + "-wal"), lab.paths.journal]


def _stamp(path: Path) -> list[int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return [status.st_ino, status.st_size, status.st_mtime_ns]
