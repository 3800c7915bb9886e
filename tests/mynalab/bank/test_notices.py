"""The webhook: signed, from now, taken once, and never the older news after the newer."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from jpki.rp.asks import Ask
from mynalab.bank.ledger import Account, Customer, Ledger, Notice
from mynalab.bank.notices import ask_of, receive
from mynalab.bank.words import WORDS
from mynalab.web.webhooks import SIGNATURE_HEADER, sign_webhook
from tests.mynalab.bank.conftest import Branch
from tests.mynalab.conftest import NOW

SECRET = b"s" * 32
USER = "5" * 40
ACCOUNT = Account(
    number="1",
    issuer="i",
    sub="s",
    user_id=USER,
    customer=Customer(name="n", address="a", birth_date="b", sex="female"),
    opened_at="2026-11-20T00:00:00Z",
    verification="v",
)
EVENT = {
    "id": "e1",
    "type": "certificate.revoked",
    "created_at": "2026-11-21T00:00:00Z",
    "user_id": USER,
    "kind": "sign",
    "state": "REVOKED",
    "reason": "affiliationChanged",
    "since": "2026-11-20T12:00:00Z",
}


class Clerk:
    """As much of a bank as the receiver needs."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def clock(self) -> Any:
        return NOW

    def take(self, event: Any = None, **changed: Any) -> str | None:
        body = json.dumps({**EVENT, **changed} if event is None else event).encode()
        header = sign_webhook(body, secret=SECRET, now=NOW)
        return receive(self, body, header, secret=SECRET)  # type: ignore[arg-type]

    def states(self) -> dict[str, str]:
        return {one.kind: one.state for one in self.ledger.notices(USER)}


@pytest.fixture
def clerk(tmp_path: Any) -> Clerk:
    made = Clerk(Ledger(tmp_path / "bank.db"))
    assert made.ledger.open(ACCOUNT)
    return made


def test_event_is_noted(clerk: Clerk) -> None:
    assert clerk.take() is None
    (notice,) = clerk.ledger.notices(USER)
    assert ask_of(notice) is Ask.LATEST_ATTRIBUTES


def test_event_counts_once(clerk: Clerk) -> None:
    clerk.take()
    assert clerk.take(state="GOOD", created_at="2026-11-22T00:00:00Z") is None
    assert clerk.states() == {"sign": "REVOKED"}


def test_older_news_after_newer(clerk: Clerk) -> None:
    clerk.take()
    clerk.take(id="e0", state="HELD", created_at="2026-11-20T00:00:00Z")
    assert clerk.states() == {"sign": "REVOKED"}


def test_event_of_a_stranger_is_nothing(clerk: Clerk) -> None:
    assert clerk.take(user_id="6" * 40) is None
    assert clerk.ledger.notices("6" * 40) == []


@pytest.mark.parametrize(
    "event",
    [
        [],
        "x",
        {},
        {**EVENT, "state": "FINE"},
        {**EVENT, "kind": "other"},
        {**EVENT, "id": 1},
        {**EVENT, "user_id": None},
    ],
    ids=range(7),
)
def test_event_that_is_none(clerk: Clerk, event: Any) -> None:
    assert clerk.take(event) == "webhook.unreadable"
    assert clerk.states() == {}


@pytest.mark.parametrize(
    "ask", [one for one in Ask if one not in (Ask.NOTHING, Ask.CHECK_AGAIN)], ids=lambda one: one.value
)
def test_every_ask_has_words(ask: Ask) -> None:
    assert f"ask_{ask.value}" in WORDS


@pytest.mark.parametrize(
    ("state", "reason", "ask"),
    [
        ("GOOD", None, Ask.NOTHING),
        ("HELD", "certificateHold", Ask.SUSPEND),
        ("EXPIRED", None, Ask.RENEW),
        ("REVOKED", "superseded", Ask.AWAIT_NEWER),
        ("REVOKED", "keyCompromise", Ask.SUSPEND),
        ("REVOKED", "reason 9", Ask.CONTACT),
    ],
)
def test_what_states_ask_for(state: str, reason: str | None, ask: Ask) -> None:
    told = Notice(user_id=USER, kind="sign", state=state, reason=reason, since=None, told_at="2026")
    assert ask_of(told) is ask


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "webhook.no-signature"),
        (sign_webhook(b"{}", secret=b"x" * 32, now=NOW), "webhook.wrong-signature"),
        (sign_webhook(b"[]", secret=SECRET, now=NOW), "webhook.wrong-signature"),
        (sign_webhook(b"{}", secret=SECRET, now=NOW - timedelta(minutes=6)), "webhook.too-old"),
        (sign_webhook(b"{}", secret=SECRET, now=NOW + timedelta(minutes=6)), "webhook.from-the-future"),
    ],
    ids=["none", "other-secret", "other-body", "old", "future"],
)
def test_signatures_that_are_not_good(clerk: Clerk, header: str | None, code: str) -> None:
    assert receive(clerk, b"{}", header, secret=SECRET) == code  # type: ignore[arg-type]


def test_address_refuses_strangers(branch: Branch) -> None:
    body = json.dumps(EVENT).encode()
    header = sign_webhook(body, secret=SECRET, now=branch.time())
    refused = httpx.post(f"{branch.url}/notices", content=body, headers={SIGNATURE_HEADER: header})
    assert (refused.status_code, refused.json()["code"]) == (401, "webhook.wrong-signature")
    assert refused.headers["content-type"] == "application/problem+json"
