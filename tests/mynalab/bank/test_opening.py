"""An account opened by a signature: compared field by field, bound to a person, and nothing stored on a refusal."""

from __future__ import annotations

import logging
import re
import sqlite3
from contextlib import closing
from typing import Any

import httpx
import pytest

from mynalab.lab.issue import issue_card
from mynalab.lab.operator import LabOperator
from mynalab.persona import load_persona
from tests.mynalab.bank.conftest import ENTRY, Branch, Customer, code_of, outcomes_of, text_of
from tests.mynalab.conftest import NOW


def kept(branch: Branch) -> dict[str, int]:
    """How many rows the bank has, and how many users and verifications the operator has of it."""
    with closing(sqlite3.connect(branch.lab.paths.root / "bank" / "bank.db")) as connection:
        accounts = connection.execute("SELECT count(*) FROM accounts").fetchone()[0]
    with LabOperator(branch.lab) as operator, operator.desk("mihon-bank").store.reading() as unit:
        return {"accounts": accounts, "verifications": len(unit.verifications(before=None, limit=100, user_id=None))}


def ask_operator(branch: Branch, path: str) -> Any:
    config = branch.bank.config
    headers = {"Authorization": f"Bearer {config.operator_token}"}
    return httpx.get(config.operator_url + path, headers=headers).json()


def test_account_is_opened_for_whoever_signs(branch: Branch, customer: Customer) -> None:
    page = customer.open()
    assert "Your account is open" in page.text
    assert outcomes_of(page) == {
        "name": "differs-in-form",
        "address": "differs-in-form",
        "birth_date": "match",
        "sex": "match",
    }
    assert kept(branch) == {"accounts": 1, "verifications": 1}


def test_account_is_bound_to_the_sub_and_to_the_operators_user(branch: Branch, customer: Customer) -> None:
    number = re.search(r"data-number>([0-9]{10})<", customer.open().text)
    assert number is not None
    account = branch.bank.ledger.numbered(number[1])
    (listed,) = ask_operator(branch, "/v1/verifications")["verifications"]
    assert (account.user_id, account.verification) == (listed["user_id"], listed["id"])
    assert branch.bank.ledger.of(branch.bank.config.issuer, account.sub) == account


def test_what_is_kept_is_what_the_certificate_says(branch: Branch, customer: Customer) -> None:
    customer.open()
    page = text_of(customer.log_in())
    assert "見本県見本市中央一丁目２番３号" in page


def test_sex_may_be_left_out(customer: Customer) -> None:
    assert set(outcomes_of(customer.open(sex=""))) == {"name", "address", "birth_date"}


def test_text_that_is_signed_has_the_entry_and_its_hash(customer: Customer) -> None:
    page = customer.apply()
    digest = re.search(r"data-digest>([0-9a-f]{64})<", page.text)
    assert digest is not None
    assert all(value in page.text for value in ENTRY.values())
    address = customer.press(page, "/paper").headers["location"]
    assert digest[1] in customer.http.get(address).text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "見本 太郎"),
        ("address", "見本県見本市中央2-2-3"),
        ("birth_date", "1990-04-16"),
        ("sex", "男"),
    ],
)
def test_entry_that_differs_opens_nothing(branch: Branch, customer: Customer, field: str, value: str) -> None:
    page = customer.open(**{field: value})
    assert code_of(page) == "bank.entry.differs"
    assert outcomes_of(page)[field] == "differs"
    assert kept(branch) == {"accounts": 0, "verifications": 0}


def test_user_of_a_refused_opening_is_none_of_the_operators(
    branch: Branch, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken_back: list[str] = []
    forget = branch.bank.operator.forget

    def watched(verified: Any) -> None:
        taken_back.append(verified["user_id"])
        forget(verified)

    monkeypatch.setattr(branch.bank.operator, "forget", watched)
    customer.open(name="見本 太郎")
    (user_id,) = taken_back
    assert ask_operator(branch, f"/v1/users/{user_id}")["code"] == "operator.user.unknown"


def test_refused_entry_can_be_changed(customer: Customer) -> None:
    customer.open(name="見本 太郎")
    assert 'value="見本 太郎"' in customer.look("/open").text


@pytest.mark.parametrize(
    ("entry", "word"),
    [
        ({"name": " "}, "Please fill this in."),
        ({"address": ""}, "Please fill this in."),
        ({"name": "x" * 401}, "This is too long"),
        ({"address": "見本県\r\n住所: 他県"}, "This is too long"),
        ({"sex": "女\x00"}, "This is too long"),
    ],
    ids=["blank", "missing", "long", "line-break", "control"],
)
def test_fields_with_flaws_make_no_text(branch: Branch, customer: Customer, entry: dict[str, str], word: str) -> None:
    assert word in customer.apply(**entry).text
    assert code_of(customer.look("/paper")) == "bank.form.expired"


def test_account_is_opened_once(branch: Branch, customer: Customer) -> None:
    customer.open()
    assert code_of(customer.open()) == "bank.account.exists"
    assert kept(branch)["accounts"] == 1


def test_application_signed_by_another_person_opens_nothing(branch: Branch, customer: Customer) -> None:
    issue_card(branch.lab, name="other", persona=load_persona("leap-day-birthday"), now=NOW)
    assert code_of(customer.sign(customer.apply(), card="other")) == "bank.entry.differs"
    assert kept(branch) == {"accounts": 0, "verifications": 0}


@pytest.mark.parametrize("persona", ["unknown-birth-date", "unknown-birth-month", "unknown-birth-day"])
def test_birth_date_that_nobody_knows_is_for_a_person_to_look_at(
    branch: Branch, customer: Customer, persona: str
) -> None:
    made = load_persona(persona)
    issue_card(branch.lab, name="other", persona=made, now=NOW)
    page = customer.sign(customer.apply(birth_date="1950-01-01"), card="other", pin=made.signature_pin)
    assert code_of(page) == "bank.entry.differs"


def test_cancelled_signature_opens_nothing(branch: Branch, customer: Customer) -> None:
    page = customer.apply()
    address = customer.press(page, "/paper").headers["location"]
    back = customer.at_app(address, do="cancel")
    assert code_of(customer.follow(customer.http.get(back))) == "app.cancelled"
    assert kept(branch) == {"accounts": 0, "verifications": 0}


def test_revoked_signing_certificate_opens_nothing(branch: Branch, customer: Customer) -> None:
    branch.town("move", 2, card="alice", address="見本県見本市港町1-1-1")
    branch.on(3)
    assert code_of(customer.open()) == "app.certificate-revoked"
    assert kept(branch) == {"accounts": 0, "verifications": 0}


def test_log_has_nothing_personal(branch: Branch, customer: Customer, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        customer.open(name="見本 太郎")
        customer.open()
        customer.log_in()
    ours = "\n".join(one.getMessage() for one in caplog.records if one.name.startswith(("mynalab", "jpki")))
    assert "bank.entry.differs" in ours
    assert not any(word in ours for word in ("見本", "1990", "1234", "ABC123"))


def test_card_of_this_minute_opens_an_account(branch: Branch, customer: Customer) -> None:
    branch.on(0.0001)
    assert "Your account is open" in customer.open().text
