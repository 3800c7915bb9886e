"""The operator's webhook: a certificate of an account's holder has changed.

Whoever finds the address can send something there. What counts is signed with the secret of the webhook, a short while
ago, and is taken once; what it says is about ids of the bank's own, with no personal data.
"""

from __future__ import annotations

import json
from typing import Any, Final

from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.rp.asks import Ask, ask_about
from jpki.rp.records import Snapshot, State
from mynalab.bank.bank import Bank
from mynalab.bank.ledger import Notice
from mynalab.web.webhooks import check_webhook

_TEXTS: Final = ("id", "user_id", "kind", "state", "created_at")
_REASONS: Final = {one.rfc_name: one for one in RevocationReason}


def receive(bank: Bank, body: bytes, header: str | None, *, secret: bytes) -> str | None:
    """None when it was taken, or why not."""
    flaw = check_webhook(header, body, secret=secret, now=bank.clock())
    if flaw is not None:
        return flaw.value
    notice = _read(body)
    if notice is None:
        return "webhook.unreadable"
    bank.ledger.note(notice[1], event=notice[0])
    return None


def ask_of(notice: Notice) -> Ask:
    """What a notice asks of the bank and its customer."""
    reason = _REASONS.get(notice.reason or "")
    snapshot = Snapshot(
        certificate=0, user_id=notice.user_id, kind=CaKind(notice.kind), state=State[notice.state], reason=reason
    )
    return ask_about(snapshot).ask


def _read(body: bytes) -> tuple[str, Notice] | None:
    """The event's id and what it says; None for what is not as the operator writes it."""
    try:
        event: Any = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(event, dict) or not all(isinstance(event.get(one), str) for one in _TEXTS):
        return None
    if event["state"] not in State.__members__ or event["kind"] not in {one.value for one in CaKind}:
        return None
    reason, since = event.get("reason"), event.get("since")
    notice = Notice(
        user_id=event["user_id"],
        kind=event["kind"],
        state=event["state"],
        reason=reason if isinstance(reason, str) else None,
        since=since if isinstance(since, str) else None,
        told_at=event["created_at"],
    )
    return event["id"], notice
