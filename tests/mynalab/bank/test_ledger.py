"""The bank's rows."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from mynalab.bank.ledger import Ledger, Notice
from tests.mynalab.bank.test_notices import ACCOUNT, USER

TOLD = Notice(user_id=USER, kind="sign", state="REVOKED", reason="superseded", since="2026-11-20", told_at="2026-11-21")


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    made = Ledger(tmp_path / "bank.db")
    assert made.open(ACCOUNT)
    return made


def test_rows_are_for_their_owner_alone(ledger: Ledger, tmp_path: Path) -> None:
    assert stat.S_IMODE((tmp_path / "bank.db").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "other",
    [
        replace(ACCOUNT, number="2", user_id="6" * 40),
        replace(ACCOUNT, number="2", sub="t"),
        replace(ACCOUNT, sub="t", user_id="6" * 40),
    ],
    ids=["same-sub", "same-user", "same-number"],
)
def test_person_has_one_account(ledger: Ledger, other: object) -> None:
    assert not ledger.open(other)  # type: ignore[arg-type]


def test_sub_of_another_issuer_is_another_person(ledger: Ledger) -> None:
    assert ledger.of("other", ACCOUNT.sub) is None
    assert ledger.open(replace(ACCOUNT, number="2", issuer="other", user_id="6" * 40))


def test_rows_are_there_after_a_restart(ledger: Ledger, tmp_path: Path) -> None:
    assert Ledger(tmp_path / "bank.db").of(ACCOUNT.issuer, ACCOUNT.sub) == ACCOUNT


def test_settled_until_something_else_is_told(ledger: Ledger) -> None:
    ledger.note(TOLD)
    ledger.settle(USER, "sign")
    ledger.note(replace(TOLD, told_at="2026-11-22"))
    assert ledger.notices(USER) == []
    ledger.note(replace(TOLD, told_at="2026-11-23", reason="keyCompromise"))
    assert [one.reason for one in ledger.notices(USER)] == ["keyCompromise"]


def test_closed_account_leaves_nothing(ledger: Ledger) -> None:
    ledger.note(TOLD)
    ledger.close(ACCOUNT.number)
    assert ledger.numbered(ACCOUNT.number) is None
    assert ledger.notices(USER) == []


def test_reprs_tell_nothing_personal() -> None:
    assert "address" not in repr(ACCOUNT)
