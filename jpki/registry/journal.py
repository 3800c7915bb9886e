"""The log on disk: one JSON object a line, a header first, every append durable before it counts.

An append that was cut short leaves a last line without its newline: it was never acknowledged, so readers pass over it,
``unfinished_bytes`` tells of it, and the next append removes it. Anything else that no journal writes is an error that
names file and line. Writers exclude each other, and readers of half-written lines, with flock(2).
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

from jpki.errors import (
    RegistryCorruptError,
    RegistryExistsError,
    RegistryLockedError,
    RegistryNotFoundError,
    RegistrySchemaError,
    RegistryStorageError,
)
from jpki.registry.holders import JsonObject
from jpki.registry.log import LogEntry

FORMAT = "mynalab-register"
SCHEMA = 1

_MODE = 0o600  # it holds names and addresses


class Journal:
    """The journal at ``path``; it must exist. ``wait`` for other processes' locks, or fail at once."""

    def __init__(self, path: Path, *, wait: bool = True) -> None:
        self.path = path
        self._wait = wait
        self._guard = threading.RLock()
        self._fd: int | None = None
        self._inode: tuple[int, int] | None = None
        self._offset = 0
        self._lines = 0
        self._unfinished = 0
        self._current = False
        with self._opened(os.O_RDONLY, fcntl.LOCK_SH):
            self._read_header()

    @classmethod
    def create(cls, path: Path, *, wait: bool = True) -> Journal:
        """Begin a journal where there is none; after a crash there is a whole header or no file."""
        # A name of this thread's own, and never an old file: a crash may have left it linked to a live journal.
        draft = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.draft")
        try:
            draft.unlink(missing_ok=True)
            fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
            try:
                _write_all(fd, _line({"format": FORMAT, "schema": SCHEMA}), 0)
                os.fsync(fd)
            finally:
                os.close(fd)
            try:
                path.hardlink_to(draft)
            finally:
                draft.unlink()
            _sync_directory(path.parent)
        except FileExistsError as error:
            raise RegistryExistsError(
                f"{path} exists already", path=path, hint="open it, or choose another directory"
            ) from error
        except OSError as error:
            _storage_error(path, error)
        return cls(path, wait=wait)

    @property
    def unfinished_bytes(self) -> int:
        """Length of an append that never ended, as of the last read."""
        return self._unfinished

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the file's lock: nobody else appends before this ends."""
        with self._opened(os.O_RDWR, fcntl.LOCK_EX):
            yield

    def read_new(self) -> list[LogEntry]:
        """The events that others added since the last call or ``append``; position is the line number."""
        with self._guard:
            if self._fd is not None:
                return self._read_lines()
            with self._opened(os.O_RDONLY, fcntl.LOCK_SH):
                return self._read_lines()

    def append(self, event: JsonObject) -> None:
        """Write one line and wait until the disk has it. Only inside ``exclusive``, and after ``read_new`` there."""
        if self._fd is None:
            raise RuntimeError("append needs the lock that exclusive() takes")
        if not self._current:
            raise RuntimeError("append needs read_new() first: others may have written")
        line = _line({"n": self._lines + 1, **event})
        try:
            if self._unfinished:
                os.ftruncate(self._fd, self._offset)
            _write_all(self._fd, line, self._offset)
            os.fsync(self._fd)
        except OSError as error:
            with suppress(OSError):  # else the next append removes what is there of the line
                os.ftruncate(self._fd, self._offset)
            _storage_error(self.path, error)
        self._offset, self._lines, self._unfinished = self._offset + len(line), self._lines + 1, 0

    def corrupt(self, position: int, why: str) -> RegistryCorruptError:
        """The error that names this file and a line of it."""
        return RegistryCorruptError(why, path=self.path, line=position)

    @contextmanager
    def _opened(self, flags: int, lock: int) -> Iterator[None]:
        with self._guard:
            if self._fd is not None:
                raise RuntimeError("the journal is locked by this thread already")
            try:
                self._fd = os.open(self.path, flags | os.O_CLOEXEC)
            except FileNotFoundError as error:
                raise RegistryNotFoundError(
                    f"there is no register at {self.path}", path=self.path, hint="begin a lab there first"
                ) from error
            except OSError as error:
                _storage_error(self.path, error)
            try:
                self._lock(self._fd, lock)
                yield
            finally:
                fd, self._fd, self._current = self._fd, None, False
                os.close(fd)  # and with it the lock

    def _lock(self, fd: int, lock: int) -> None:
        try:
            fcntl.flock(fd, lock if self._wait else lock | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RegistryLockedError(
                f"another process is writing {self.path}", path=self.path, hint="try again when it has ended"
            ) from error
        except OSError as error:
            _storage_error(self.path, error)

    def _read_header(self) -> None:
        lines = self._complete_lines()
        header = _parse(lines[0]) if lines else None
        if header is None or header.get("format") != FORMAT:
            raise self.corrupt(1, "this is no register: its header is missing or another program's")
        if header.get("schema") != SCHEMA:
            raise RegistrySchemaError(path=self.path, found=header.get("schema"), expected=SCHEMA)
        self._offset, self._lines = len(lines[0]) + 1, 1

    def _read_lines(self) -> list[LogEntry]:
        entries = []
        offset, number = self._offset, self._lines
        for line in self._complete_lines():
            offset, number = offset + len(line) + 1, number + 1
            event = _parse(line)
            if event is None:
                raise self.corrupt(number, "this is no JSON object")
            if event.pop("n", None) != number:
                raise self.corrupt(number, "the line is numbered otherwise: lines were lost, added or moved")
            entries.append(LogEntry(number, event))
        self._offset, self._lines, self._current = offset, number, True
        return entries

    def _complete_lines(self) -> list[bytes]:
        """The lines after what was read before; what follows the last newline is an append that never ended."""
        assert self._fd is not None
        try:
            status = os.fstat(self._fd)
            data = os.pread(self._fd, max(0, status.st_size - self._offset), self._offset)
        except OSError as error:
            _storage_error(self.path, error)
        inode = (status.st_dev, status.st_ino)
        if self._inode not in (None, inode) or status.st_size < self._offset:
            raise self.corrupt(self._lines, "the file was replaced or cut while it was in use")
        self._inode = inode
        *lines, rest = data.split(b"\n")
        self._unfinished = len(rest)
        return lines


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def _line(value: JsonObject) -> bytes:
    return _ENCODER.encode(value).encode() + b"\n"


def _parse(line: bytes) -> JsonObject | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        return None
    return value if isinstance(value, dict) else None


def _write_all(fd: int, data: bytes, offset: int) -> None:
    while data:
        written = os.pwrite(fd, data, offset)
        data, offset = data[written:], offset + written


def _sync_directory(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _storage_error(path: Path, error: OSError) -> NoReturn:
    raise RegistryStorageError(
        f"{path}: {error.strerror or error}",
        path=path,
        hint="check the permissions and the free space of that directory; nothing was changed",
    ) from error
