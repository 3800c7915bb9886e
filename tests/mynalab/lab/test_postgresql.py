"""A lab whose register is a PostgreSQL database: the same commands, and what the lab says when the server is gone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.jpki.registry.postgresql import POSTGRESQL, Cluster, running_cluster
from tests.mynalab.conftest import Bench

pytestmark = POSTGRESQL
AT = ("--lab", "lab", "--now")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with running_cluster() as cluster:
        yield cluster


def test_its_whole_life(cluster: Cluster, bench: Bench, home: Path) -> None:
    place = cluster.new_place()
    assert bench("lab", "init", "lab", "--seed", "a", "--now", "2026-11-20", "--register", place).status == 0
    assert not (home / "lab/register.db").exists()
    assert bench("card", "new", "alice", *AT, "2026-11-20").status == 0
    assert bench("counter", "lose-card", "--card", "alice", *AT, "2026-11-21").status == 0
    assert bench("login", "--card", "alice", *AT, "2026-11-22").status == 1
    assert bench("counter", "find-card", "--card", "alice", *AT, "2026-11-23").status == 0
    assert bench("login", "--card", "alice", *AT, "2026-11-24").status == 0
    status = bench("pki", "status", "--card", "alice", *AT, "2026-11-25", "--json")
    said = [one["ocsp"]["says"] for one in status.json["certificates"]]
    assert said == ["revoked", "revoked", "good", "good"]
    assert bench("pki", "rollover", *AT, "2026-11-26").status == 0
    assert bench("revoke", "--card", "alice", "--reason", "key-compromise", *AT, "2026-11-27").status == 0
    assert bench("lab", "publish", *AT, "2026-11-28").status == 0


def test_a_database_belongs_to_one_lab(cluster: Cluster, bench: Bench) -> None:
    place = cluster.new_place()
    assert bench("lab", "init", "lab", "--register", place).status == 0
    done = bench("lab", "init", "another", "--register", place, "--json")
    assert (done.status, done.error["type"]) == (3, "RegistryExistsError")
    assert done.error["hint"]
    assert not Path("another").exists()


@pytest.mark.parametrize(
    "words", [("card", "new", "alice"), ("pki", "status", "--person", "000001"), ("lab", "publish")]
)
def test_a_server_that_is_gone(cluster: Cluster, bench: Bench, words: tuple[str, ...]) -> None:
    place = cluster.new_place()
    assert bench("lab", "init", "lab", "--register", place).status == 0
    settings = Path("lab/lab.toml")
    settings.write_text(settings.read_text().replace(str(cluster.directory), "/nowhere"))
    done = bench(*words, "--lab", "lab", "--json")
    assert (done.status, done.error["type"]) == (3, "RegistryUnreachableError")
    assert done.error["hint"]


def test_its_url_is_nobody_else_s(cluster: Cluster, bench: Bench) -> None:
    place = cluster.new_place().replace("lab@", "lab:s3cret@")
    assert bench("lab", "init", "lab", "--register", place).status == 0
    assert Path("lab/lab.toml").stat().st_mode & 0o777 == 0o600
    shown = bench("lab", "show", "--lab", "lab")
    assert "register: postgresql://" in shown.out
    assert "s3cret" not in shown.out + bench("lab", "show", "--lab", "lab", "--json").out


def test_a_schema_that_is_not_there_is_to_be_created(cluster: Cluster, bench: Bench) -> None:
    done = bench("lab", "init", "lab", "--register", f"{cluster.new_place()}_not", "--json")
    assert (done.status, done.error["type"], Path("lab").exists()) == (3, "RegistryNotFoundError", False)
    assert "CREATE SCHEMA" in done.error["hint"]
