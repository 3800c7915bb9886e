"""Where a card keeps its image. A commit is durable when it returns, and all or nothing when it does not."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

from cardsim.errors import (
    ImageError,
    ImageSchemaError,
    StoreClosedError,
    StoreDamagedError,
    StoreError,
    StoreExistsError,
    StoreFullError,
    StoreLockedError,
    StoreMissingError,
    StoreSchemaError,
    StoreUnreadableError,
    StoreUnwritableError,
)
from cardsim.image import decode_image, encode_image
from cardsim.state import CardImage

_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Store(Protocol):
    """The memory of one card, held by one card at a time."""

    def load(self) -> CardImage:
        """The last committed image; ``StoreError`` when there is none to be had."""
        ...

    def commit(self, image: CardImage) -> None:
        """Replace the image. Durable on return; on ``StoreError`` the old or the new one is there, whole."""
        ...

    def close(self) -> None:
        """Let another card object have it. Closing twice does no harm."""
        ...


class MemoryStore:
    """A memory that lives as long as the object."""

    def __init__(self, image: CardImage) -> None:
        self._image = image

    def load(self) -> CardImage:
        """The last committed image."""
        return self._image

    def commit(self, image: CardImage) -> None:
        """Remember the image."""
        self._image = image

    def close(self) -> None:
        """Nothing to release: the next card may go on with the same store."""


class FileStore:
    """One JSON file, replaced atomically, under an exclusive lock for as long as the store is open.

    The lock is ``flock`` on ``NAME.lock`` beside it: the card file itself is another file after each commit. A
    process that dies gives its lock back.
    """

    def __init__(self, path: Path) -> None:
        self._path = Path(path)
        with _readable(self._path):
            self._path.stat()
        self._lock: int | None = _lock(self._path)

    @classmethod
    def create(cls, path: Path, image: CardImage) -> None:
        """Write a new card file; ``StoreExistsError`` when there is one already. Leaves nothing open."""
        path = Path(path)
        lock = _lock(path)
        try:
            if path.exists():
                raise StoreExistsError(path, "there is a card already", hint="choose another name, or remove that card")
            _replace(path, encode_image(image))
        finally:
            _unlock(lock)

    def load(self) -> CardImage:
        """Read the file again."""
        self._require_open()
        return read_image(self._path)

    def commit(self, image: CardImage) -> None:
        """Write beside the file, flush to the disk, rename over it, flush the directory."""
        self._require_open()
        _replace(self._path, encode_image(image))

    def close(self) -> None:
        """Give the lock back."""
        if self._lock is not None:
            _unlock(self._lock)
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _require_open(self) -> None:
        if self._lock is None:
            raise StoreClosedError(self._path, "the store is closed")


def read_image(path: Path) -> CardImage:
    """The image in a card file, without its lock: for looking only. A commit under way is seen whole or not at all."""
    path = Path(path)
    with _readable(path):
        raw = path.read_bytes()
    try:
        return decode_image(raw)
    except ImageSchemaError as error:
        raise StoreSchemaError(path, str(error), hint=error.hint) from error
    except ImageError as error:
        hint = "put a copy of the file back, or make the card anew"
        raise StoreDamagedError(path, f"holds no card: {error}", hint=hint) from error


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[None]:
    """What the operating system refuses in here is a ``StoreError``."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError) as error:
        raise _missing(path) from error
    except OSError as error:
        raise StoreUnreadableError(
            path, f"cannot be read: {error.strerror}", hint="check its owner and mode"
        ) from error


def _missing(path: Path) -> StoreMissingError:
    if path.parent.is_dir():
        return StoreMissingError(path, "there is no such card", hint="list the cards, or make it first")
    return StoreMissingError(path, f"there is no directory {path.parent}", hint="create it, or name another one")


def _unwritable(path: Path, error: OSError) -> StoreError:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return _missing(path)
    if error.errno in _NO_ROOM:
        return StoreFullError(path, f"no room to write: {error.strerror}", hint="free some space; nothing was lost")
    return StoreUnwritableError(path, f"cannot be written: {error.strerror}", hint="check the owner of its directory")


def _lock(path: Path) -> int:
    """An open descriptor that holds the lock. The lock file stays: removing it would let two processes in."""
    lock_path = path.with_name(path.name + ".lock")
    try:
        descriptor = os.open(lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)
    except BlockingIOError as error:
        owner = os.pread(descriptor, 32, 0).strip()
        os.close(descriptor)
        raise StoreLockedError(path, int(owner) if owner.isdigit() else None) from error
    except OSError as error:
        os.close(descriptor)
        raise _unwritable(path, error) from error
    return descriptor


def _unlock(descriptor: int) -> None:
    """The owner's number leaves with the lock: what lies in a drawer tells nothing of who held it."""
    with contextlib.suppress(OSError):
        os.ftruncate(descriptor, 0)
    os.close(descriptor)


def _replace(path: Path, content: bytes) -> None:
    """The caller holds the lock, so one fixed temporary name is enough and a crash leaves at most that one."""
    temporary = path.with_name(f".{path.name}.new")
    try:
        _write_flushed(temporary, content)
        temporary.replace(path)
        _flush_directory(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise _unwritable(path, error) from error


def _write_flushed(path: Path, content: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
    with open(os.open(path, flags, 0o600), "wb") as file:  # noqa: PTH123 -- a descriptor has no path to open
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _flush_directory(path: Path) -> None:
    """Without this the rename may be lost with the power."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
