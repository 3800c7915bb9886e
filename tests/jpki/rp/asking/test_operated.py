"""What an operator kept for a tenant, verified again by workers that open its store for themselves."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from jpki.executing.chunks import Chunk, Row
from jpki.executing.job import Job, run_job
from jpki.executing.local import LocalWorkers
from jpki.executing.on_dask import DaskWorkers
from jpki.executing.results import ResultFile
from jpki.rp.asking import operated
from jpki.rp.asking.evidence import MISSING
from jpki.rp.asking.kept import UNOPENED
from jpki.rp.asking.operated import RecheckVerifications, verification_rows
from jpki.rp.operator.ceremonies import Accepted
from jpki.rp.operator.desk import tenant_key
from jpki.rp.operator.verifications import delete_verification, purge
from jpki.rp.storage.operator.places import place_for
from tests.jpki.executing.test_on_dask import running
from tests.jpki.rp.bank import KEY, NOW
from tests.jpki.rp.operator.conftest import Shop, attributes, base, open_shop, shop

__all__ = ["attributes", "base", "open_shop", "shop"]
DAYS = (NOW, NOW + timedelta(seconds=1), NOW + timedelta(seconds=2))


@pytest.fixture
def ids(shop: Shop) -> list[str]:
    """A registration and two log-ins."""
    outcomes = [shop.register(), *(shop.log_in(now=at) for at in DAYS[1:])]
    return [one.verification.id for one in outcomes if isinstance(one, Accepted)]


@pytest.fixture
def task(shop: Shop, base: Path | str) -> RecheckVerifications:
    anchors = tuple(shop.desk.operator.trust)
    return RecheckVerifications(place=place_for(base, "tenant-bank"), key=tenant_key(KEY, "bank"), anchors=anchors)


@pytest.fixture
def rows(shop: Shop, ids: list[str]) -> list[Row]:
    found = list(verification_rows(shop.desk.store))
    assert [one["id"] for one in found] == ids
    return found


def recheck(task: RecheckVerifications, rows: list[Row]) -> list[Any]:
    return [(one["state"], one["codes"]) for one in task(Chunk(number=0, first=0, rows=rows, at=NOW))]


def test_all_of_it_holds(task: RecheckVerifications, rows: list[Row]) -> None:
    assert recheck(task, rows) == [("holds", [])] * 3


def test_the_records_own_roots_are_believed_where_no_others_are(task: RecheckVerifications, rows: list[Row]) -> None:
    assert recheck(replace(task, anchors=None), rows) == [("holds", ["jpki.evidence.anchor-not-compared"])] * 3


def test_workers_open_the_store_for_themselves(task: RecheckVerifications, rows: list[Row], tmp_path: Path) -> None:
    def clock() -> Any:
        return NOW

    with contextlib.closing(LocalWorkers(2)) as workers, ResultFile(tmp_path / "job", identity="kept") as results:
        run_job(Job(rows=rows, task=task, chunk_size=1, clock=clock), workers, results)
        assert results.require_complete(3, states=task.states) == {"holds": 3, "broken": 0, "unreadable": 0}


@pytest.mark.parametrize("page", [1, 2, 3, 4])
def test_rows_come_page_by_page(shop: Shop, ids: list[str], page: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operated, "_PAGE", page)
    assert [one["id"] for one in verification_rows(shop.desk.store)] == ids
    assert [one["id"] for one in verification_rows(shop.desk.store, last=2)] == ids[:2]


def test_what_the_tenant_deleted_is_verified_where_the_law_wants_it(shop: Shop, ids: list[str]) -> None:
    for one in ids:
        assert delete_verification(shop.desk, one, NOW) is None
    assert [one["id"] for one in verification_rows(shop.desk.store)] == ids[:1]


Change = Callable[[RecheckVerifications, Shop, list[Row]], tuple[RecheckVerifications, list[Row]]]


def purged(task: RecheckVerifications, shop: Shop, rows: list[Row]) -> tuple[RecheckVerifications, list[Row]]:
    purge(shop.desk, NOW + timedelta(days=366 * 8))
    return task, rows


def without_data(task: RecheckVerifications, shop: Shop, rows: list[Row]) -> tuple[RecheckVerifications, list[Row]]:
    with shop.desk.store.unit() as unit:
        unit.purge_evidence(now=NOW + timedelta(days=366 * 8))
    return task, rows


WRONG: dict[str, tuple[Change, str, str]] = {
    "another-key": (lambda task, _, rows: (replace(task, key=bytes(32)), rows), "broken", UNOPENED),
    "no-root": (lambda task, _, rows: (replace(task, anchors=()), rows), "broken", "jpki.evidence.anchor-unknown"),
    "another-id": (lambda task, _, rows: (task, [{**one, "id": "0" * 32} for one in rows]), "unreadable", MISSING),
    "another-number": (lambda task, _, rows: (task, [{**one, "number": 999} for one in rows]), "unreadable", MISSING),
    "purged": (purged, "unreadable", MISSING),
    "without-data": (without_data, "broken", "jpki.evidence.data-missing"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_hold(shop: Shop, task: RecheckVerifications, rows: list[Row], name: str) -> None:
    change, state, code = WRONG[name]
    changed, given = change(task, shop, rows)
    assert recheck(changed, given) == [(state, [code])] * 3


def test_no_secret_is_in_the_repr(task: RecheckVerifications) -> None:
    assert repr(task.key) not in repr(task)
    assert str(task.place) not in repr(task)  # a URL may have a password


def test_a_row_that_nobody_survives(task: RecheckVerifications) -> None:
    spoilt = task.spoilt({"id": "a"}, number=1, why="WorkerLost")
    assert spoilt == {"id": "a", "state": "unreadable", "codes": ["worker.failed"], "why": "WorkerLost"}


@pytest.mark.real_part("python:distributed")
def test_workers_of_a_cluster_open_it_too(task: RecheckVerifications, rows: list[Row], tmp_path: Path) -> None:
    with (
        running(tmp_path, 2) as cluster,
        contextlib.closing(DaskWorkers(cluster.address)) as workers,
        ResultFile(tmp_path / "job", identity="kept") as results,
    ):
        run_job(Job(rows=rows, task=task, chunk_size=1, clock=lambda: NOW), workers, results)
        assert results.require_complete(3, states=task.states) == {"holds": 3, "broken": 0, "unreadable": 0}
