"""The journal on disk: cut anywhere, locked, unwritable, of another schema, corrupt."""

from __future__ import annotations

import fcntl
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from jpki.errors import (
    RegistryCorruptError,
    RegistryExistsError,
    RegistryLockedError,
    RegistryNotFoundError,
    RegistrySchemaError,
    RegistryStorageError,
)
from jpki.registry import journal as module
from jpki.registry.journal import Journal

HEADER = b'{"format":"mynalab-register","schema":1}\n'
LINES = [HEADER, '{"n":2,"text":"見本"}\n'.encode(), b'{"n":3,"x":1}\n', b'{"n":4,"last":true}\n']
WHOLE = b"".join(LINES)
EVENTS: list[dict[str, Any]] = [{"text": "見本"}, {"x": 1}, {"last": True}]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a register may begin."""
    return tmp_path / "register.jsonl"


def write(journal: Journal, *events: dict[str, Any]) -> None:
    """Append as the register does: lock, read, append."""
    for event in events:
        with journal.exclusive():
            journal.read_new()
            journal.append(event)


def read(path: Path) -> list[dict[str, Any]]:
    """Every event of a file."""
    return [entry.event for entry in Journal(path).read_new()]


def test_form(path: Path) -> None:
    """Header, then one numbered object a line; readable by nobody else, as it holds names and addresses."""
    write(Journal.create(path), *EVENTS)
    assert path.read_bytes() == WHOLE
    assert path.stat().st_mode & 0o777 == 0o600
    assert read(path) == EVENTS
    assert [other.name for other in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("length", range(len(HEADER), len(WHOLE)))
def test_cut_anywhere(path: Path, length: int) -> None:
    """A line without its end was never acknowledged: told, passed over, removed by the next append."""
    path.write_bytes(WHOLE[:length])
    complete = WHOLE[:length].count(b"\n") - 1
    unfinished = length - (WHOLE[:length].rfind(b"\n") + 1)
    journal = Journal(path)
    assert [entry.event for entry in journal.read_new()] == EVENTS[:complete]
    assert journal.unfinished_bytes == unfinished
    assert path.read_bytes() == WHOLE[:length]
    write(journal, *EVENTS[complete:])
    assert path.read_bytes() == WHOLE
    journal.read_new()
    assert journal.unfinished_bytes == 0


@pytest.mark.parametrize("length", range(len(HEADER)))
def test_cut_header(path: Path, length: int) -> None:
    """The header appears whole or not at all, so a cut one is another's doing."""
    path.write_bytes(WHOLE[:length])
    with pytest.raises(RegistryCorruptError, match="line 1") as caught:
        Journal(path)
    assert (caught.value.path, caught.value.line) == (path, 1)


@pytest.mark.parametrize("written", range(len(LINES[3])))
@pytest.mark.parametrize("cleanup", [True, False], ids=["error", "crash"])
def test_write_that_stops(path: Path, monkeypatch: pytest.MonkeyPatch, written: int, cleanup: bool) -> None:
    """A full disk after any number of bytes, with or without taking them back: nothing is lost or gained."""
    path.write_bytes(b"".join(LINES[:3]))
    journal = Journal(path)
    real_pwrite, real_ftruncate = os.pwrite, os.ftruncate
    failed = False

    def pwrite(fd: int, data: bytes, offset: int) -> int:
        nonlocal failed
        real_pwrite(fd, data[:written], offset)
        failed = True
        raise OSError(28, "No space left on device")

    def ftruncate(fd: int, length: int) -> None:
        if failed and not cleanup:
            raise OSError(5, "Input/output error")
        real_ftruncate(fd, length)

    with monkeypatch.context() as patch:
        patch.setattr(module.os, "pwrite", pwrite)
        patch.setattr(module.os, "ftruncate", ftruncate)
        with pytest.raises(RegistryStorageError, match="No space left"):
            write(journal, EVENTS[2])
    assert read(path) == EVENTS[:2]
    assert path.read_bytes() == b"".join(LINES[:3]) + (b"" if cleanup else LINES[3][:written])
    write(journal, EVENTS[2])
    assert path.read_bytes() == WHOLE


def test_long_remains_of_a_line_are_removed_whole(path: Path) -> None:
    """A shorter line over a longer one that never ended leaves nothing of it."""
    path.write_bytes(HEADER + b'{"n":2,"text":"' + b"x" * 1000)
    write(Journal(path), {"x": 1})
    assert path.read_bytes() == HEADER + b'{"n":2,"x":1}\n'


def test_failed_sync_is_not_acknowledged(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the disk did not confirm is taken back."""
    journal = Journal.create(path)

    def fsync(fd: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(module.os, "fsync", fsync)
        with pytest.raises(RegistryStorageError, match="Input/output error"):
            write(journal, {"x": 1})
    assert path.read_bytes() == HEADER


def test_durable_before_append_returns(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole line is written, then synced, then the lock is given up."""
    journal = Journal.create(path)
    seen: list[bytes] = []
    with monkeypatch.context() as patch:
        patch.setattr(module.os, "fsync", lambda fd: seen.append(path.read_bytes()))
        write(journal, {"x": 1})
    assert seen == [HEADER + b'{"n":2,"x":1}\n']


def test_short_writes_are_continued(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pwrite(2) may write less than asked."""
    journal = Journal.create(path)
    real = os.pwrite
    with monkeypatch.context() as patch:
        patch.setattr(module.os, "pwrite", lambda fd, data, offset: real(fd, data[:3], offset))
        write(journal, *EVENTS)
    assert path.read_bytes() == WHOLE


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        pytest.param(b"", 1, "no register", id="empty-file"),
        pytest.param(b"\n", 1, "no register", id="empty-line"),
        pytest.param(b"PK\x03\x04\n", 1, "no register", id="another-format"),
        pytest.param(b'{"format":"other","schema":1}\n', 1, "no register", id="another-program"),
        pytest.param(b"[" * 200_000 + b"\n", 1, "no register", id="deep-nesting"),
        pytest.param(HEADER + b"\n", 2, "no JSON object", id="empty-line-inside"),
        pytest.param(HEADER + b"\xff\n", 2, "no JSON object", id="not-utf8"),
        pytest.param(HEADER + b"[1]\n", 2, "no JSON object", id="a-list"),
        pytest.param(HEADER + b'{"n":2,"x"\n' + LINES[2], 2, "no JSON object", id="cut-in-the-middle"),
        pytest.param(HEADER + LINES[2], 2, "numbered otherwise", id="a-line-lost"),
        pytest.param(HEADER + LINES[1] + LINES[1], 3, "numbered otherwise", id="a-line-doubled"),
        pytest.param(HEADER + b'{"x":1}\n', 2, "numbered otherwise", id="no-number"),
    ],
)
def test_corrupt(path: Path, content: bytes, line: int, message: str) -> None:
    """What no interrupted write leaves behind names the file and the line, and is not touched."""
    path.write_bytes(content)
    with pytest.raises(RegistryCorruptError, match=message) as caught:
        Journal(path).read_new()
    assert (caught.value.path, caught.value.line) == (path, line)
    assert caught.value.hint
    assert path.read_bytes() == content


@pytest.mark.parametrize("schema", ["2", '"1"', "null", "0"])
def test_another_schema(path: Path, schema: str) -> None:
    """A register of another version is not guessed at."""
    path.write_text(f'{{"format":"mynalab-register","schema":{schema}}}\n')
    with pytest.raises(RegistrySchemaError, match="schema") as caught:
        Journal(path)
    assert caught.value.expected == 1


def test_missing(path: Path) -> None:
    """No file, no register, and a next step."""
    with pytest.raises(RegistryNotFoundError, match="no register") as caught:
        Journal(path)
    assert caught.value.path == path
    assert caught.value.hint


@pytest.mark.parametrize("content", [b"", b"something else", WHOLE], ids=["empty", "other", "register"])
def test_create_overwrites_nothing(path: Path, content: bytes) -> None:
    """Whatever is there stays."""
    path.write_bytes(content)
    with pytest.raises(RegistryExistsError, match="exists already"):
        Journal.create(path)
    assert path.read_bytes() == content
    assert [other.name for other in path.parent.iterdir()] == [path.name]


def test_create_without_a_directory(tmp_path: Path) -> None:
    """The environment's fault is said in its words."""
    with pytest.raises(RegistryStorageError, match="No such file or directory"):
        Journal.create(tmp_path / "missing" / "register.jsonl")


def test_a_directory_in_its_place(path: Path) -> None:
    """A directory is no register."""
    path.mkdir()
    with pytest.raises(RegistryStorageError, match="directory"):
        Journal(path)


def test_locked_by_another_process(path: Path) -> None:
    """Without waiting, another's lock is an error; flock(2) excludes open files, in one process too."""
    journal = Journal.create(path, wait=False)
    with path.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(RegistryLockedError, match="another process") as caught:
            write(journal, {"x": 1})
        assert caught.value.hint
        with pytest.raises(RegistryLockedError, match="another process"):
            journal.read_new()
    write(journal, {"x": 1})
    assert read(path) == [{"x": 1}]


def test_waits_for_the_lock(path: Path) -> None:
    """By default a writer waits its turn."""
    journal = Journal.create(path)
    began = threading.Event()

    def append() -> None:
        began.set()
        write(journal, {"x": 1})

    thread = threading.Thread(target=append)
    with path.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        thread.start()
        assert began.wait(10)
        thread.join(0.05)
        assert path.read_bytes() == HEADER
    thread.join(10)
    assert read(path) == [{"x": 1}]


def test_two_journals_on_one_file(path: Path) -> None:
    """Each sees what the other wrote, and neither overwrites it."""
    one = Journal.create(path)
    other = Journal(path)
    write(one, EVENTS[0])
    write(other, EVENTS[1])
    write(one, EVENTS[2])
    assert path.read_bytes() == WHOLE


def test_append_without_reading_first_would_overwrite(path: Path) -> None:
    """The journal refuses, rather than cut what others wrote."""
    one = Journal.create(path)
    write(Journal(path), EVENTS[0])
    with one.exclusive(), pytest.raises(RuntimeError, match="read_new"):
        one.append(EVENTS[1])
    assert path.read_bytes() == b"".join(LINES[:2])


def test_append_needs_the_lock(path: Path) -> None:
    """A caller's mistake, found at once."""
    with pytest.raises(RuntimeError, match="exclusive"):
        Journal.create(path).append({"x": 1})


def test_file_cut_while_in_use(path: Path) -> None:
    """Events that were read cannot vanish unnoticed."""
    journal = Journal.create(path)
    write(journal, *EVENTS)
    journal.read_new()
    os.truncate(path, len(HEADER))
    with pytest.raises(RegistryCorruptError, match="replaced or cut"):
        journal.read_new()


def test_file_replaced_while_in_use(path: Path) -> None:
    """Another file under the same name is another register."""
    journal = Journal.create(path)
    copy = path.with_name("copy")
    copy.write_bytes(WHOLE)
    copy.replace(path)
    with pytest.raises(RegistryCorruptError, match="replaced or cut"):
        journal.read_new()
