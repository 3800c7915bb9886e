"""A unit of work is whole or it is not."""

from __future__ import annotations

import threading
from datetime import datetime

import pytest

from jpki.errors import DuplicateEntryError, RegistryError, UnknownEntryError
from jpki.holder import Holder
from jpki.registry.interfaces import Register, UnitOfWork
from jpki.registry.records import OperationRecord
from tests.jpki.registry.stock import DAY, Stock, a_card


def _undone(register: Register, holder: Holder, now: datetime) -> None:
    with register.transaction(now=now) as unit:
        unit.register_person("hanako", holder)
        unit.record_card("hanako", a_card("one"))
        raise InterruptedError


def test_whatever_raises_undoes_all(register: Register, holder: Holder, now: datetime) -> None:
    with pytest.raises(InterruptedError):
        _undone(register, holder, now)
    assert register.count_persons() == 0
    assert register.cards() == []


def test_refusal_that_is_swallowed_undoes_all(register: Register, holder: Holder, now: datetime) -> None:
    """PostgreSQL would not go on; SQLite would, and is not let."""

    def swallow(unit: UnitOfWork) -> None:
        unit.register_person("hanako", holder)
        with pytest.raises(DuplicateEntryError):
            unit.register_person("hanako", holder)

    with pytest.raises(DuplicateEntryError), register.transaction(now=now) as unit:
        swallow(unit)
    assert register.count_persons() == 0


def test_unit_sees_what_it_entered_and_others_do_not(register: Register, holder: Holder, now: datetime) -> None:
    with register.transaction(now=now) as unit:
        unit.register_person("hanako", holder)
        assert unit.count_persons() == 1
        assert register.count_persons() == 0
    assert register.count_persons() == 1


def test_reading_is_one_picture(register: Register, holder: Holder, now: datetime) -> None:
    with register.reading() as questions:
        assert questions.count_persons() == 0
        with register.transaction(now=now) as unit:
            unit.register_person("hanako", holder)
        assert questions.count_persons() == 0
    assert register.count_persons() == 1


def test_lock_keeps_others_out(stock: Stock, now: datetime) -> None:
    """The second operation on hanako waits until the first has ended, and sees what it did."""
    stock.issue("hanako")
    order: list[str] = []
    locked = threading.Event()

    def second() -> None:
        locked.wait()
        with stock.register.transaction(now=now) as unit:
            unit.lock("hanako")
            order.append(f"second sees {len(unit.cards(person_id='hanako'))}")

    thread = threading.Thread(target=second)
    thread.start()
    with stock.register.transaction(now=now) as unit:
        unit.lock("hanako")
        locked.set()
        thread.join(0.2)
        unit.record_card("hanako", a_card("another"))
        order.append("first")
    thread.join()
    assert order == ["first", "second sees 2"]


def test_lock_of_nobody(register: Register, now: datetime) -> None:
    with pytest.raises(UnknownEntryError, match="nobody"), register.transaction(now=now) as unit:
        unit.lock("hanako")


def test_operation_that_was_not_named(register: Register, holder: Holder, now: datetime) -> None:
    with register.transaction(now=now) as unit:
        unit.register_person("hanako", holder)
    first = register.timeline(person_id="hanako")[0]
    assert isinstance(first, OperationRecord)
    assert first.name == "register-person"


def test_operation_of_the_past(register: Register, holder: Holder, now: datetime) -> None:
    with register.transaction(now=now) as unit:
        assert unit.now == now
        unit.operation("issue", person_id="hanako", at=now - DAY)
        unit.register_person("hanako", holder, at=now - DAY)
    first = register.timeline(person_id="hanako")[0]
    assert isinstance(first, OperationRecord)
    assert (first.at, first.recorded_at) == (now - DAY, now)


def test_operation_without_a_name(register: Register, now: datetime) -> None:
    with pytest.raises(RegistryError, match="an operation's name"), register.transaction(now=now) as unit:
        unit.operation("")


def test_refusal_does_not_quote_the_row(register: Register, holder: Holder, now: datetime) -> None:
    """What the database says may hold a name and an address: it is not in the chain of the error."""
    with register.transaction(now=now) as unit:
        unit.register_person("hanako", holder)
    with pytest.raises(DuplicateEntryError) as caught, register.transaction(now=now) as unit:
        unit.register_person("hanako", holder)
    assert caught.value.__suppress_context__
    assert holder.name not in str(caught.value)
