"""How things stand with a person, read from the register."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from jpki.kinds import CaKind
from jpki.registry.interfaces import Questions
from jpki.registry.records import CardRecord, CardState, CertificateRecord, Medium
from jpki.registry.situation import HeldCertificate, Situation, Slot, Token


def situation_of(questions: Questions, person_id: str, *, now: datetime) -> Situation:
    """The newest situation of a person, also when ``now`` is before it: ``last_event_at`` tells."""
    last_event_at = questions.last_event_at(person_id)
    at = max(now, last_event_at)
    record = questions.holder(person_id, at=at)
    certificates = questions.certificates(person_id=person_id)
    tokens = _tokens(questions, person_id, certificates, at)
    return Situation(
        resident_id=person_id,
        holder=record.holder,
        resident=record.state,
        card=_newest(tokens, Medium.CARD, CardState.IN_USE, CardState.SUSPENDED),
        coming=_newest(tokens, Medium.CARD, CardState.APPLIED, CardState.MADE),
        phone=_newest(tokens, Medium.PHONE, CardState.IN_USE, CardState.SUSPENDED),
        last={Slot((each.medium, each.id.kind)): each.id for each in certificates},  # in the order of entry
        last_event_at=last_event_at,
    )


def _tokens(
    questions: Questions, person_id: str, certificates: Sequence[CertificateRecord], at: datetime
) -> Sequence[Token]:
    """Every card and phone that has not ended."""
    states = [
        (card, state)
        for card in questions.cards(person_id=person_id)
        if (state := questions.card_state(card.card_id, at=at)) not in (None, CardState.ENDED)
    ]
    statuses = questions.statuses([certificate.id for certificate in certificates] if states else (), at=at)
    held = {
        (certificate.card_id, certificate.id.kind): HeldCertificate(
            id=certificate.id, state=statuses[certificate.id].state, not_after=certificate.not_after
        )
        for certificate in certificates  # in the order of entry: the newest one stays
        if states
    }
    return [_token(card, state, held) for card, state in states if state is not None]


def _token(card: CardRecord, state: CardState, held: Mapping[tuple[int, CaKind], HeldCertificate]) -> Token:
    return Token(
        card_id=card.card_id,
        name=card.name,
        medium=card.medium,
        state=state,
        expires=card.expires,
        sign=held.get((card.card_id, CaKind.SIGN)),
        auth=held.get((card.card_id, CaKind.AUTH)),
    )


def _newest(tokens: Sequence[Token], medium: Medium, *states: CardState) -> Token | None:
    fitting = [token for token in tokens if token.medium is medium and token.state in states]
    return fitting[-1] if fitting else None
