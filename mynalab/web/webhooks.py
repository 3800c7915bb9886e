"""Webhooks that are signed: what the sender puts into a header, and what a receiver does with it.

    Mynalab-Signature: t=1795132800,v1=<HMAC-SHA-256 over "<t>.<body>", in hex>

The moment is signed along, so that what was recorded is refused later. A receiver has to remember the ids of events
within the tolerance: an event may be sent more than once.
"""

from __future__ import annotations

import hmac
import re
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Final

SIGNATURE_HEADER: Final = "Mynalab-Signature"
DEFAULT_TOLERANCE: Final = timedelta(minutes=5)
_HEADER: Final = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})", re.ASCII)
_MOST: Final = 4
"""Signatures in one header, separated by blanks: while a secret is changed there are two."""


class WebhookFlaw(Enum):
    """Why what came is not from the sender, or not from now."""

    NO_SIGNATURE = "webhook.no-signature"
    WRONG_SIGNATURE = "webhook.wrong-signature"
    TOO_OLD = "webhook.too-old"
    FROM_THE_FUTURE = "webhook.from-the-future"


def sign_webhook(body: bytes, *, secret: bytes, now: datetime) -> str:
    """The header's value."""
    moment = int(now.timestamp())
    return f"t={moment},v1={_mac(body, secret, moment)}"


def check_webhook(
    header: str | None, body: bytes, *, secret: bytes, now: datetime, tolerance: timedelta = DEFAULT_TOLERANCE
) -> WebhookFlaw | None:
    """None when the sender made it, a short while ago. The body is the bytes that came, not what was read of them."""
    found = [_HEADER.fullmatch(one) for one in (header or "").split()[:_MOST]]
    matches = [one for one in found if one is not None]
    if not matches:
        return WebhookFlaw.NO_SIGNATURE
    for one in matches:
        moment = int(one[1])
        if hmac.compare_digest(one[2], _mac(body, secret, moment)):
            return _flaw_of_time(moment, now, tolerance)
    return WebhookFlaw.WRONG_SIGNATURE


def _flaw_of_time(moment: int, now: datetime, tolerance: timedelta) -> WebhookFlaw | None:
    age_s = now.astimezone(UTC).timestamp() - moment
    if age_s > tolerance.total_seconds():
        return WebhookFlaw.TOO_OLD
    return WebhookFlaw.FROM_THE_FUTURE if -age_s > tolerance.total_seconds() else None


def _mac(body: bytes, secret: bytes, moment: int) -> str:
    return hmac.digest(secret, b"%d." % moment + body, "sha256").hex()
