"""The file of ``--trace``: whose it is, what it replaces, and what happens when there is no room."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest

from mynalab.errors import LabExistsError, LabUnwritableError
from mynalab.trace_file import TraceFile


def lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines()


def test_every_line_is_there_at_once_and_the_owner_s_alone(home: Path) -> None:
    path = home / "one.jsonl"
    with TraceFile(path) as file:
        file.scribe(card="alice").reset(b"\x3b\x00")
        assert [json.loads(line).get("atr") for line in lines(path)] == [None, "3B00"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_trace_is_replaced(home: Path) -> None:
    path = home / "one.jsonl"
    for _ in range(2):
        with TraceFile(path) as file:
            file.scribe().reset(b"\x3b\x00")
    assert len(lines(path)) == 2


def test_file_that_is_no_trace_is_left_alone(home: Path) -> None:
    path = home / "thesis.txt"
    path.write_text("important", "utf-8")
    with pytest.raises(LabExistsError, match="is no trace"):
        TraceFile(path)
    assert path.read_text("utf-8") == "important"


def test_trace_that_is_being_recorded_is_left_alone(home: Path) -> None:
    path = home / "one.jsonl"
    with TraceFile(path) as file:
        with pytest.raises(LabExistsError, match="another command records"):
            TraceFile(path)
        file.scribe().reset(b"\x3b\x00")
    assert len(lines(path)) == 2


@pytest.mark.parametrize("name", ["none/one.jsonl", "."])
def test_place_that_cannot_be_written_is_named(home: Path, name: str) -> None:
    with pytest.raises(LabUnwritableError, match="cannot be written"):
        TraceFile(home / name)


def test_full_disk_from_the_beginning_is_an_error() -> None:
    with pytest.raises(LabUnwritableError, match="ends early: No space left"):
        TraceFile(Path("/dev/full"))


def test_full_disk_in_the_middle_leaves_whole_lines_and_stops_nobody(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = home / "one.jsonl"
    real, room = os.write, [len(b'{"trace": 1}\n') + 8]

    def write(descriptor: int, data: bytes) -> int:
        if not room[0]:
            raise OSError(28, "No space left on device")
        done = real(descriptor, data[: room[0]])
        room[0] -= done
        return done

    with TraceFile(path) as file:
        monkeypatch.setattr("mynalab.trace_file.os.write", lambda *words: write(*words))
        room[0] = 8
        scribe = file.scribe()
        scribe.reset(b"\x3b\x00")
        monkeypatch.undo()
        scribe.reset(b"\x3b\x00")  # there would be room again, but not for what is lost
        with pytest.raises(LabUnwritableError, match="ends early: No space left"):
            file.raise_error()
    assert lines(path) == ['{"trace": 1}']


def test_lines_of_cards_in_several_threads_stay_whole(home: Path) -> None:
    path = home / "one.jsonl"
    with TraceFile(path) as file:
        scribes = [file.scribe(card=name) for name in ("alice", "bob")]
        work = [
            threading.Thread(target=lambda scribe=scribe: [scribe.reset(b"\x3b" * 33) for _ in range(200)])
            for scribe in scribes
        ]
        for each in work:
            each.start()
        for each in work:
            each.join()
    assert len([json.loads(line) for line in lines(path)]) == 401
