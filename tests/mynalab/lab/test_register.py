"""The register that a lab has, or had."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from jpki.errors import RegistryExistsError
from jpki.registry import opening
from mynalab.errors import LabBrokenError
from mynalab.lab.create import create_lab
from mynalab.lab.lab import Lab
from mynalab.lab.register import open_register
from tests.jpki.registry.postgresql import POSTGRESQL, Cluster, running_cluster

Bench = Callable[..., Any]
NOW = datetime(2026, 11, 20, tzinfo=UTC)
AT = ("--now", "2026-11-21")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server on a socket of its own."""
    with running_cluster() as cluster:
        yield cluster


def test_register_of_a_lab_is_opened(lab: Lab) -> None:
    with open_register(lab) as register:
        assert len(register.certificates(card="alice")) == 2


def test_register_that_is_gone_is_to_be_restored(lab: Lab) -> None:
    lab.paths.register.unlink()
    with pytest.raises(LabBrokenError, match=r"register\.db is missing") as caught:
        open_register(lab)
    assert caught.value.hint.startswith("restore it")
    assert not lab.paths.register.exists()


def test_register_that_others_write_to_is_waited_for_and_then_told(
    lab: Lab, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening.open_register, "__kwdefaults__", {"wait_s": 0.1})
    with open_register(lab) as register, register.transaction(now=NOW):
        done = bench("revoke", "--card", "alice", "--lab", lab.paths.root, "--json", *AT)
    assert (done.status, done.error["type"]) == (3, "RegistryLockedError")
    assert done.error["hint"]
    assert bench("revoke", "--card", "alice", "--lab", lab.paths.root, *AT).status == 0


@POSTGRESQL
def test_register_in_postgresql(cluster: Cluster, tmp_path: Path, bench: Bench) -> None:
    """A lab's whole life with its register elsewhere; and what is said when that is gone."""
    lab = create_lab(tmp_path / "lab", now=NOW, seed="tests", register_url=cluster.new_place())
    assert Lab.open(lab.paths.root).settings.register_url == lab.settings.register_url
    where = ("--lab", lab.paths.root, *AT)
    assert [bench("card", "new", "alice", *where).status, lab.paths.register.exists()] == [0, False]
    assert bench("login", "--card", "alice", *where).status == 0
    assert bench("revoke", "--card", "alice", *where).status == 0
    refused = bench("login", "--card", "alice", "--json", *where)
    assert (refused.status, [one["code"] for one in refused.json["findings"]]) == (1, ["jpki.revocation.revoked"])
    settings = lab.paths.settings.read_text()
    lab.paths.settings.write_text(settings.replace("postgresql://lab@/postgres", "postgresql://lab:secret@/nowhere"))
    gone = bench("card", "show", "alice", *where)
    assert (gone.status, "next step: " in gone.err, "secret" in gone.err) == (3, True, False)


@POSTGRESQL
def test_database_with_a_register_makes_no_second_lab(cluster: Cluster, tmp_path: Path) -> None:
    place = cluster.new_place()
    create_lab(tmp_path / "one", now=NOW, seed="tests", register_url=place)
    with pytest.raises(RegistryExistsError):
        create_lab(tmp_path / "two", now=NOW, seed="tests", register_url=place)
    assert not (tmp_path / "two").exists()
