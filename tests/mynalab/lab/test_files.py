"""Files that are written whole or not at all."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import pytest

from mynalab.errors import LabBrokenError, LabUnwritableError
from mynalab.lab.files import read_part, taking_turns, write_atomically


def test_content_is_replaced_and_nothing_else_left(tmp_path: Path) -> None:
    path = tmp_path / "part"
    write_atomically(path, b"old")
    write_atomically(path, b"new", mode=0o600)
    assert (path.read_bytes(), list(tmp_path.glob(".part*"))) == (b"new", [])
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_refusal_keeps_the_old_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    path = tmp_path / "part"
    write_atomically(path, b"old")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os if call == "fsync" else Path, call, refuse)
    with pytest.raises(LabUnwritableError, match="No space left on device") as caught:
        write_atomically(path, b"new")
    assert "nothing was changed" in caught.value.hint
    assert (path.read_bytes(), list(tmp_path.glob(".part*"))) == (b"old", [])


def test_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(LabUnwritableError, match="No such file or directory"):
        write_atomically(tmp_path / "a" / "part", b"")


@pytest.mark.parametrize("kind", ["missing", "directory"])
def test_part_that_cannot_be_read_is_named(tmp_path: Path, kind: str) -> None:
    with pytest.raises(LabBrokenError, match="part cannot be read"):
        read_part(tmp_path / "part" if kind == "missing" else (tmp_path / "part").mkdir() or tmp_path / "part")


def _count(directory: Path) -> None:
    for _ in range(50):
        with taking_turns(directory):
            counter = directory / "counter"
            counter.write_text(str(int(counter.read_text()) + 1))


def test_processes_take_turns(tmp_path: Path) -> None:
    (tmp_path / "counter").write_text("0")
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_count, args=(tmp_path,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert (tmp_path / "counter").read_text() == "100"


def test_turns_need_a_directory(tmp_path: Path) -> None:
    with pytest.raises(LabUnwritableError), taking_turns(tmp_path / "nowhere"):
        pytest.fail("there is nothing to take turns at")


@pytest.mark.parametrize("path", ["", ".", "/"])
def test_a_name_that_is_a_directory_is_told(path: str) -> None:
    with pytest.raises(LabUnwritableError, match="it is a directory") as caught:
        write_atomically(Path(path), b"")
    assert caught.value.hint
