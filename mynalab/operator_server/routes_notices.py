"""Routes about notices: webhooks, and the events that they get."""

from __future__ import annotations

from base64 import b64encode
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Response

from jpki.rp.operator.interfaces import TenantUnit
from jpki.rp.operator.notices import add_webhook, remove_webhook, send_again
from jpki.rp.operator.records import Delivery, Event, Webhook
from jpki.rp.operator.vocabulary import refusal
from mynalab.operator_server.answers_users import DeliveryOut, EventOut, EventsOut, WebhookOut, WebhooksOut
from mynalab.operator_server.models import Id, WebhookIn
from mynalab.operator_server.noticing import event_document, flaw_of_address
from mynalab.operator_server.problems import RefusedError, documented
from mynalab.operator_server.tenancy import Asking, Shared, said

router = APIRouter(prefix="/v1", tags=["notices"])
_NO_WEBHOOK: Final = documented("operator.webhook.unknown")
_NO_EVENT: Final = documented("operator.event.unknown")
_Id = Annotated[Id, Path(alias="id")]


@router.post(
    "/webhooks", status_code=201, responses=documented("operator.webhook.address", "operator.webhook.too-many")
)
def made(asked: WebhookIn, tenancy: Shared, desk: Asking) -> WebhookOut:
    """Tell of changes there from now on. The answer has the secret with which requests are signed, this once."""
    flaw = flaw_of_address(asked.url, unsafe_any=tenancy.unsafe_any_webhook)
    if flaw is not None:
        raise RefusedError(refusal("operator.webhook.address", why=flaw))
    webhook, secret = said(add_webhook(desk, asked.url, **tenancy.when))
    return _webhook(webhook).model_copy(update={"secret": b64encode(secret).decode()})


@router.get("/webhooks", responses=documented())
def listed(desk: Asking) -> WebhooksOut:
    """All of the tenant's."""
    with desk.store.reading() as unit:
        return WebhooksOut(webhooks=[_webhook(one) for one in unit.webhooks()])


@router.get("/webhooks/{id}", responses=_NO_WEBHOOK)
def one(desk: Asking, id_: _Id) -> WebhookOut:
    """One of them."""
    with desk.store.reading() as unit:
        found = unit.webhook(id_)
    return _webhook(said(found or refusal("operator.webhook.unknown")))


@router.delete("/webhooks/{id}", status_code=204, responses=_NO_WEBHOOK)
def removed(desk: Asking, id_: _Id) -> Response:
    """With what was still to be sent there."""
    said(remove_webhook(desk, id_))
    return Response(status_code=204)


@router.get("/events", responses=_NO_EVENT)
def events(
    desk: Asking,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    before: Annotated[Id | None, Query()] = None,
) -> EventsOut:
    """What has changed, the newest first, and how far it has come to each webhook."""
    with desk.store.reading() as unit:
        last = None if before is None else said(unit.event(before) or refusal("operator.event.unknown"))
        found = unit.events(before=last.number if last else None, limit=limit)
        told = [_event(unit, each) for each in found]
    return EventsOut(events=told, next=told[-1].id if len(told) == limit else None)


@router.get("/events/{id}", responses=_NO_EVENT)
def event(desk: Asking, id_: _Id) -> EventOut:
    """One of them."""
    with desk.store.reading() as unit:
        return _event(unit, said(unit.event(id_) or refusal("operator.event.unknown")))


@router.post("/events/{id}/resend", status_code=202, responses=_NO_EVENT)
def again(tenancy: Shared, desk: Asking, id_: _Id) -> EventOut:
    """Send it to all webhooks once more, whatever came of it before."""
    said(send_again(desk, id_, tenancy.clock()))
    return event(desk, id_)


def _webhook(one: Webhook) -> WebhookOut:
    return WebhookOut(id=one.id, url=one.url, created_at=one.created_at)


def _event(unit: TenantUnit, one: Event) -> EventOut:
    deliveries = [_delivery(each) for each in unit.deliveries(one.number)]
    return EventOut.model_validate({**event_document(one), "deliveries": deliveries})


def _delivery(one: Delivery) -> DeliveryOut:
    return DeliveryOut(
        webhook_id=one.webhook_id,
        attempts=one.attempts,
        next_at=one.next_at,
        delivered_at=one.delivered_at,
        given_up_at=one.given_up_at,
        last_status=one.last_status,
    )
