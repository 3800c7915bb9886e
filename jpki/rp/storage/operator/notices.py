"""What a tenant is told: what it was told last, events, webhooks, and how far each event has come to each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from jpki.kinds import CaKind
from jpki.registry.storage.rows import moment_of, seconds
from jpki.rp.operator.records import KEPT_BY_LAW, Delivery, Event, Noticed, Webhook
from jpki.rp.records import BoundCertificate, State
from jpki.rp.storage.migrations import CERTIFICATES
from jpki.rp.storage.operator.schema import certificates, deliveries, events, noticed, verifications, webhooks
from jpki.rp.storage.rows import Rows, bound_certificate, moment_or_none
from jpki.rp.storage.schema import certificates as bound
from jpki.rp.storage.schema import counters


class NoticeRows(Rows):
    """See ``jpki.rp.operator.interfaces.TenantUnit``."""

    def forget_user(self, user_id: str) -> None:
        """Records of verifications stay as long as the law wants, and say no longer of whom they are.

        Of what the law does not want they lose the evidence, in which the certificate is.
        """
        mine = select(bound.c.handle).where(bound.c.user_id == user_id)
        numbers = select(bound.c.number).where(bound.c.user_id == user_id)
        told = select(events.c.number).where(events.c.user_id == user_id)
        self._connection.execute(delete(certificates).where(certificates.c.handle.in_(mine)))
        self._connection.execute(delete(noticed).where(noticed.c.certificate.in_(numbers)))
        self._connection.execute(delete(deliveries).where(deliveries.c.event.in_(told)))
        self._connection.execute(delete(events).where(events.c.user_id == user_id))
        unwanted = verifications.c.act.not_in(sorted(one.value for one in KEPT_BY_LAW))
        emptied = update(verifications).where(verifications.c.user_id == user_id, unwanted)
        self._connection.execute(emptied.values(digest=b"", sealed=b""))
        unnamed = update(verifications).where(verifications.c.user_id == user_id)
        self._connection.execute(unnamed.values(user_id=None, certificate_id=None))

    def noticed(self, numbers: Sequence[int]) -> Sequence[Noticed]:
        """What was told last of these certificates."""
        rows = self._connection.execute(select(noticed).where(noticed.c.certificate.in_(numbers)))
        return [Noticed(certificate=row.certificate, state=State(row.state), reason=row.reason) for row in rows]

    def notice(self, found: Noticed) -> None:
        """Told from now on."""
        self._connection.execute(delete(noticed).where(noticed.c.certificate == found.certificate))
        row = {"certificate": found.certificate, "state": found.state.value, "reason": found.reason}
        self._connection.execute(insert(noticed), row)

    def last_certificate(self) -> int:
        """The number of the last one that was bound."""
        asked = select(counters.c.last).where(counters.c.name == CERTIFICATES)
        return int(self._connection.execute(asked).scalar_one())

    def current_certificates(self, user_id: str) -> Sequence[BoundCertificate]:
        """Those that stand for a user now."""
        asked = select(bound).where(bound.c.user_id == user_id, bound.c.ended.is_(None)).order_by(bound.c.number)
        return [bound_certificate(row) for row in self._connection.execute(asked)]

    def add_event(self, event: Event) -> int:
        """A new one; its number."""
        row = {
            "id": event.id,
            "type": event.type,
            "at": seconds(event.at),
            "user_id": event.user_id,
            "kind": event.kind.value,
            "state": event.state.value,
            "reason": event.reason,
            "since": None if event.since is None else seconds(event.since),
        }
        return int(self._connection.execute(insert(events).returning(events.c.number), row).scalar_one())

    def events(self, *, before: int | None, limit: int) -> Sequence[Event]:
        """The newest first."""
        asked = select(events).order_by(events.c.number.desc()).limit(limit)
        if before is not None:
            asked = asked.where(events.c.number < before)
        return [_event(row) for row in self._connection.execute(asked)]

    def event(self, id_: str) -> Event | None:
        """By its id."""
        row = self._connection.execute(select(events).where(events.c.id == id_)).one_or_none()
        return None if row is None else _event(row)

    def event_by_number(self, number: int) -> Event | None:
        """By its number."""
        row = self._connection.execute(select(events).where(events.c.number == number)).one_or_none()
        return None if row is None else _event(row)

    def add_webhook(self, webhook: Webhook) -> None:
        """A new one."""
        row = {
            "id": webhook.id,
            "url": webhook.url,
            "created_at": seconds(webhook.created_at),
            "sealed": webhook.sealed,
        }
        self._connection.execute(insert(webhooks), row)

    def webhook(self, id_: str) -> Webhook | None:
        """By its id."""
        row = self._connection.execute(select(webhooks).where(webhooks.c.id == id_)).one_or_none()
        return None if row is None else _webhook(row)

    def webhooks(self) -> Sequence[Webhook]:
        """All, the oldest first."""
        asked = select(webhooks).order_by(webhooks.c.created_at, webhooks.c.id)
        return [_webhook(row) for row in self._connection.execute(asked)]

    def delete_webhook(self, id_: str) -> bool:
        """With what was still to be delivered; False when there is none."""
        self._connection.execute(delete(deliveries).where(deliveries.c.webhook_id == id_))
        return self._connection.execute(delete(webhooks).where(webhooks.c.id == id_)).rowcount > 0

    def put_delivery(self, delivery: Delivery) -> None:
        """New, or instead of what was there of the same event and webhook."""
        mine = (deliveries.c.event == delivery.event, deliveries.c.webhook_id == delivery.webhook_id)
        self._connection.execute(delete(deliveries).where(*mine))
        row = {
            "event": delivery.event,
            "webhook_id": delivery.webhook_id,
            "attempts": delivery.attempts,
            "next_at": _or_none(delivery.next_at),
            "delivered_at": _or_none(delivery.delivered_at),
            "given_up_at": _or_none(delivery.given_up_at),
            "last_status": delivery.last_status,
        }
        self._connection.execute(insert(deliveries), row)

    def due_deliveries(self, *, now: datetime, limit: int) -> Sequence[Delivery]:
        """Those whose time has come, the earliest first."""
        due = select(deliveries).where(deliveries.c.next_at <= seconds(now))
        in_order = due.order_by(deliveries.c.next_at, deliveries.c.event, deliveries.c.webhook_id).limit(limit)
        return [_delivery(row) for row in self._connection.execute(in_order)]

    def claim_delivery(self, due: Delivery, *, until: datetime) -> bool:
        """One update decides who of all senders has it."""
        unclaimed = update(deliveries).where(
            deliveries.c.event == due.event,
            deliveries.c.webhook_id == due.webhook_id,
            deliveries.c.next_at == _or_none(due.next_at),
        )
        return self._connection.execute(unclaimed.values(next_at=seconds(until))).rowcount == 1

    def deliveries(self, event: int) -> Sequence[Delivery]:
        """Of one event, to all webhooks."""
        asked = select(deliveries).where(deliveries.c.event == event).order_by(deliveries.c.webhook_id)
        return [_delivery(row) for row in self._connection.execute(asked)]


def _or_none(moment: datetime | None) -> int | None:
    return None if moment is None else seconds(moment)


def _event(row: Row[Any]) -> Event:
    return Event(
        number=row.number,
        id=row.id,
        type=row.type,
        at=moment_of(row.at),
        user_id=row.user_id,
        kind=CaKind(row.kind),
        state=State(row.state),
        reason=row.reason,
        since=moment_or_none(row.since),
    )


def _webhook(row: Row[Any]) -> Webhook:
    return Webhook(id=row.id, url=row.url, created_at=moment_of(row.created_at), sealed=row.sealed)


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        event=row.event,
        webhook_id=row.webhook_id,
        attempts=row.attempts,
        next_at=moment_or_none(row.next_at),
        delivered_at=moment_or_none(row.delivered_at),
        given_up_at=moment_or_none(row.given_up_at),
        last_status=row.last_status,
    )
