"""The file of ``--trace``: for its owner's eyes, a flushed line an exchange, and no reason for a card to stop."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import time
from pathlib import Path
from types import TracebackType

from mynalab.errors import LabExistsError, LabUnwritableError
from readers.trace import Scribe, Trace

_HEAD = b'{"trace": '


class TraceFile:
    """``path``, to be written by ``trace``. A trace that is there is replaced, any other file is left alone.

    When the file system refuses later on, what is there stays, in whole lines, ``error`` says why, and nothing more is
    written: the cards go on.
    """

    def __init__(self, path: Path, *, unsafe_keep_secrets: bool = False) -> None:
        self.path = path
        self.error: OSError | None = None
        self._size = 0
        self._descriptor = _open(path)
        try:
            self.trace = Trace(self._write, clock=time.monotonic, unsafe_keep_secrets=unsafe_keep_secrets)
            self.raise_error()
        except LabUnwritableError:
            self.close()
            raise

    def __enter__(self) -> TraceFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def scribe(self, *, card: str | None = None) -> Scribe:
        """Who writes down what one card does; with its name where cards share the file."""
        return Scribe(self.trace, card=card)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._descriptor)

    def raise_error(self) -> None:
        """``LabUnwritableError`` when the trace is not whole."""
        if self.error is not None:
            raise LabUnwritableError(
                f"the trace {self.path} ends early: {self.error.strerror or self.error}",
                hint="make room and record it again; what the file has so far can be read",
            ) from self.error

    def _write(self, line: str) -> None:
        if self.error is not None:
            return
        rest = line.encode()
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError as error:
            self.error = error
            with contextlib.suppress(OSError):  # no regular file
                os.ftruncate(self._descriptor, self._size)
        else:
            self._size += len(line.encode())


def _open(path: Path) -> int:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise LabUnwritableError(
            f"the trace {path} cannot be written: {error.strerror}", hint="name a file in a directory of yours"
        ) from error
    try:
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            _empty(descriptor, path)
    except (LabExistsError, OSError):
        os.close(descriptor)
        raise
    return descriptor


def _empty(descriptor: int, path: Path) -> None:
    """Make room for a new trace, unless what is there is something else, or still being written."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise LabExistsError(f"another command records in {path}", hint="name another file for the trace") from error
    with path.open("rb") as file:
        head = file.read(len(_HEAD))
    if head and head != _HEAD:
        raise LabExistsError(f"{path} is there and is no trace", hint="name another file for the trace")
    os.ftruncate(descriptor, 0)
