"""Evidence in a relying party's own store, verified again by workers that open it for themselves."""

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
from jpki.executing.results import ResultFile
from jpki.rp.asking.evidence import MISSING
from jpki.rp.asking.kept import UNOPENED, RecheckKept, kept_rows
from jpki.rp.leaving import purge_evidence
from jpki.verify.trust import TrustAnchor
from tests.jpki.rp.bank import KEY, NOW, Bank


@pytest.fixture
def task(bank: Bank, place: Path | str) -> RecheckKept:
    anchors = (TrustAnchor.load(one.kind, one.hierarchy, one.certificate_der) for one in bank.authorities.values())
    return RecheckKept(place=place, key=KEY, anchors=tuple(anchors))


@pytest.fixture
def rows(bank: Bank) -> list[Row]:
    """Those of two customers: an enrolment and an account, and an enrolment."""
    first, second = bank.card(), bank.card(sign=21, auth=22)
    users = [bank.enrol(card).user_id for card in (first, second)]
    assert bank.open_account(first).ok
    with bank.store.reading() as unit:
        return list(kept_rows(unit, [user for user in users if user is not None]))


def recheck(task: RecheckKept, rows: list[Row]) -> list[Any]:
    return [(one["state"], one["codes"]) for one in task(Chunk(number=0, first=0, rows=rows, at=NOW))]


def test_all_of_it_holds(task: RecheckKept, rows: list[Row]) -> None:
    assert recheck(task, rows) == [("holds", [])] * 3


def test_workers_open_the_store_for_themselves(task: RecheckKept, rows: list[Row], tmp_path: Path) -> None:
    def clock() -> Any:
        return NOW

    with contextlib.closing(LocalWorkers(2)) as workers, ResultFile(tmp_path / "job", identity="kept") as results:
        run_job(Job(rows=rows, task=task, chunk_size=1, clock=clock), workers, results)
        assert results.require_complete(3, states=task.states) == {"holds": 3, "broken": 0, "unreadable": 0}


Change = Callable[[RecheckKept, Bank, list[Row]], tuple[RecheckKept, list[Row]]]


def purged(task: RecheckKept, bank: Bank, rows: list[Row]) -> tuple[RecheckKept, list[Row]]:
    purge_evidence(bank.desk, now=NOW + timedelta(days=366 * 8))
    return task, rows


WRONG: dict[str, tuple[Change, str, str]] = {
    "another-key": (lambda task, _, rows: (replace(task, key=bytes(32)), rows), "broken", UNOPENED),
    "no-root": (lambda task, _, rows: (replace(task, anchors=()), rows), "broken", "jpki.evidence.anchor-unknown"),
    "another-number": (lambda task, _, rows: (task, [{**one, "number": 999} for one in rows]), "unreadable", MISSING),
    "purged": (purged, "unreadable", MISSING),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_hold(bank: Bank, task: RecheckKept, rows: list[Row], name: str) -> None:
    change, state, code = WRONG[name]
    changed, given = change(task, bank, rows)
    assert recheck(changed, given) == [(state, [code])] * 3


def test_no_secret_is_in_the_repr(task: RecheckKept) -> None:
    assert repr(KEY) not in repr(task)
    assert str(task.place) not in repr(task)  # a URL may have a password
