"""Card files: durable, locked, and with a clear word for whatever is wrong with them."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from cardsim.errors import (
    StoreClosedError,
    StoreDamagedError,
    StoreExistsError,
    StoreFullError,
    StoreLockedError,
    StoreMissingError,
    StoreSchemaError,
    StoreUnreadableError,
    StoreUnwritableError,
)
from cardsim.state import Pin
from cardsim.store import FileStore, read_image

JPKI = bytes.fromhex("D392F000260100000001")


@pytest.fixture
def path(tmp_path: Path, image) -> Path:
    FileStore.create(tmp_path / "alice.json", image)
    return tmp_path / "alice.json"


def changed(image):
    return image.with_pin(JPKI, 0x18, Pin(value=b"9999", tries_left=1, limit=3))


def test_what_was_committed_is_loaded(path: Path, image) -> None:
    with FileStore(path) as store:
        assert store.load() == image
        store.commit(changed(image))
        assert store.load() == changed(image)
    assert read_image(path) == changed(image)


def test_only_the_owner_may_read_a_card(path: Path, image) -> None:
    with FileStore(path) as store:
        store.commit(image)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.with_name("alice.json.lock").stat().st_mode & 0o777 == 0o600


def test_nothing_else_is_left_behind(path: Path, image) -> None:
    with FileStore(path) as store:
        store.commit(image)
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["alice.json", "alice.json.lock"]


def test_the_order_is_flush_rename_flush(path: Path, image, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    fsync, replace = os.fsync, Path.replace
    kind = {True: "directory", False: "file"}
    monkeypatch.setattr(
        os, "fsync", lambda fd: (seen.append(f"flush {kind[Path(f'/proc/self/fd/{fd}').is_dir()]}"), fsync(fd))[1]
    )
    monkeypatch.setattr(Path, "replace", lambda self, to: (seen.append("rename"), replace(self, to))[1])
    with FileStore(path) as store:
        store.commit(image)
    assert seen == ["flush file", "rename", "flush directory"]


def test_a_card_is_in_one_reader_at_a_time(path: Path) -> None:
    with FileStore(path), pytest.raises(StoreLockedError, match=rf"alice is in another reader \(pid {os.getpid()}\)"):
        FileStore(path)
    FileStore(path).close()


def test_looking_needs_no_lock(path: Path, image) -> None:
    with FileStore(path):
        assert read_image(path) == image


def test_a_card_is_not_overwritten(path: Path, image) -> None:
    with pytest.raises(StoreExistsError):
        FileStore.create(path, changed(image))
    assert read_image(path) == image


def test_a_card_in_a_reader_is_not_overwritten(path: Path, image) -> None:
    with FileStore(path), pytest.raises(StoreLockedError):
        FileStore.create(path, image)


def test_a_missing_card(tmp_path: Path) -> None:
    with pytest.raises(StoreMissingError, match="no such card"):
        FileStore(tmp_path / "nobody.json")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("act", [FileStore, read_image], ids=["open", "read"])
def test_a_missing_directory(tmp_path: Path, act) -> None:
    with pytest.raises(StoreMissingError, match="no directory"):
        act(tmp_path / "none" / "nobody.json")


def test_a_new_card_in_a_missing_directory(tmp_path: Path, image) -> None:
    with pytest.raises(StoreMissingError, match="no directory"):
        FileStore.create(tmp_path / "none" / "alice.json", image)


def test_a_path_that_leads_through_a_file(path: Path) -> None:
    with pytest.raises(StoreMissingError):
        read_image(path / "alice.json")


def test_a_directory_in_the_place_of_a_card(tmp_path: Path) -> None:
    with pytest.raises(StoreUnreadableError):
        read_image(tmp_path)


@pytest.mark.parametrize("act", [FileStore, read_image], ids=["open", "read"])
def test_a_path_that_cannot_be_looked_at(tmp_path: Path, act) -> None:
    with pytest.raises(StoreUnreadableError, match="File name too long"):
        act(tmp_path / ("x" * 300))


@pytest.mark.parametrize("keep", [0, 1, 100, 5000, -2], ids=["empty", "one-byte", "head", "half", "all-but-two-bytes"])
def test_a_half_written_card(path: Path, keep: int) -> None:
    path.write_bytes(path.read_bytes()[:keep])
    with FileStore(path) as store, pytest.raises(StoreDamagedError, match="half-written"):
        store.load()


@pytest.mark.parametrize("schema", ["0", "3", "null", '"1"'])
def test_a_card_of_another_schema(path: Path, schema: str) -> None:
    path.write_bytes(path.read_bytes().replace(b'"schema":2', b'"schema":' + schema.encode()))
    with pytest.raises(StoreSchemaError, match="this version reads schema 2"):
        read_image(path)


def fail_with(number: int):
    def fail(*_arguments: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize(
    ("number", "error"),
    [
        (errno.ENOSPC, StoreFullError),
        (errno.EDQUOT, StoreFullError),
        (errno.EIO, StoreUnwritableError),
        (errno.EROFS, StoreUnwritableError),
        (errno.EACCES, StoreUnwritableError),
    ],
    ids=lambda value: errno.errorcode[value] if isinstance(value, int) else "",
)
def test_a_commit_that_fails_keeps_the_old_card(path: Path, image, monkeypatch, number: int, error) -> None:
    with FileStore(path) as store:
        monkeypatch.setattr(os, "fsync", fail_with(number))
        with pytest.raises(error) as caught:
            store.commit(changed(image))
        monkeypatch.undo()
        assert caught.value.hint
        assert type(caught.value) is error
        assert store.load() == image
        assert not (path.parent / ".alice.json.new").exists()
        store.commit(changed(image))


def test_a_directory_that_vanished_under_the_card(path: Path, image) -> None:
    with FileStore(path) as store:
        path.unlink()
        path.with_name("alice.json.lock").unlink()
        path.parent.rmdir()
        with pytest.raises(StoreMissingError, match="no directory"):
            store.commit(image)


def test_a_lock_that_cannot_be_made(path: Path, monkeypatch) -> None:
    monkeypatch.setattr(os, "open", fail_with(errno.EACCES))
    with pytest.raises(StoreUnwritableError, match="Permission denied"):
        FileStore(path)


def test_a_lock_is_not_made_through_a_link(path: Path, tmp_path: Path) -> None:
    lock = path.with_name("alice.json.lock")
    lock.unlink()
    lock.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreUnwritableError):
        FileStore(path)
    assert not (tmp_path / "elsewhere").exists()


def test_a_closed_store_refuses(path: Path, image) -> None:
    store = FileStore(path)
    store.close()
    store.close()
    with pytest.raises(StoreClosedError):
        store.load()
    with pytest.raises(StoreClosedError):
        store.commit(image)
