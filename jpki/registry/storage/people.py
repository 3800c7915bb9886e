"""Questions about people and their cards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, Text, bindparam, func, select

from jpki.registry.records import CardChanged, CardRecord, CardState, HolderRecord, Medium, PersonRegistered
from jpki.registry.storage.asking import Asking
from jpki.registry.storage.rows import card_changed, card_record, holder_record, moment_of, seconds
from jpki.registry.storage.schema import card_events, cards, resident_records, residents

_PERSON: Final = bindparam("person", type_=Text)
_CARD: Final = bindparam("card", type_=BigInteger)
_AT: Final = bindparam("moment", type_=BigInteger)

_numbers = resident_records.alias("numbers")
_newest = select(func.max(_numbers.c.number)).where(_numbers.c.resident == residents.c.id).correlate(residents)
_holders = select(resident_records).join(residents, residents.c.id == resident_records.c.resident)
_people = _holders.order_by(residents.c.number)

_COUNT = select(func.count()).select_from(residents)
_EVERYBODY = _people.where(resident_records.c.number == _newest.scalar_subquery())
_EVERYBODY_AT = _people.where(resident_records.c.number == _newest.where(_numbers.c.at <= _AT).scalar_subquery())
_REGISTERED = (
    select(residents.c.at.label("registered_at"), resident_records)
    .join(residents, residents.c.id == resident_records.c.resident)
    .where(resident_records.c.resident == _PERSON, resident_records.c.number == 1)
)
_HISTORY = select(resident_records).where(resident_records.c.resident == _PERSON).order_by(resident_records.c.number)
_HOLDER_AT = (
    select(resident_records)
    .where(resident_records.c.resident == _PERSON, resident_records.c.at <= _AT)
    .order_by(resident_records.c.number.desc())
    .limit(1)
)
_CARDS = select(cards).order_by(cards.c.id)
_ONE_CARD = select(cards).where(cards.c.id == _CARD)
_CARD_HISTORY = select(card_events).where(card_events.c.card == _CARD).order_by(card_events.c.number)
_CARD_EVENT_AT = (
    select(card_events.c.state)
    .where(card_events.c.card == _CARD, card_events.c.at <= _AT)
    .order_by(card_events.c.number.desc())
    .limit(1)
)


class PeopleQuestions(Asking):
    """See ``jpki.registry.interfaces.Questions``."""

    def count_persons(self) -> int:
        """How many people are registered."""
        return int(self.rows(_COUNT)[0][0])

    def persons(self, *, at: datetime | None = None) -> Iterator[HolderRecord]:
        """Everybody with the record of that moment, streamed; without ``at`` with the newest."""
        rows = self.stream(_EVERYBODY) if at is None else self.stream(_EVERYBODY_AT, {"moment": seconds(at)})
        return map(holder_record, rows)

    def person(self, person_id: str) -> PersonRegistered:
        """Since when somebody is registered, and how at first."""
        row = self.row(_REGISTERED, {"person": person_id}, missing=nobody(person_id))
        return PersonRegistered(person_id=person_id, holder=holder_record(row).holder, at=moment_of(row.registered_at))

    def holder(self, person_id: str, *, at: datetime) -> HolderRecord:
        """What the resident register said of a person at a moment."""
        parameters = {"person": person_id, "moment": seconds(at)}
        return holder_record(self.row(_HOLDER_AT, parameters, missing=f"{nobody(person_id)} at that moment"))

    def holder_history(self, person_id: str) -> Sequence[HolderRecord]:
        """All that it ever said."""
        self.person(person_id)
        return [holder_record(row) for row in self.rows(_HISTORY, {"person": person_id})]

    def card(self, card_id: int) -> CardRecord:
        """A card as it was entered."""
        return card_record(self.row(_ONE_CARD, {"card": card_id}, missing=no_card(card_id)))

    def cards(
        self, *, person_id: str | None = None, medium: Medium | None = None, name: str | None = None
    ) -> Sequence[CardRecord]:
        """The cards that fit every filter given."""
        statement = _CARDS
        if person_id is not None:
            statement = statement.where(cards.c.resident == person_id)
        if medium is not None:
            statement = statement.where(cards.c.medium == medium.value)
        if name is not None:
            statement = statement.where(cards.c.name == name)
        return [card_record(row) for row in self.rows(statement)]

    def card_state(self, card_id: int, *, at: datetime) -> CardState | None:
        """Where a card stood; None before it was entered."""
        card = self.card(card_id)
        if seconds(at) < seconds(card.at):
            return None
        later = self.rows(_CARD_EVENT_AT, {"card": card_id, "moment": seconds(at)})
        return CardState(later[0].state) if later else card.state

    def card_history(self, card_id: int) -> Sequence[CardChanged]:
        """The states after the one in which it was entered."""
        self.card(card_id)
        return [card_changed(row) for row in self.rows(_CARD_HISTORY, {"card": card_id})]


def nobody(person_id: str) -> str:
    """The sentence about somebody who is not there."""
    return f"nobody is registered as {person_id}"


def no_card(card_id: int) -> str:
    """The sentence about a card that is not there."""
    return f"the register has no card of number {card_id}"
