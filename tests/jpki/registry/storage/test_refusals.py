"""When the database refuses: who is at fault, what to do, and that nothing was changed."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import text

from jpki.errors import (
    RegistryCorruptError,
    RegistryError,
    RegistryLockedError,
    RegistryStorageError,
    RegistryUnreachableError,
)
from jpki.holder import Holder
from jpki.kinds import CaKind
from jpki.registry.interfaces import Register, UnitOfWork
from jpki.registry.opening import create_register, open_register
from jpki.registry.storage.register import SqlRegister
from jpki.registry.storage.schema import SERIALS
from jpki.registry.storage.serials import advance
from jpki.registry.storage.unit_of_trust import SqlUnit
from tests.jpki.registry.postgresql import POSTGRESQL, Cluster
from tests.jpki.registry.stock import Stock, a_card


def _take_the_counter(unit: UnitOfWork) -> None:
    """In PostgreSQL only who wants the same row has to wait."""
    assert isinstance(unit, SqlUnit)
    advance(unit.connection, SERIALS[CaKind.SIGN], 1)


def test_another_process_writes(register: Register, place: Path | str, now: datetime) -> None:
    """It is waited for as long as was said, then there is a clear word."""
    with open_register(place, wait_s=0.2) as other:
        assert isinstance(other, SqlRegister)
        with register.transaction(now=now) as unit:
            unit.operation("something long")
            _take_the_counter(unit)
            with pytest.raises(RegistryLockedError, match="another process is writing") as caught:
                other.reserve(CaKind.SIGN)
        assert caught.value.hint
        assert other.reserve(CaKind.SIGN) == range(2, 3)


def test_readers_do_not_wait(register: Register, place: Path | str, holder: Holder, now: datetime) -> None:
    with open_register(place, wait_s=0) as other, register.transaction(now=now) as unit:
        unit.register_person("hanako", holder)
        assert other.count_persons() == 0


def _enter_card(stock: Stock, number: str) -> None:
    with stock.register.transaction(now=stock.now) as unit:
        unit.register_person("hanako", stock.holder)
        unit.record_card("hanako", replace(a_card("one"), number=number))


def test_text_that_is_none(stock: Stock) -> None:
    with pytest.raises(RegistryError, match="half a character") as caught:
        _enter_card(stock, "\ud800")
    assert caught.value.__suppress_context__
    assert stock.register.count_persons() == 0


def test_question_about_what_cannot_be(register: Register) -> None:
    """SQLite says that nobody has such a name, PostgreSQL that there is none."""
    with pytest.raises(RegistryError):
        register.person("NUL \0")


@pytest.fixture
def small(tmp_path: Path, holder: Holder, now: datetime) -> Iterator[Stock]:
    """A register on a disk that has room for some pages only."""
    with create_register(tmp_path / "register.db") as register:
        stock = Stock.of(register, holder=holder, now=now)
        assert isinstance(register, SqlRegister)
        with register.connection() as connection:
            pages = int(connection.execute(text("PRAGMA page_count")).scalar_one())
            connection.execute(text(f"PRAGMA max_page_count={pages + 3}"))
        yield stock


def _issue_for_ever(stock: Stock, done: list[str]) -> None:
    for number in count():
        stock.issue(f"p{number}")
        done.append(f"p{number}")


def test_disk_is_full(small: Stock) -> None:
    """SQLite meets a page limit as it meets a full disk: SQLITE_FULL."""
    done: list[str] = []
    with pytest.raises(RegistryStorageError, match="full") as caught:
        _issue_for_ever(small, done)
    assert "free space" in caught.value.hint
    assert [person.person_id for person in small.register.persons()] == done
    assert len(small.register.certificates()) == 2 * len(done)
    assert not any(repr(small.holder.name) in str(error) for error in (caught.value, caught.value.__cause__))


def test_damaged_page(tmp_path: Path, holder: Holder, now: datetime) -> None:
    path = tmp_path / "register.db"
    with create_register(path) as register:
        Stock.of(register, holder=holder, now=now).issue("hanako")
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(RegistryCorruptError) as caught:
        open_register(path)
    assert re.search("restore the file", caught.value.hint)


def test_file_that_is_gone(tmp_path: Path) -> None:
    """Its table is dropped behind our back."""
    path = tmp_path / "register.db"
    with create_register(path) as register:
        with closing(sqlite3.connect(path)) as other:
            other.execute("DROP TABLE residents")
        with pytest.raises(RegistryCorruptError, match="no register, or a damaged one"):
            register.count_persons()


def _hang_up(register: SqlRegister, cluster: Cluster) -> None:
    with register.connection() as connection:
        number = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        cluster.run(f"SELECT pg_terminate_backend({number})")
        connection.execute(text("SELECT 1"))


@POSTGRESQL
def test_server_that_hangs_up(cluster: Cluster) -> None:
    with create_register(cluster.new_place()) as register:
        assert isinstance(register, SqlRegister)
        with pytest.raises(RegistryUnreachableError):
            _hang_up(register, cluster)
        assert register.count_persons() == 0


@POSTGRESQL
def test_user_who_may_not_write(cluster: Cluster) -> None:
    place = cluster.new_place()
    create_register(place).close()
    read_only = place.replace("options=", "options=-cdefault_transaction_read_only%3Don%20")
    with open_register(read_only) as register:
        assert register.count_persons() == 0
        with pytest.raises(RegistryStorageError, match="read-only") as caught:
            register.reserve(CaKind.SIGN)
    assert "administrator" in caught.value.hint
