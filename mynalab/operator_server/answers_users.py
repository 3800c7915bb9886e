"""What the operator answers about users and to those who want to be told of changes."""

from __future__ import annotations

from datetime import datetime

from jpki.rp.operator.consents import ConsentState
from jpki.rp.operator.users import User, UserStatus
from mynalab.operator_server.answers import (
    STATES,
    Answer,
    AttributesOut,
    CertificateOut,
    Kind,
    Problem,
    StandingOut,
    StateName,
)


class StandingsOut(Answer):
    """In the order of the request; a problem where there is no answer."""

    statuses: list[StandingOut | Problem]


class UserOut(Answer):
    """A user, with the certificates that stand for it now."""

    user_id: str
    created_at: datetime
    certificates: list[CertificateOut]

    @classmethod
    def of(cls, one: User) -> UserOut:
        return cls(
            user_id=one.record.user_id,
            created_at=one.record.created_at,
            certificates=[CertificateOut.of(each) for each in one.certificates],
        )


class AskOut(Answer):
    """What the state of one certificate asks of the business."""

    kind: Kind
    ask: str
    meaning: str
    meaning_ja: str


class UserStatusOut(Answer):
    """`state` is that of the signing certificate, where the user has one here: a move shows there."""

    user_id: str
    state: StateName
    certificates: list[StandingOut]
    asks: list[AskOut]

    @classmethod
    def of(cls, one: UserStatus) -> UserStatusOut:
        asks = [
            AskOut(kind=standing.kind.value, ask=row.ask.value, meaning=row.en, meaning_ja=row.ja)
            for standing, row in zip(one.standings, one.asks, strict=True)
        ]
        return cls(
            user_id=one.user_id,
            state=STATES[one.state],
            certificates=[StandingOut.of(each) for each in one.standings],
            asks=asks,
        )


class UserStatusesOut(Answer):
    """In the order of the request; a problem where there is no answer."""

    statuses: list[UserStatusOut | Problem]


class ConsentOut(Answer):
    """`code` says why nobody may be asked, null while the consent stands."""

    stands: bool
    code: str | None
    given_at: datetime | None
    ends_at: datetime | None
    withdrawn_at: datetime | None

    @classmethod
    def of(cls, one: ConsentState) -> ConsentOut:
        consent = one.consent
        return cls(
            stands=one.refusal is None,
            code=one.refusal.code if one.refusal else None,
            given_at=consent.given_at if consent else None,
            ends_at=consent.ends_at if consent else None,
            withdrawn_at=consent.withdrawn_at if consent else None,
        )


class LatestOut(Answer):
    """`is_new`: the signing certificate is another than at the last time."""

    is_new: bool
    attributes: AttributesOut


class WebhookOut(Answer):
    """Where events go. The secret, in Base64, is told when the webhook is made, and never again."""

    id: str
    url: str
    created_at: datetime
    secret: str | None = None


class WebhooksOut(Answer):
    """All of the tenant's."""

    webhooks: list[WebhookOut]


class DeliveryOut(Answer):
    """How far an event has come to one webhook; `last_status` is null when nobody answered."""

    webhook_id: str
    attempts: int
    next_at: datetime | None
    delivered_at: datetime | None
    given_up_at: datetime | None
    last_status: int | None


class EventOut(Answer):
    """A change of a certificate; the webhooks get the same without `deliveries`."""

    id: str
    type: str
    created_at: datetime
    user_id: str
    kind: Kind
    state: StateName
    reason: str | None
    since: datetime | None
    deliveries: list[DeliveryOut]


class EventsOut(Answer):
    """A page of the list; `next` is what to give as `before` for the next one."""

    events: list[EventOut]
    next: str | None
