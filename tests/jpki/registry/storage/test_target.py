"""Where a register may be, and what is said of a place where there is none."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest
from sqlalchemy import Connection

from jpki.errors import (
    JpkiError,
    RegistryCorruptError,
    RegistryExistsError,
    RegistryNotFoundError,
    RegistryStorageError,
    RegistryUnreachableError,
)
from jpki.kinds import CaKind
from jpki.registry.opening import create_register, open_register
from jpki.registry.storage import register as storage
from jpki.registry.storage.target import Target
from tests.jpki.registry.postgresql import POSTGRESQL, Cluster


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        pytest.param("lab/register.db", "lab/register.db", id="path"),
        pytest.param("postgresql://me:secret@host/lab", "postgresql://me:***@host/lab", id="password"),
        pytest.param("postgres://host/lab", "postgresql://host/lab", id="short-name"),
        pytest.param("postgresql://host/lab?password=secret", "postgresql://host/lab", id="password-in-the-query"),
        pytest.param("postgresql+psycopg://host/lab", "postgresql://host/lab", id="driver"),
    ],
)
def test_place_as_it_is_shown(place: str, shown: str) -> None:
    assert str(Target.of(place).shown) == shown


@pytest.mark.parametrize("place", ["mysql://me:secret@host/lab", "postgresql://me:secret@host:port/lab"])
def test_place_that_is_none(place: str) -> None:
    with pytest.raises(RegistryUnreachableError, match="a file or a PostgreSQL database") as caught:
        Target.of(place)
    assert "secret" not in str(caught.value) + str(caught.value.path)
    assert caught.value.hint


def test_no_register(tmp_path: Path) -> None:
    with pytest.raises(RegistryNotFoundError):
        open_register(tmp_path / "register.db")
    assert list(tmp_path.iterdir()) == []


def test_directory(tmp_path: Path) -> None:
    with pytest.raises(RegistryStorageError, match="is no file"):
        open_register(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"this is no database, though it is long enough to have a header" * 40, id="text"),
        pytest.param(b"SQLite format 3\x00" + bytes(4080), id="header-alone"),
    ],
)
def test_file_that_is_no_register(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "register.db"
    path.write_bytes(content)
    with pytest.raises(RegistryCorruptError, match="no register"):
        open_register(path)
    assert path.read_bytes() == content


def test_file_is_private(tmp_path: Path) -> None:
    """It holds names and addresses; so does the log beside it."""
    path = tmp_path / "register.db"
    with create_register(path) as register:
        register.reserve(CaKind.SIGN)
        modes = {one.name: one.stat().st_mode & 0o777 for one in tmp_path.iterdir()}
    assert set(modes.values()) == {0o600}
    assert "register.db-wal" in modes


def test_closed_register_is_one_file(tmp_path: Path) -> None:
    """It can be copied."""
    create_register(tmp_path / "register.db").close()
    assert [path.name for path in tmp_path.iterdir()] == ["register.db"]


def test_something_is_there_already(tmp_path: Path) -> None:
    path = tmp_path / "register.db"
    path.write_text("mine")
    with pytest.raises(RegistryExistsError):
        create_register(path)
    assert [one.read_text() for one in tmp_path.iterdir()] == ["mine"]


def test_making_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(connection: Connection, target: Target) -> None:
        connection.exec_driver_sql("CREATE TABLE half (made)")
        raise InterruptedError("the disk is full")

    monkeypatch.setattr(storage, "make_tables", fail)
    with pytest.raises(RegistryStorageError, match="the disk is full"):
        create_register(tmp_path / "register.db")
    assert list(tmp_path.iterdir()) == []


def test_directory_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RegistryStorageError, match="No such file or directory"):
        create_register(tmp_path / "missing" / "register.db")


def test_read_only_medium(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking is possible, entering is refused."""
    path = tmp_path / "register.db"
    create_register(path).close()
    before = path.read_bytes()
    monkeypatch.setattr(os, "access", lambda *_: False)
    with open_register(path) as register:
        assert register.count_persons() == 0
        with pytest.raises(RegistryStorageError, match="readonly"):
            register.reserve(CaKind.SIGN)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["register.db"]


@pytest.mark.parametrize("missing", [1, 2, 4095])
def test_file_that_ends_within_a_page(tmp_path: Path, missing: int) -> None:
    """SQLite would read zeros there, and say nothing."""
    path = tmp_path / "register.db"
    create_register(path).close()
    cut = path.read_bytes()[:-missing]
    path.write_bytes(cut)
    with pytest.raises(RegistryCorruptError, match="the end of the file is missing"):
        open_register(path)
    assert path.read_bytes() == cut


def test_file_that_a_kill_left_growing_beside_its_log(tmp_path: Path) -> None:
    """The log holds the page whole: SQLite's matter."""
    path, torn = tmp_path / "register.db", tmp_path / "torn.db"
    create_register(path).close()
    with open_register(path) as register:
        register.reserve(CaKind.SIGN)
        for ending in ("", "-wal"):
            shutil.copyfile(f"{path}{ending}", f"{torn}{ending}")
    with torn.open("ab") as file:
        file.write(bytes(100))
    with open_register(torn) as register:
        assert register.reserve(CaKind.SIGN).start == 2


@pytest.mark.real_part("python:psycopg")
def test_server_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RegistryUnreachableError) as caught:
        open_register(f"postgresql://me:secret@/lab?host={tmp_path}")
    assert "secret" not in str(caught.value)
    assert "check that the server runs" in caught.value.hint


def test_driver_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(RegistryUnreachableError, match="not installed") as caught:
        open_register("postgresql://host/lab")
    assert caught.value.hint == "pip install 'mynalab[postgresql]'"


@POSTGRESQL
@pytest.mark.parametrize(
    ("place", "error", "says"),
    [
        pytest.param("postgresql://lab@/nowhere?host={}", RegistryNotFoundError, "does not exist", id="no-database"),
        pytest.param("postgresql://nobody@/postgres?host={}", RegistryUnreachableError, "nobody", id="no-such-user"),
        pytest.param("postgresql://lab@/template1?host={}", RegistryCorruptError, "no register", id="no-register"),
    ],
)
def test_database_without_a_register(cluster: Cluster, place: str, error: type[JpkiError], says: str) -> None:
    with pytest.raises(error, match=says) as caught:
        open_register(place.format(cluster.directory))
    assert caught.value.hint
