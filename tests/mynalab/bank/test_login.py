"""Logging in and out: who has an account, and whose certificate is good."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from mynalab.bank.sessions import COOKIE
from mynalab.lab.issue import issue_card
from mynalab.lab.revoke import revoke_card
from mynalab.persona import load_persona
from tests.mynalab.bank.conftest import Branch, Customer, code_of, text_of
from tests.mynalab.conftest import NOW


def test_holder_comes_to_the_account(customer: Customer) -> None:
    customer.open()
    page = customer.log_in()
    assert page.url.path == "/account"
    assert "見本　花子" in text_of(page)


def test_who_has_no_account_is_told_to_open_one(customer: Customer) -> None:
    page = customer.log_in()
    assert code_of(page) == "bank.account.none"
    assert 'href="/open"' in page.text


def test_other_card_is_another_person(branch: Branch, customer: Customer) -> None:
    issue_card(branch.lab, name="other", persona=load_persona("leap-day-birthday"), now=NOW)
    customer.open()
    assert code_of(customer.log_in(card="other")) == "bank.account.none"


def test_five_minute_story(branch: Branch, customer: Customer) -> None:
    customer.open()
    customer.log_in()
    branch.town("lose-card", 2, card="alice")
    branch.on(3)
    page = customer.log_in()
    assert code_of(page) == "app.certificate-held"
    assert "reported lost" in page.text
    assert customer.look("/account").status_code == 303


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        (RevocationReason.CERTIFICATE_HOLD, "app.certificate-held"),
        (RevocationReason.KEY_COMPROMISE, "app.certificate-revoked"),
        (RevocationReason.CESSATION_OF_OPERATION, "app.certificate-revoked"),
    ],
)
def test_revoked_certificate_logs_nobody_in(
    branch: Branch, holder: Customer, reason: RevocationReason, code: str
) -> None:
    revoke_card(branch.lab, "alice", kinds=(CaKind.AUTH,), reason=reason, now=branch.time())
    assert code_of(holder.log_in()) == code


def test_expired_certificate_logs_nobody_in(branch: Branch, holder: Customer) -> None:
    branch.on(366 * 6)
    assert code_of(holder.log_in()) == "app.certificate-expired"


def test_signing_certificate_in_doubt_suspends_the_account(branch: Branch, holder: Customer) -> None:
    reason = RevocationReason.KEY_COMPROMISE
    revoke_card(branch.lab, "alice", kinds=(CaKind.SIGN,), reason=reason, now=branch.time())
    assert code_of(holder.log_in()) == "bank.account.suspended"


def test_japanese_reasons(branch: Branch, holder: Customer) -> None:
    branch.town("lose-card", 2, card="alice")
    branch.on(3)
    holder.log_in()
    assert "紛失の届出があり" in holder.look("/result?lang=ja").text


def test_log_in_changes_the_session(customer: Customer) -> None:
    customer.open()
    customer.look("/")
    before = customer.http.cookies[COOKIE]
    customer.log_in()
    assert customer.http.cookies[COOKIE] != before
    customer.http.cookies.set(COOKIE, before, domain="127.0.0.1")
    assert customer.look("/account").headers["location"] == "/"


def test_log_out_ends_the_session(holder: Customer) -> None:
    before = holder.http.cookies[COOKIE]
    holder.press(holder.look("/account"), "/log-out")
    holder.http.cookies.set(COOKIE, before, domain="127.0.0.1", path="/")
    assert holder.look("/account").headers["location"] == "/"


def test_session_ends_by_itself(branch: Branch, holder: Customer) -> None:
    branch.on(1 + 1 / 24)
    assert holder.look("/account").headers["location"] == "/"


def test_renewed_card_is_the_same_person(branch: Branch, holder: Customer, visitor: Callable[[], Customer]) -> None:
    branch.town("move", 2, card="alice", address="見本県見本市港町1-1-1")
    branch.town("sign-anew", 2.1, card="alice")
    assert visitor().log_in().url.path == "/account"
