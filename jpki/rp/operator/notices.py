"""失効情報通知: a tenant hears of each change of its certificates at least once, under an id that stays the same.

Changes are found as a sweep finds them, and written beside what was told last in one transaction: the outbox. What is
to be sent is claimed for a while, sent, and ticked off; whoever dies in between lets it be sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from apdu.ports import RandomBytes
from jpki.rp.listed import RevokedHandles
from jpki.rp.operator.desk import TenantDesk, new_id
from jpki.rp.operator.interfaces import TenantUnit
from jpki.rp.operator.records import Delivery, Event, Noticed, Webhook
from jpki.rp.operator.vocabulary import Refusal, refusal
from jpki.rp.records import BoundCertificate, Snapshot, State

PAGE: Final = 1_000
LEASE: Final = timedelta(minutes=2)
"""For so long one sender has a delivery for itself."""
DELAYS: Final = (
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=24),
)
"""After each failure; after the one that follows the last of them it is given up."""
EVENT_TYPES: Final = {
    State.GOOD: "certificate.released",
    State.HELD: "certificate.held",
    State.REVOKED: "certificate.revoked",
    State.EXPIRED: "certificate.expired",
}
"""By the state that is new. Unknown is no news."""
MOST_WEBHOOKS: Final = 8
SECRET_SIZE: Final = 32


@dataclass(frozen=True, slots=True)
class Sending:
    """What is to be sent, and where; the secret signs it."""

    webhook: Webhook
    event: Event
    secret: bytes = field(repr=False)


Send: TypeAlias = Callable[[Sending], int | None]
"""Sends, and answers the status of HTTP; None when nobody answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What came of one round of sending."""

    delivered: int = 0
    failed: int = 0
    given_up: int = 0


def find_changes(desk: TenantDesk, listed: RevokedHandles, now: datetime, rng: RandomBytes, *, page: int = PAGE) -> int:
    """Look at all current certificates; how many events there are now that were not before."""
    done, found = 0, 0
    with desk.store.reading() as unit:
        last = unit.last_certificate()
    while done < last:
        with desk.store.unit() as unit:
            unit.lock_bindings()  # two who look at once take turns, and the second finds nothing new
            bound = unit.page(after=done, last=last, limit=page)
            found += _look(unit, bound, listed, now, rng)
            done = bound[-1].number if len(bound) == page else last
    return found


def add_webhook(desk: TenantDesk, url: str, now: datetime, rng: RandomBytes) -> tuple[Webhook, bytes] | Refusal:
    """A new one, and its secret, which is told once."""
    id_, secret = new_id(rng), rng(SECRET_SIZE)
    webhook = Webhook(id=id_, url=url, created_at=now, sealed=desk.vault.seal(secret, place=_place(id_), rng=rng))
    with desk.store.unit() as unit:
        unit.lock_bindings()
        if len(unit.webhooks()) >= MOST_WEBHOOKS:
            return refusal("operator.webhook.too-many", most=str(MOST_WEBHOOKS))
        unit.add_webhook(webhook)
    return webhook, secret


def remove_webhook(desk: TenantDesk, id_: str) -> Refusal | None:
    """With what was still to be sent there."""
    with desk.store.unit() as unit:
        return None if unit.delete_webhook(id_) else refusal("operator.webhook.unknown")


def send_again(desk: TenantDesk, event_id: str, now: datetime) -> Refusal | None:
    """To all webhooks, whatever came of it before."""
    with desk.store.unit() as unit:
        event = unit.event(event_id)
        if event is None:
            return refusal("operator.event.unknown")
        _put_out(unit, event.number, now)
    return None


def send_due(desk: TenantDesk, send: Send, now: datetime, *, limit: int = PAGE) -> Round:
    """Send all whose time has come, once each."""
    with desk.store.reading() as unit:
        due = unit.due_deliveries(now=now, limit=limit)
    outcomes = [_send_one(desk, one, send, now) for one in due]
    return Round(
        delivered=sum(one is not None and one.delivered_at is not None for one in outcomes),
        failed=sum(one is not None and one.next_at is not None for one in outcomes),
        given_up=sum(one is not None and one.given_up_at is not None for one in outcomes),
    )


def _look(
    unit: TenantUnit, bound: Sequence[BoundCertificate], listed: RevokedHandles, now: datetime, rng: RandomBytes
) -> int:
    told = {one.certificate: one for one in unit.noticed([each.number for each in bound])}
    changed = 0
    for certificate in bound:
        snapshot = listed.snapshot(certificate, at=now)
        before = told.get(certificate.number)
        last = (before.state, before.reason) if before else (State.GOOD, None)
        if snapshot.state is not State.UNKNOWN and last != (snapshot.state, snapshot.reason):
            unit.notice(Noticed(certificate=certificate.number, state=snapshot.state, reason=snapshot.reason))
            _put_out(unit, unit.add_event(_event(snapshot, now, rng)), now)
            changed += 1
    return changed


def _event(snapshot: Snapshot, now: datetime, rng: RandomBytes) -> Event:
    return Event(
        id=new_id(rng),
        type=EVENT_TYPES[snapshot.state],
        at=now,
        user_id=snapshot.user_id,
        kind=snapshot.kind,
        state=snapshot.state,
        reason=snapshot.reason,
        since=snapshot.since,
    )


def _put_out(unit: TenantUnit, number: int, now: datetime) -> None:
    for webhook in unit.webhooks():
        unit.put_delivery(Delivery(event=number, webhook_id=webhook.id, next_at=now))


def _send_one(desk: TenantDesk, due: Delivery, send: Send, now: datetime) -> Delivery | None:
    """What came of it; None when another sender has it, or it is gone."""
    with desk.store.unit() as unit:
        webhook, event = unit.webhook(due.webhook_id), unit.event_by_number(due.event)
        if webhook is None or event is None or not unit.claim_delivery(due, until=now + LEASE):
            return None
    secret = desk.vault.open(webhook.sealed, place=_place(webhook.id))
    status = send(Sending(webhook, event, secret))
    after = _after(due, status, now)
    with desk.store.unit() as unit:
        if unit.webhook(due.webhook_id) is None or unit.event_by_number(due.event) is None:
            return None
        unit.put_delivery(after)
    return after


def _after(due: Delivery, status: int | None, now: datetime) -> Delivery:
    tried = replace(due, attempts=due.attempts + 1, last_status=status, next_at=None)
    if status is not None and 200 <= status < 300:
        return replace(tried, delivered_at=now)
    if due.attempts < len(DELAYS):
        return replace(tried, next_at=now + DELAYS[due.attempts])
    return replace(tried, given_up_at=now)


def _place(id_: str) -> str:
    return f"webhook {id_}"
