"""Registers to test with: in SQLite and in a PostgreSQL of the tests' own, the same tests in both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jpki.holder import Holder
from jpki.registry.interfaces import Register
from jpki.registry.opening import create_register
from tests.jpki.conftest import NOW
from tests.jpki.registry.postgresql import POSTGRESQL, Cluster
from tests.jpki.registry.stock import Stock

PLACES = ("sqlite", pytest.param("postgresql", marks=POSTGRESQL))


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where there is no register yet."""
    if request.param == "sqlite":
        return tmp_path / "register.db"
    cluster: Cluster = request.getfixturevalue("cluster")
    return cluster.new_place()


@pytest.fixture
def register(place: Path | str) -> Iterator[Register]:
    """An empty register."""
    with create_register(place) as register:
        yield register


@pytest.fixture
def stock(register: Register, holder: Holder) -> Stock:
    """The same with both authorities in it, and somebody who issues."""
    return Stock.of(register, holder=holder, now=NOW)
