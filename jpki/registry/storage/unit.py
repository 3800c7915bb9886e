"""A unit of work: the people and cards of one operation. What becomes of certificates is in ``unit_of_trust``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NoReturn

from sqlalchemy import Connection, Executable, Insert, insert, select
from sqlalchemy.exc import IntegrityError

from jpki.errors import DuplicateEntryError, RegistryError, UnknownEntryError
from jpki.holder import Holder
from jpki.registry.holders import encode_holder
from jpki.registry.records import CardOrdered, CardState, ResidentState
from jpki.registry.storage.asking import Parameters
from jpki.registry.storage.people import no_card, nobody
from jpki.registry.storage.prepared import insert_numbered, run
from jpki.registry.storage.refusals import is_missing_reference
from jpki.registry.storage.rows import AnyRow, seconds, to_json
from jpki.registry.storage.schema import card_events, cards, operations, resident_records, residents
from jpki.registry.storage.timeline import TimelineQuestions
from jpki.validity import to_whole_seconds

_STREAM_ROWS: Final = 1000

_NEW_OPERATION = insert(operations)
_NEW_RESIDENT = insert(residents)
_NEW_RECORD = insert(resident_records)
_NEW_CARD = insert(cards)
_NEW_CARD_EVENT = insert(card_events)


class BoundQuestions(TimelineQuestions):
    """Questions to one connection, hence to one picture of the register."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def rows(self, statement: Executable, parameters: Parameters | None = None) -> Sequence[AnyRow]:
        """All rows at once."""
        return self.connection.execute(statement, parameters).all()

    def stream(self, statement: Executable, parameters: Parameters | None = None) -> Iterator[AnyRow]:
        """One row after the other; PostgreSQL keeps the rest on its side."""
        options = {"yield_per": _STREAM_ROWS}
        with self.connection.execute(statement, parameters, execution_options=options) as result:
            yield from result


class PeopleUnit(BoundQuestions):
    """See ``jpki.registry.interfaces.UnitOfWork``."""

    def __init__(self, connection: Connection, *, now: datetime) -> None:
        super().__init__(connection)
        self._now = to_whole_seconds(now)
        self._operation: int | None = None
        self._refused: RegistryError | None = None

    @property
    def now(self) -> datetime:
        """The clock's time."""
        return self._now

    def lock(self, person_id: str) -> None:
        """Wait for other operations on this person, and keep out later ones until this unit ends."""
        if not self._lock(person_id):
            raise UnknownEntryError(nobody(person_id), hint="register the person first")

    def operation(
        self,
        name: str,
        *,
        person_id: str | None = None,
        at: datetime | None = None,
        details: Mapping[str, object] | None = None,
    ) -> int:
        """Begin an entry of the audit log; every entry after it belongs to it. Answers its number."""
        check_label(name, "an operation's name")
        if person_id is not None and self.connection.dialect.name == "postgresql":
            self._lock(person_id)
        values = {
            "name": name,
            "at": self.moment(at),
            "recorded_at": seconds(self._now),
            "resident": person_id,
            "details": to_json(dict(details or {})),
        }
        self._operation = self.insert_numbered(_NEW_OPERATION, values)
        return self._operation

    def register_person(self, person_id: str, holder: Holder, *, at: datetime | None = None) -> None:
        """Enter a person under an identifier of the caller's choice."""
        check_label(person_id, "a person's identifier")
        operation = self.operation_for("register-person", person_id)
        moment = self.moment(at)
        self.insert(_NEW_RESIDENT, {"id": person_id, "at": moment}, duplicate=f"{person_id} is registered already")
        self._add_record(person_id, 1, holder, ResidentState.HERE, moment, operation)

    def record_holder(
        self,
        person_id: str,
        *,
        holder: Holder | None = None,
        state: ResidentState | None = None,
        at: datetime | None = None,
    ) -> None:
        """A change of name, address or state; what is not given stays as it was."""
        operation = self.operation_for("record-holder", person_id)
        history = self.holder_history(person_id)
        moment, last = self.moment(at), history[-1]
        if moment < seconds(last.at):
            raise RegistryError(f"a later change of {person_id} is in the register already")
        self._add_record(person_id, len(history) + 1, holder or last.holder, state or last.state, moment, operation)

    def record_card(self, person_id: str, card: CardOrdered, *, at: datetime | None = None) -> int:
        """Enter a card, or a smartphone's certificates' place; answers its number."""
        check_label(card.name, "a card's name")
        check_label(card.profile, "a card's profile")
        operation = self.operation_for("record-card", person_id)
        values = {
            "resident": person_id,
            "medium": card.medium.value,
            "name": card.name,
            "number": card.number,
            "profile": card.profile,
            "at": self.moment(at),
            "state": card.state.value,
            "expires": card.expires.isoformat(),
            "operation": operation,
        }
        return self.insert_numbered(_NEW_CARD, values, missing=nobody(person_id))

    def change_card(self, card_id: int, state: CardState, *, at: datetime | None = None) -> None:
        """A card enters another state."""
        card = self.card(card_id)
        operation = self.operation_for("change-card", card.person_id)
        history = self.card_history(card_id)
        moment, last = self.moment(at), history[-1].at if history else card.at
        if moment < seconds(last):
            raise RegistryError(f"a later change of card {card_id} is in the register already")
        values = {"card": card_id, "number": len(history) + 1, "at": moment, "state": state.value}
        self.insert(_NEW_CARD_EVENT, {**values, "operation": operation}, missing=no_card(card_id))

    def moment(self, at: datetime | None) -> int:
        """The moment of an entry: its own, or the clock's."""
        return seconds(self._now if at is None else at)

    def operation_for(self, name: str, person_id: str | None = None) -> int:
        """The operation that an entry belongs to; one of the entry's own name if none was begun."""
        return self.operation(name, person_id=person_id) if self._operation is None else self._operation

    def insert(
        self,
        statement: Executable,
        values: Mapping[str, Any] | Sequence[Mapping[str, Any]],
        *,
        duplicate: str = "the entry is in the register already",
        missing: str = "what the entry belongs to is not in the register",
    ) -> None:
        """Add one row or several, and say what it means when the database will not."""
        try:
            run(self.connection, statement, values)
        except IntegrityError as error:
            self._refuse(error, duplicate, missing)

    def insert_numbered(self, statement: Insert, values: Mapping[str, Any], *, missing: str = "") -> int:
        """Add a row that gets its number from the database."""
        try:
            return insert_numbered(self.connection, statement, values)
        except IntegrityError as error:
            self._refuse(error, "the entry is in the register already", missing)

    def check_whole(self) -> None:
        """Before the commit: an entry that was refused undoes the unit, also when its error was swallowed."""
        if self._refused is not None:
            raise self._refused

    def _refuse(self, error: IntegrityError, duplicate: str, missing: str) -> NoReturn:
        refused = UnknownEntryError(missing) if is_missing_reference(error) else DuplicateEntryError(duplicate)
        self._refused = refused
        raise refused from None  # what the database says may quote the row, hence the holder

    def _lock(self, person_id: str) -> bool:
        # SQLite knows no FOR UPDATE, and needs none: its writers take turns.
        locking = select(residents.c.number).where(residents.c.id == person_id).with_for_update()
        return bool(self.rows(locking))

    def _add_record(
        self, person_id: str, number: int, holder: Holder, state: ResidentState, moment: int, operation: int
    ) -> None:
        values = {
            "resident": person_id,
            "number": number,
            "at": moment,
            "state": state.value,
            "holder": to_json(encode_holder(holder)),
            "operation": operation,
        }
        self.insert(_NEW_RECORD, values, missing=nobody(person_id))


def check_label(text: str, what: str) -> None:
    """Names that people read."""
    if not text or not text.isprintable():
        raise RegistryError(f"{what} is one or more printable characters")
