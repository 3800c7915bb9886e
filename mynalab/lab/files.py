"""Writing a lab's files: whole or not at all, and with a sentence when the file system refuses."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from mynalab.errors import LabBrokenError, LabUnwritableError


def write_atomically(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Replace ``path`` by ``content``: a reader sees the old bytes or the new ones, also after a crash."""
    if not path.name:  # "", "." and "/"
        raise LabUnwritableError(f"{path} cannot be written: it is a directory", hint="name a file")
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    with refusals_explained(path), ExitStack() as undo:
        undo.callback(temporary.unlink, missing_ok=True)
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:  # noqa: PTH123
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        undo.pop_all()


def read_part(path: Path) -> bytes:
    """A file that every lab has; ``LabBrokenError`` when this one has not."""
    with reading_explained(path):
        return path.read_bytes()


@contextmanager
def reading_explained(path: Path) -> Iterator[None]:
    """Turn what the file system says about a part of the lab into ``LabBrokenError``."""
    try:
        yield
    except OSError as error:
        raise LabBrokenError(
            f"{path} cannot be read: {error.strerror}",
            hint="restore the file, or make another lab: mynalab lab init DIR",
        ) from error


@contextmanager
def taking_turns(directory: Path) -> Iterator[None]:
    """Wait until no other process is between these two lines for the same ``directory``, which may be read-only."""
    with refusals_explained(directory):
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)  # and with it the lock


@contextmanager
def refusals_explained(path: Path) -> Iterator[None]:
    """Turn what the file system says into ``LabUnwritableError``."""
    try:
        yield
    except OSError as error:
        raise LabUnwritableError(
            f"{path} cannot be written: {error.strerror or error}",
            hint="check the directory's owner and the free space; nothing was changed",
        ) from error
