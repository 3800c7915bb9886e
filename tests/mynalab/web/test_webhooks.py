"""Signed webhooks, as a receiver checks them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mynalab.web.webhooks import DEFAULT_TOLERANCE, WebhookFlaw, check_webhook, sign_webhook

NOW = datetime(2026, 11, 20, tzinfo=UTC)
SECRET, BODY = b"s" * 32, b'{"id":"1"}'
SECOND = timedelta(seconds=1)
SIGNED = sign_webhook(BODY, secret=SECRET, now=NOW)


@pytest.mark.parametrize("age", [-DEFAULT_TOLERANCE, timedelta(0), DEFAULT_TOLERANCE], ids=["early", "now", "late"])
def test_what_the_sender_made_is_good_for_a_while(age: timedelta) -> None:
    assert check_webhook(SIGNED, BODY, secret=SECRET, now=NOW + age) is None


def test_one_of_two_signatures_is_enough() -> None:
    header = f"{sign_webhook(BODY, secret=b'old', now=NOW)} {SIGNED}"
    assert check_webhook(header, BODY, secret=SECRET, now=NOW) is None


REFUSED = {
    "none": (None, BODY, SECRET, NOW, WebhookFlaw.NO_SIGNATURE),
    "empty": ("", BODY, SECRET, NOW, WebhookFlaw.NO_SIGNATURE),
    "other-form": (SIGNED.replace("v1=", "v0="), BODY, SECRET, NOW, WebhookFlaw.NO_SIGNATURE),
    "truncated": (SIGNED[:-1], BODY, SECRET, NOW, WebhookFlaw.NO_SIGNATURE),
    "fifth": ("a b c d " + SIGNED, BODY, SECRET, NOW, WebhookFlaw.NO_SIGNATURE),
    "other-body": (SIGNED, BODY + b" ", SECRET, NOW, WebhookFlaw.WRONG_SIGNATURE),
    "other-secret": (SIGNED, BODY, b"t" * 32, NOW, WebhookFlaw.WRONG_SIGNATURE),
    "other-moment": (SIGNED.replace("t=1", "t=2", 1), BODY, SECRET, NOW, WebhookFlaw.WRONG_SIGNATURE),
    "old": (SIGNED, BODY, SECRET, NOW + DEFAULT_TOLERANCE + SECOND, WebhookFlaw.TOO_OLD),
    "future": (SIGNED, BODY, SECRET, NOW - DEFAULT_TOLERANCE - SECOND, WebhookFlaw.FROM_THE_FUTURE),
}


@pytest.mark.parametrize(("header", "body", "secret", "now", "flaw"), REFUSED.values(), ids=REFUSED)
def test_everything_else_is_refused(
    header: str | None, body: bytes, secret: bytes, now: datetime, flaw: WebhookFlaw
) -> None:
    assert check_webhook(header, body, secret=secret, now=now) is flaw
