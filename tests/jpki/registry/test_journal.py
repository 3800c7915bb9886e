"""The journal of the first releases: read whole, cut anywhere, of another schema, corrupt, in use."""

from __future__ import annotations

import fcntl
import threading
from pathlib import Path
from typing import Any

import pytest

from jpki.errors import RegistryCorruptError, RegistryNotFoundError, RegistrySchemaError, RegistryStorageError
from jpki.registry.journal import locked_journal

HEADER = b'{"format":"mynalab-register","schema":1}\n'
LINES = [HEADER, '{"n":2,"text":"見本"}\n'.encode(), b'{"n":3,"x":1}\n', b'{"n":4,"last":true}\n']
WHOLE = b"".join(LINES)
EVENTS: list[dict[str, Any]] = [{"text": "見本"}, {"x": 1}, {"last": True}]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a register may be."""
    return tmp_path / "register.jsonl"


def read(path: Path) -> list[dict[str, Any]]:
    """Every event of a file."""
    with locked_journal(path) as lines:
        assert [line.number for line in lines] == list(range(2, 2 + len(lines)))
        return [line.event for line in lines]


@pytest.mark.parametrize("length", range(len(HEADER), len(WHOLE) + 1))
def test_cut_anywhere(path: Path, length: int) -> None:
    """A line without its end was never acknowledged: passed over, and left as it is."""
    path.write_bytes(WHOLE[:length])
    assert read(path) == EVENTS[: WHOLE[:length].count(b"\n") - 1]
    assert path.read_bytes() == WHOLE[:length]


@pytest.mark.parametrize("length", range(len(HEADER)))
def test_cut_header(path: Path, length: int) -> None:
    """The header appeared whole or not at all, so a cut one is another's doing."""
    path.write_bytes(WHOLE[:length])
    with pytest.raises(RegistryCorruptError, match="line 1") as caught:
        read(path)
    assert (caught.value.path, caught.value.line) == (path, 1)


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
        read(path)
    assert (caught.value.path, caught.value.line) == (path, line)
    assert caught.value.hint
    assert path.read_bytes() == content


@pytest.mark.parametrize("schema", ["2", '"1"', "null", "0"])
def test_another_schema(path: Path, schema: str) -> None:
    """A register of another version is not guessed at."""
    path.write_text(f'{{"format":"mynalab-register","schema":{schema}}}\n')
    with pytest.raises(RegistrySchemaError, match="schema") as caught:
        read(path)
    assert caught.value.expected == 1


def test_missing(path: Path) -> None:
    """No file, no register, and a next step."""
    with pytest.raises(RegistryNotFoundError, match="no register") as caught:
        read(path)
    assert caught.value.path == path
    assert caught.value.hint


def test_a_directory_in_its_place(path: Path) -> None:
    """A directory is no register."""
    path.mkdir()
    with pytest.raises(RegistryStorageError, match="directory"):
        read(path)


def test_waits_for_who_is_writing(path: Path) -> None:
    """An old release at work ends its append first; flock(2) excludes open files, in one process too."""
    path.write_bytes(HEADER)
    found: list[dict[str, Any]] = []
    began = threading.Event()

    def look() -> None:
        began.set()
        found.extend(read(path))

    thread = threading.Thread(target=look)
    with path.open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        thread.start()
        assert began.wait(10)
        thread.join(0.05)
        assert thread.is_alive()
        other.write(LINES[1])
    thread.join(10)
    assert found == EVENTS[:1]


def test_nobody_writes_meanwhile(path: Path) -> None:
    """Until all of it is in the new register."""
    path.write_bytes(WHOLE)
    with locked_journal(path), path.open("ab") as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
