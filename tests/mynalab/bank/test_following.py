"""What happens to an account while its holder moves, loses the card, agrees, withdraws and leaves."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import httpx
import pytest

from mynalab.lab.issue import issue_card
from mynalab.persona import load_persona
from tests.mynalab.bank.conftest import NEW_ADDRESS, Branch, Customer, asks_of, code_of, text_of
from tests.mynalab.conftest import NOW
from tests.mynalab.lab.town import PASSWORD


def consent(holder: Customer, **use: str) -> httpx.Response:
    return holder.sign(holder.follow(holder.press(holder.look("/account"), "/account/consent")), **use)


def renew(holder: Customer) -> httpx.Response:
    return holder.sign(holder.follow(holder.press(holder.look("/account"), "/account/renew")))


@pytest.fixture
def moved(branch: Branch, holder: Customer) -> Customer:
    """A holder who agreed, moved, and whose bank was told."""
    consent(holder)
    branch.town("move", 2, card="alice", address=NEW_ADDRESS)
    branch.on(3)
    assert branch.tell() == 1
    holder.log_in()
    return holder


def test_notice_of_a_move_is_shown(moved: Customer) -> None:
    page = moved.look("/account")
    assert asks_of(page) == ["latest-attributes"]
    assert "have you moved" in page.text


def test_notice_comes_without_a_log_in(branch: Branch, holder: Customer) -> None:
    branch.town("move", 2, card="alice", address=NEW_ADDRESS)
    branch.on(3)
    branch.tell()
    (account,) = [branch.bank.ledger.numbered(one) for one in numbers(branch)]
    (notice,) = branch.bank.ledger.notices(account.user_id)
    assert (notice.kind, notice.state, notice.reason) == ("sign", "REVOKED", "affiliationChanged")


def numbers(branch: Branch) -> list[str]:
    with closing(sqlite3.connect(branch.lab.paths.root / "bank" / "bank.db")) as connection:
        return [row[0] for row in connection.execute("SELECT number FROM accounts")]


def test_log_in_notes_what_no_notice_told(branch: Branch, holder: Customer) -> None:
    branch.town("move", 2, card="alice", address=NEW_ADDRESS)
    branch.on(3)
    assert asks_of(holder.log_in()) == ["latest-attributes"]


def test_latest_address_after_a_move(branch: Branch, moved: Customer) -> None:
    branch.town("sign-anew", 3.01, card="alice")
    page = moved.follow(moved.press(moved.look("/account"), "/account/latest"))
    assert "brought up to date: Address" in text_of(page)
    assert NEW_ADDRESS in page.text
    assert asks_of(page) == []


def test_settled_notice_stays_settled(branch: Branch, moved: Customer) -> None:
    branch.town("sign-anew", 3.01, card="alice")
    moved.press(moved.look("/account"), "/account/latest")
    assert asks_of(moved.log_in()) == []


def test_latest_attributes_need_a_new_certificate(moved: Customer) -> None:
    refused = moved.press(moved.look("/account"), "/account/latest")
    assert code_of(refused) == "operator.latest.revoked-or-held"
    assert asks_of(moved.look("/account")) == ["latest-attributes"]


def test_latest_attributes_need_a_consent(branch: Branch, holder: Customer) -> None:
    page = holder.look("/account")
    assert 'action="/account/latest"' not in page.text
    account = branch.bank.ledger.numbered(numbers(branch)[0])
    with pytest.raises(Exception, match=r"operator\.consent\.none"):
        branch.bank.fetch_latest(account)


def test_new_certificate_confirms_without_a_consent(branch: Branch, holder: Customer) -> None:
    branch.town("move", 2, card="alice", address=NEW_ADDRESS)
    branch.town("sign-anew", 2.1, card="alice")
    branch.on(3)
    assert asks_of(holder.log_in()) == ["latest-attributes"]
    page = renew(holder)
    assert NEW_ADDRESS in page.text
    assert asks_of(page) == []


def test_old_certificate_confirms_nothing(branch: Branch, moved: Customer) -> None:
    assert code_of(renew(moved)) == "app.certificate-revoked"


def test_consent_is_shown_and_withdrawn(holder: Customer) -> None:
    page = consent(holder)
    assert 'data-consent="stands"' in page.text
    gone = holder.follow(holder.press(page, "/account/withdraw"))
    assert 'data-consent="none"' in gone.text


def test_consent_has_the_operators_text(holder: Customer) -> None:
    page = holder.follow(holder.press(holder.look("/account"), "/account/consent"))
    assert "mihon-bank" in page.text
    assert "4情報" in page.text


def test_other_persons_signature_is_no_consent(branch: Branch, holder: Customer) -> None:
    issue_card(branch.lab, name="other", persona=load_persona("leap-day-birthday"), now=NOW)
    assert code_of(consent(holder, card="other", pin=PASSWORD)) == "bank.account.other-person"
    assert 'data-consent="none"' in holder.look("/account").text


def test_closed_account_is_gone_everywhere(branch: Branch, holder: Customer) -> None:
    account = branch.bank.ledger.numbered(numbers(branch)[0])
    page = holder.follow(holder.press(holder.look("/account"), "/account/close"))
    assert "Your account is closed" in page.text
    assert numbers(branch) == []
    config = branch.bank.config
    headers = {"Authorization": f"Bearer {config.operator_token}"}
    assert httpx.get(f"{config.operator_url}/v1/users/{account.user_id}", headers=headers).status_code == 404
    assert code_of(holder.log_in()) == "bank.account.none"


def test_who_left_may_come_back(holder: Customer) -> None:
    holder.press(holder.look("/account"), "/account/close")
    assert "Your account is open" in holder.open().text


def test_lost_card_is_told_and_the_found_one_confirms(branch: Branch, holder: Customer) -> None:
    branch.town("lose-card", 2, card="alice")
    branch.on(3)
    assert branch.tell() >= 1
    account = branch.bank.ledger.numbered(numbers(branch)[0])
    assert {(one.kind, one.state) for one in branch.bank.ledger.notices(account.user_id)} >= {("sign", "HELD")}
    branch.town("find-card", 3.1, card="alice")
    branch.on(4)
    assert asks_of(holder.log_in()) == ["contact"]
    assert asks_of(renew(holder)) == []


@pytest.mark.parametrize("path", ["consent", "renew", "withdraw", "latest", "close"])
def test_nothing_is_done_for_who_is_not_logged_in(customer: Customer, path: str) -> None:
    token = re.search(r'name="csrf" value="([^"]+)"', customer.look("/").text)
    assert token is not None
    refused = customer.http.post(f"{customer.branch.url}/account/{path}", data={"csrf": token[1]})
    assert (refused.status_code, code_of(refused)) == (403, "bank.form.expired")
