"""Registers of every schema (fixtures/registers) open for ever; those of later ones are refused."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, inspect, text

from jpki.errors import RegistryCorruptError, RegistryExistsError, RegistrySchemaError
from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.registry.interfaces import Register
from jpki.registry.opening import create_register, open_register
from jpki.registry.records import CardState, CertificateState, CrlPoint, ResidentState
from jpki.registry.request import Operation
from jpki.registry.storage.migrations import migrate
from jpki.registry.storage.register import SqlRegister
from jpki.registry.storage.schema import SCHEMA, metadata
from tests.jpki.registry.old_journal import REGISTERS, old_authorities
from tests.jpki.registry.postgresql import Cluster
from tests.jpki.registry.town import GENERATIONS, HOLDER, PERSON, Town, at_seven_past_ten, make_cas

SAMPLES = sorted(path.name.split(".")[0] for path in REGISTERS.glob("*.sql"))
MOVED = datetime(2026, 4, 12, 0, 30, tzinfo=UTC)


def _sample(schema: str, dialect: str) -> str:
    return (REGISTERS / f"{schema}.{dialect}.sql").read_text("utf-8")


@pytest.fixture(params=sorted(set(SAMPLES)))
def sample(request: pytest.FixtureRequest, place: Path | str) -> Iterator[Register]:
    """A register as a program of its day wrote it, opened by the one of today."""
    if isinstance(place, Path):
        with closing(sqlite3.connect(place)) as connection:
            connection.executescript(_sample(request.param, "sqlite"))
    else:
        cluster: Cluster = request.getfixturevalue("cluster")
        place = cluster.new_database()
        cluster.run(_sample(request.param, "postgresql"), place)
    with open_register(place) as register:
        yield register


def test_sample_is_understood(sample: Register) -> None:
    assert sample.count_persons() == 5
    sign, auth = sample.certificates(card="adult-resident")
    assert sample.status(sign.id, at=MOVED).reason is RevocationReason.AFFILIATION_CHANGED
    assert sample.status(auth.id, at=datetime(2026, 4, 22, 12, tzinfo=UTC)).state is CertificateState.ON_HOLD
    assert sample.status(auth.id, at=datetime(2026, 4, 24, tzinfo=UTC)).state is CertificateState.GOOD
    assert sample.card_state(1, at=datetime(2026, 4, 22, 12, tzinfo=UTC)) is CardState.SUSPENDED
    assert sample.holder("000001", at=MOVED).holder.municipality_romaji == "Betsu-shi"
    assert sample.holder("000005", at=datetime(2026, 6, 1, tzinfo=UTC)).state is ResidentState.DECEASED
    assert len(sample.timeline(person_id="000001")) == 17
    assert sample.authorities(CaKind.AUTH) == [one for one in old_authorities() if one.kind is CaKind.AUTH]


def test_sample_goes_on(sample: Register) -> None:
    key = old_authorities()[1].key_id
    assert sample.reserve(CaKind.SIGN)[0] == 64071
    assert sample.next_crl_number(CaKind.SIGN, key) == 1001
    assert sample.next_crl_number(CaKind.SIGN, key, point=CrlPoint("Mihon-ken", "Mihon-shi")) == 1
    holder = sample.person("000001").holder
    with sample.transaction(now=MOVED) as unit:
        unit.register_person("000006", holder)
    assert [person.person_id for person in sample.persons()][-2:] == ["000005", "000006"]


def _structure(register: Register) -> dict[str, object]:
    assert isinstance(register, SqlRegister)
    with register.connection() as connection:
        seen = inspect(connection)
        return {
            table: (
                [(column["name"], str(column["type"]), column["nullable"]) for column in seen.get_columns(table)],
                seen.get_pk_constraint(table)["constrained_columns"],
                sorted(key["constrained_columns"] for key in seen.get_foreign_keys(table)),
                sorted((index["name"] or "", index["column_names"]) for index in seen.get_indexes(table)),
                sorted(unique["column_names"] for unique in seen.get_unique_constraints(table)),
            )
            for table in sorted(seen.get_table_names())
        }


def test_sample_is_built_as_a_new_one(sample: Register, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Whoever changes a table has to raise the number, and write how to get there."""
    dialect = "sqlite" if (tmp_path / "register.db").exists() else "postgresql"
    new = tmp_path / "new.db" if dialect == "sqlite" else request.getfixturevalue("cluster").new_place()
    with create_register(new) as register:
        assert _structure(register) == _structure(sample)
    assert len(_structure(sample)) == len(metadata.tables)


def _successors(register: Register) -> set[tuple[object, ...]]:
    """Every link from old to new, with its moment."""
    assert isinstance(register, SqlRegister)
    with register.connection() as connection:
        rows = connection.execute(text("SELECT * FROM certificate_links WHERE link = 'successor'"))
        return {(row.from_kind, row.from_serial, row.to_kind, row.to_serial, row.at) for row in rows}


_STEPS = {
    8: (Operation.REISSUE, Operation.ISSUE),
    9: (Operation.DELIVER, Operation.MOVE),
    10: (Operation.SIGN_ANEW,),
    11: (Operation.LOSE_CARD, Operation.REISSUE, Operation.ISSUE),
}


def test_links_between_cards_are_found_for_registers_that_lack_them(register: Register, place: Path | str) -> None:
    """Schema 1 linked what followed on one card alone."""
    town = Town(register, make_cas(register))
    with register.transaction(now=GENERATIONS[0]) as unit:
        unit.register_person(PERSON, HOLDER)
    for operation in (Operation.APPLY, Operation.ISSUE, Operation.DELIVER, Operation.LOSE_CARD):
        town.do(operation, at_seven_past_ten(date(2026, 6, 1)))
    for day, operations in _STEPS.items():
        for operation in operations:
            town.do(operation, at_seven_past_ten(date(2026, 6, day)))
    linked = _successors(register)
    assert len(linked) == 5  # two each by two new cards, one by the move
    assert isinstance(register, SqlRegister)
    across = (
        "DELETE FROM certificate_links WHERE link = 'successor' AND"
        " (SELECT card FROM certificates WHERE kind = from_kind AND serial = from_serial) <>"
        " (SELECT card FROM certificates WHERE kind = to_kind AND serial = to_serial)"
    )
    with register.writing() as connection:
        connection.execute(text(across))
    assert len(_successors(register)) == 1
    _write_schema(register, 1)
    with open_register(place) as again:
        assert _successors(again) == linked


def _write_schema(register: Register, number: int) -> None:
    assert isinstance(register, SqlRegister)
    with register.writing() as connection:
        connection.execute(text("UPDATE register_about SET schema = :number"), {"number": number})


@pytest.mark.parametrize("number", [SCHEMA + 1, 0], ids=["newer", "of-no-program"])
def test_schema_that_is_not_known(register: Register, place: Path | str, number: int) -> None:
    _write_schema(register, number)
    with pytest.raises(RegistrySchemaError) as caught:
        open_register(place)
    assert (caught.value.found, caught.value.expected) == (number, SCHEMA)
    assert "password" not in str(caught.value)


def _rename(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE crl_numbers RENAME TO list_numbers"))


def _fail(connection: Connection) -> None:
    _rename(connection)
    raise InterruptedError


def _tables(register: Register) -> list[str]:
    assert isinstance(register, SqlRegister)
    with register.connection() as connection:
        return inspect(connection).get_table_names()


def test_migration(register: Register) -> None:
    """Step by step, and the number with them."""
    assert isinstance(register, SqlRegister)
    steps = {SCHEMA: _rename, SCHEMA + 1: lambda connection: None}
    with register.writing() as connection:
        migrate(connection, register.target, migrations=steps, schema=SCHEMA + 2)
    assert "list_numbers" in _tables(register)
    with pytest.raises(RegistrySchemaError), register.writing() as connection:
        migrate(connection, register.target)


def test_migration_that_fails_changes_nothing(register: Register, place: Path | str) -> None:
    assert isinstance(register, SqlRegister)
    with pytest.raises(InterruptedError), register.writing() as connection:
        migrate(connection, register.target, migrations={SCHEMA: _fail}, schema=SCHEMA + 1)
    assert "crl_numbers" in _tables(register)
    open_register(place).close()


def test_register_where_there_is_one(register: Register, place: Path | str) -> None:
    with pytest.raises(RegistryExistsError):
        create_register(place)


def test_database_of_another_program(place: Path | str, register: Register) -> None:
    assert isinstance(register, SqlRegister)
    with register.writing() as connection:
        connection.execute(text("DROP TABLE register_about"))
    with pytest.raises(RegistryCorruptError, match="its tables are missing"):
        open_register(place)


def test_register_of_another_format(place: Path | str, register: Register) -> None:
    assert isinstance(register, SqlRegister)
    with register.writing() as connection:
        connection.execute(text("UPDATE register_about SET format = 'other'"))
    with pytest.raises(RegistryCorruptError, match="another program's"):
        open_register(place)
