"""The operator's tables: their number, beside customers of a relying party, one place for each tenant."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, inspect, text

from jpki.rp.errors import RpSchemaError, RpStorageError, TenantError
from jpki.rp.operator.records import Act, CheckMethod, VerificationRecord
from jpki.rp.operator.tenants import add_tenant, renew_token, tenant_of
from jpki.rp.storage.operator.places import place_for
from jpki.rp.storage.operator.schema import SCHEMA, metadata
from jpki.rp.storage.operator.store import SqlTenantBook, SqlTenantStore
from jpki.rp.storage.operator.tables import prepare
from jpki.rp.storage.store import SqlStore
from tests.jpki.registry.postgresql import POSTGRESQL, Cluster
from tests.jpki.rp.bank import NOW


def rng(size: int, count: list[int] = []) -> bytes:  # noqa: B006 - counts
    count.append(1)
    return len(count).to_bytes(size)


def test_the_tables_are_those_of_the_schema(place: Path | str) -> None:
    with SqlTenantStore(place) as store, store.database.reading() as connection:
        assert set(metadata.tables) <= set(inspect(connection).get_table_names())


def test_a_relying_partys_store_becomes_a_tenants(place: Path | str) -> None:
    with SqlStore(place) as store, store.unit() as unit:
        unit.add_customer("somebody", at=NOW)
    for _ in range(2):
        with SqlTenantStore(place) as tenant, tenant.reading() as unit:
            assert unit.customer("somebody") is not None


@pytest.mark.parametrize("number", [0, SCHEMA + 1])
def test_another_schema_is_refused(place: Path | str, number: int) -> None:
    with SqlTenantStore(place) as store, store.database.writing() as connection:
        connection.execute(text("UPDATE op_about SET schema = :number"), {"number": number})
    with pytest.raises(RpSchemaError) as refusal:
        SqlTenantStore(place)
    assert (refusal.value.found, refusal.value.expected) == (number, SCHEMA)


def test_another_programs_tables_are_refused(place: Path | str) -> None:
    with SqlTenantStore(place) as store, store.database.writing() as connection:
        connection.execute(text("UPDATE op_about SET format = 'other'"))
    with pytest.raises(RpStorageError, match="another program"):
        SqlTenantStore(place)


def test_a_migration_runs_once(place: Path | str) -> None:
    def widen(connection: Connection) -> None:
        connection.execute(text("CREATE TABLE op_new (number BIGINT)"))

    with SqlTenantStore(place) as store:
        for _ in range(2):
            prepare(store.database, migrations={SCHEMA: widen}, schema=SCHEMA + 1)


def test_a_directory_has_a_file_for_each(tmp_path: Path) -> None:
    assert place_for(tmp_path, "tenant-a") == tmp_path / "tenant-a.db"


@pytest.mark.parametrize("tenants", [pytest.param(("a", "b-c"), marks=POSTGRESQL)])
def test_a_database_has_a_schema_for_each(cluster: Cluster, tenants: tuple[str, str]) -> None:
    database = cluster.new_database()
    for name in tenants:
        with SqlTenantStore(place_for(database, name)) as store, store.unit() as unit:
            assert unit.customer("somebody") is None
            unit.add_customer("somebody", at=NOW)
    with SqlTenantStore(place_for(database, tenants[0])) as store, store.reading() as unit:
        assert unit.customer("somebody") is not None


def test_no_database_but_postgresql(tmp_path: Path) -> None:
    with pytest.raises(RpStorageError):
        place_for("mysql://me:secret@localhost/x", "a")


def test_a_tenant_has_one_token(place: Path | str) -> None:
    with SqlTenantBook(place) as book:
        first = add_tenant(book, "bank", now=NOW, rng=rng)
        found = tenant_of(book, first)
        assert found is not None
        assert found.name == "bank"
        second = renew_token(book, "bank", rng=rng)
        assert tenant_of(book, first) is None
        assert tenant_of(book, second) == book.all()[0]
        with pytest.raises(TenantError, match="already"):
            add_tenant(book, "bank", now=NOW, rng=rng)
        with pytest.raises(TenantError, match="no tenant"):
            renew_token(book, "shop", rng=rng)


def test_no_token_is_stored(tmp_path: Path) -> None:
    with SqlTenantBook(tmp_path / "book.db") as book:
        token = add_tenant(book, "bank", now=NOW, rng=rng)
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"bank" in stored
    assert token.encode() not in stored


@pytest.mark.parametrize("name", ["", "A", "1a", "a-", "a_b", "../a", "a" * 33, "a\n"])
def test_not_every_name_is_a_tenants(tmp_path: Path, name: str) -> None:
    with SqlTenantBook(tmp_path / "book.db") as book, pytest.raises(TenantError, match="cannot name"):
        add_tenant(book, name, now=NOW, rng=rng)


def test_the_first_schema_is_brought_up(place: Path | str) -> None:
    with SqlTenantStore(place) as store, store.database.writing() as connection:
        connection.execute(text("ALTER TABLE op_certificates DROP COLUMN medium"))
        connection.execute(text("ALTER TABLE op_verifications DROP COLUMN deleted_at"))
        connection.execute(
            text(
                "INSERT INTO op_verifications (id, at, act, result, method, keep_until, digest, sealed)"
                " VALUES ('old', 1, 'log-in', 'OK', 'crl', 2, :empty, :empty)"
            ),
            {"empty": b""},
        )
        connection.execute(text("UPDATE op_about SET schema = 1"))
    with SqlTenantStore(place) as store, store.reading() as unit:
        old = unit.verification("old")
        assert old is not None
        assert (old.sealed, old.result) == (b"", "OK")
        assert unit.kept_verifications(after=0, limit=10) == []
        assert unit.kept_by_handle(b"") is None


def test_data_that_two_add_at_once_stay_for_the_longer(place: Path | str) -> None:
    """Both have looked and found nothing; the second one's insertion meets the first one's row."""
    with SqlTenantStore(place) as store:
        for days in (3, 1, 2):
            with store.unit() as unit:
                unit.add_data(b"hash", b"sealed %d" % days, until=NOW + timedelta(days=days))
        with store.unit() as unit:
            unit.purge_evidence(now=NOW + timedelta(days=3, seconds=-1))
            assert unit.data(b"hash") == b"sealed 3"
            unit.purge_evidence(now=NOW + timedelta(days=3))
            assert unit.data(b"hash") is None


@pytest.mark.parametrize(("sealed", "left"), [(b"", 0), (b"evidence", 1)], ids=["nothing", "evidence"])
def test_only_evidence_outlives_what_is_deleted(place: Path | str, sealed: bytes, left: int) -> None:
    record = VerificationRecord(
        id="a",
        at=NOW,
        act=Act.VERIFICATION,
        result="OK",
        method=CheckMethod.CRL,
        keep_until=NOW + timedelta(days=1),
        digest=sealed,
        sealed=sealed,
    )
    with SqlTenantStore(place) as store, store.unit() as unit:
        unit.add_verification(record)
        assert unit.delete_verification("a", now=NOW)
        assert unit.purge_verifications(now=record.keep_until) == left
