"""The counter of changes by its own connection: the same as the register says, whoever writes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from jpki.errors import RegistryCorruptError
from jpki.registry.interfaces import Register
from jpki.registry.opening import create_register, open_register


@pytest.fixture
def register(tmp_path: Path) -> Iterator[Register]:
    with create_register(tmp_path / "register.db") as register:
        yield register


def _count_up(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("UPDATE counters SET last = last + 1 WHERE name = 'changes'")
    other.close()


def test_writing_of_others_is_seen_at_once(register: Register, tmp_path: Path) -> None:
    seen = [register.changes]
    for _ in range(3):
        _count_up(tmp_path / "register.db")
        seen.append(register.changes)
    assert [number - seen[0] for number in seen] == [0, 1, 2, 3]


def test_register_that_was_closed_can_be_opened_again(register: Register, tmp_path: Path) -> None:
    before = register.changes
    register.close()
    with open_register(tmp_path / "register.db") as again:
        assert again.changes == before


def test_file_that_has_become_another_is_explained(register: Register, tmp_path: Path) -> None:
    assert register.changes >= 0
    with sqlite3.connect(tmp_path / "register.db") as other:
        other.execute("DROP TABLE counters")
    other.close()
    with pytest.raises(RegistryCorruptError):
        _ = register.changes
