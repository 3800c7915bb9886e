"""Writing an index: one process at a time, whole or not at all, under whoever reads the one before."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from jpki.revocation_index.errors import IndexLockedError, IndexUnwritableError
from jpki.revocation_index.layout import PAGE, Section

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Columns = Mapping[str, NDArray[np.unsignedinteger[Any]]]


class IndexFile:
    """The file that is to become the index at ``path``. Made by ``writing``."""

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self.path = path
        self._file = file

    def publish(self, header: bytes, columns: Columns) -> None:
        """Write it, see it on the disk, and put it in the place of the one before."""
        with _refusals_explained(self.path):
            self._file.write(header)
            for column in columns.values():
                self._file.write(column.data.cast("B"))
                self._file.write(bytes(-column.nbytes % PAGE))
            self._file.flush()
            os.fsync(self._file.fileno())
            _temporary(self.path).replace(self.path)
            _sync_directory(self.path.parent)


def sections_of(columns: Columns) -> dict[str, Section]:
    """Where ``publish`` writes each column, and what it holds."""
    sections: dict[str, Section] = {}
    offset = 0
    for name, column in columns.items():
        letter = "I" if column.itemsize == 4 else "Q"
        digest = sha256(column.data.cast("B")).hexdigest()
        sections[name] = Section(letter=letter, offset=offset, size=column.nbytes, sha256=digest)
        offset += -(-column.nbytes // PAGE) * PAGE
    return sections


@contextmanager
def writing(path: Path) -> Iterator[IndexFile]:
    """The only writer of this index; ``IndexLockedError`` while another process is. A dead process leaves no lock."""
    temporary = _temporary(path)
    with contextlib.ExitStack() as stack:
        with _refusals_explained(path):
            descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            file = stack.enter_context(open(descriptor, "r+b"))  # noqa: PTH123
            _lock(file, path)
            file.truncate()  # what a process left that was killed
        stack.callback(_discard, temporary, file)
        yield IndexFile(path, file)


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.new")


def _lock(file: IO[bytes], path: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise IndexLockedError(path=path) from error
    if not _is_still(_temporary(path), file):
        raise IndexLockedError(path=path)  # it was published between opening and locking, and has readers


def _is_still(path: Path, file: IO[bytes]) -> bool:
    try:
        return path.stat().st_ino == os.fstat(file.fileno()).st_ino
    except FileNotFoundError:
        return False


def _discard(temporary: Path, file: IO[bytes]) -> None:
    """Remove the file unless it was published: then the name is gone, or already somebody else's."""
    if _is_still(temporary, file):
        temporary.unlink(missing_ok=True)


def _sync_directory(directory: Path) -> None:
    """The new name as well survives a power cut."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _refusals_explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise IndexUnwritableError(path=path, why=error.strerror or str(error)) from error
