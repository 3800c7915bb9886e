"""Readers go on while the index is replaced, in threads and in processes."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from jpki.revocation_index.build import update_index
from jpki.revocation_index.current import CurrentIndex
from jpki.revocation_index.errors import IndexDamagedError, IndexMissingError
from tests.jpki.revocation_index.conftest import Forge, entry

ROUNDS = 12
OPEN_FILES = Path("/proc/self/fd")


def publish(path: Path, forge: Forge, number: int) -> None:
    """List number n has the serial numbers n, n+1, …, n+999, so that one may see whether answers fit each other."""
    entries = [entry(serial) for serial in range(number, number + 1000)]
    update_index(path, [forge.crl(entries, number=number)], issuer=forge)


def test_it_opens_once_and_again_when_it_was_replaced(forge: Forge, tmp_path: Path) -> None:
    publish(tmp_path / "idx", forge, 1)
    handle = CurrentIndex(tmp_path / "idx")
    first = handle.current()
    assert handle.current() is first
    publish(tmp_path / "idx", forge, 2)
    second = handle.current()
    assert (first.frame.number, second.frame.number) == (1, 2)
    assert (first.entry(1) is None, second.entry(1) is None) == (False, True)


def test_it_says_when_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(IndexMissingError):
        CurrentIndex(tmp_path / "idx").current()


def test_it_fails_when_the_file_is_taken_away_or_spoilt_and_recovers(forge: Forge, tmp_path: Path) -> None:
    path = tmp_path / "idx"
    publish(path, forge, 1)
    handle = CurrentIndex(path)
    handle.current()
    path.rename(tmp_path / "aside")
    with pytest.raises(IndexMissingError):
        handle.current()
    path.write_bytes(b"spoilt")
    with pytest.raises(IndexDamagedError):
        handle.current()
    path.unlink()
    publish(path, forge, 2)
    assert handle.current().frame.number == 2


READER = """
import sys
from pathlib import Path
from jpki.revocation_index.current import CurrentIndex
handle, seen = CurrentIndex(Path(sys.argv[1])), set()
print("ready", flush=True)
while 12 not in seen:
    index = handle.current()
    number = index.frame.number
    edges = (number - 1, number, number + 999, number + 1000)
    assert [index.entry(serial) is not None for serial in edges] == [False, True, True, False], number
    assert not seen or number >= max(seen), "an older list came back"
    seen.add(number)
index.verify()
print(len(seen))
"""


READ = (sys.executable, "-c", READER)


def test_processes_read_on_across_replacements(forge: Forge, tmp_path: Path) -> None:
    path = tmp_path / "idx"
    publish(path, forge, 1)
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    for reader in readers:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "ready\n"
    for number in range(2, ROUNDS + 1):
        publish(path, forge, number)
    for reader in readers:
        told, complaint = reader.communicate(timeout=60)
        assert reader.returncode == 0, complaint
        assert 1 <= int(told) <= ROUNDS


def test_threads_read_on_across_replacements(forge: Forge, tmp_path: Path) -> None:
    path = tmp_path / "idx"
    publish(path, forge, 1)
    handle = CurrentIndex(path)
    wrong: list[int] = []
    ended = threading.Event()

    def read() -> None:
        while not ended.is_set():
            index = handle.current()
            number = index.frame.number or 0
            if index.entry(number) is None or index.entry(number - 1) is not None:
                wrong.append(number)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(2, ROUNDS + 1):
        publish(path, forge, number)
    ended.set()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_files_that_were_replaced_are_let_go_of(forge: Forge, tmp_path: Path) -> None:
    publish(tmp_path / "idx", forge, 1)
    handle = CurrentIndex(tmp_path / "idx")
    handle.current()
    before = len(list(OPEN_FILES.iterdir()))
    for number in range(2, 8):
        publish(tmp_path / "idx", forge, number)
        handle.current()
    assert len(list(OPEN_FILES.iterdir())) == before
