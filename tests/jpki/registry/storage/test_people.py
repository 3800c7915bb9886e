"""What the register knows of people and their cards, at any moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from jpki.errors import DuplicateEntryError, RegistryError, UnknownEntryError
from jpki.holder import Holder
from jpki.registry.interfaces import Register
from jpki.registry.records import CardState, Medium, ResidentState
from tests.jpki.registry.stock import DAY, Stock, a_card


def _enter(register: Register, holder: Holder, now: datetime, *names: str) -> None:
    for name in names:
        with register.transaction(now=now) as unit:
            unit.register_person(name, holder)


def test_everybody_in_the_order_of_registration(register: Register, holder: Holder, now: datetime) -> None:
    _enter(register, holder, now, "taro", "hanako", "jiro")
    assert [record.person_id for record in register.persons()] == ["taro", "hanako", "jiro"]
    assert register.count_persons() == 3


def test_one_person(register: Register, holder: Holder, now: datetime) -> None:
    _enter(register, holder, now, "hanako")
    found = register.person("hanako")
    assert (found.person_id, found.holder, found.at) == ("hanako", holder, now)


@pytest.mark.parametrize("ask", ["person", "holder_history"])
def test_nobody(register: Register, ask: str) -> None:
    with pytest.raises(UnknownEntryError, match="nobody is registered as hanako"):
        getattr(register, ask)("hanako")


def test_twice(register: Register, holder: Holder, now: datetime) -> None:
    _enter(register, holder, now, "hanako")
    with pytest.raises(DuplicateEntryError, match="hanako is registered already"):
        _enter(register, holder, now, "hanako")
    assert register.count_persons() == 1


@pytest.mark.parametrize("name", ["", "two\nlines"])
def test_identifier_that_cannot_be_printed(register: Register, holder: Holder, now: datetime, name: str) -> None:
    with pytest.raises(RegistryError, match="printable"):
        _enter(register, holder, now, name)


@pytest.fixture
def moved(register: Register, holder: Holder, make_holder: Callable[..., Holder], now: datetime) -> Holder:
    """Hanako moved after ten days and died after twenty."""
    new = make_holder(address="別の市１番地", municipality_romaji="Betsuno-shi")
    _enter(register, holder, now, "hanako", "taro")
    with register.transaction(now=now + 10 * DAY) as unit:
        unit.record_holder("hanako", holder=new)
    with register.transaction(now=now + 20 * DAY) as unit:
        unit.record_holder("hanako", state=ResidentState.DECEASED)
    return new


@pytest.mark.parametrize(
    ("days", "has_moved", "state"),
    [
        pytest.param(0, False, ResidentState.HERE, id="at-first"),
        pytest.param(9.999999, False, ResidentState.HERE, id="a-second-before-the-move"),
        pytest.param(10, True, ResidentState.HERE, id="moved"),
        pytest.param(30, True, ResidentState.DECEASED, id="at-last"),
    ],
)
def test_holder_at_a_moment(
    register: Register,
    holder: Holder,
    moved: Holder,
    now: datetime,
    days: float,
    has_moved: bool,
    state: ResidentState,
) -> None:
    at = now + days * DAY
    found = register.holder("hanako", at=at)
    assert (found.holder, found.state) == (moved if has_moved else holder, state)
    assert [(one.person_id, one.holder, one.state) for one in register.persons(at=at)] == [
        ("hanako", found.holder, state),
        ("taro", holder, ResidentState.HERE),
    ]


def test_holder_before_registration(register: Register, holder: Holder, now: datetime) -> None:
    _enter(register, holder, now, "hanako")
    with pytest.raises(UnknownEntryError, match="at that moment"):
        register.holder("hanako", at=now - DAY)
    assert list(register.persons(at=now - DAY)) == []


def test_newest_and_history(register: Register, holder: Holder, moved: Holder) -> None:
    assert [one.holder for one in register.holder_history("hanako")] == [holder, moved, moved]
    assert next(register.persons()).state is ResidentState.DECEASED


def test_history_is_told_in_its_order(register: Register, moved: Holder, now: datetime) -> None:
    with (
        pytest.raises(RegistryError, match="a later change of hanako"),
        register.transaction(now=now + 30 * DAY) as unit,
    ):
        unit.record_holder("hanako", state=ResidentState.HERE, at=now + 15 * DAY)
    assert len(register.holder_history("hanako")) == 3


@pytest.fixture
def card_id(stock: Stock, now: datetime) -> int:
    """Hanako's card: in use, lost after ten days, ended after twenty."""
    stock.issue("hanako")
    card = stock.register.cards(person_id="hanako")[0].card_id
    for days, state in ((10, CardState.SUSPENDED), (20, CardState.ENDED)):
        with stock.register.transaction(now=now + days * DAY) as unit:
            unit.change_card(card, state)
    return card


@pytest.mark.parametrize(
    ("days", "state"),
    [(-1, None), (0, CardState.IN_USE), (10, CardState.SUSPENDED), (19, CardState.SUSPENDED), (20, CardState.ENDED)],
)
def test_card_at_a_moment(register: Register, card_id: int, now: datetime, days: int, state: CardState) -> None:
    assert register.card_state(card_id, at=now + days * DAY) is state


def test_card_history(register: Register, card_id: int) -> None:
    assert [change.state for change in register.card_history(card_id)] == [CardState.SUSPENDED, CardState.ENDED]


def test_card_history_is_told_in_its_order(register: Register, card_id: int, now: datetime) -> None:
    with pytest.raises(RegistryError, match="a later change of card"), register.transaction(now=now) as unit:
        unit.change_card(card_id, CardState.IN_USE)


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        pytest.param({}, ["hanako-card", "phone", "taro-card"], id="all"),
        pytest.param({"person_id": "hanako"}, ["hanako-card", "phone"], id="of-a-person"),
        pytest.param({"medium": Medium.PHONE}, ["phone"], id="phones"),
        pytest.param({"name": "taro-card"}, ["taro-card"], id="by-name"),
        pytest.param({"person_id": "taro", "medium": Medium.PHONE}, [], id="none"),
    ],
)
def test_cards(stock: Stock, now: datetime, filters: dict[str, object], names: list[str]) -> None:
    stock.issue("hanako")
    with stock.register.transaction(now=now) as unit:
        unit.record_card("hanako", a_card("phone", Medium.PHONE))
    stock.issue("taro")
    assert [card.name for card in stock.register.cards(**filters)] == names  # type: ignore[arg-type]


def test_card_as_it_was_entered(stock: Stock, now: datetime) -> None:
    stock.issue("hanako")
    card = stock.register.cards()[0]
    ordered = a_card("hanako-card")
    assert stock.register.card(card.card_id) == card
    assert (card.person_id, card.profile, card.expires, card.at) == ("hanako", "C2", ordered.expires, now)


@pytest.mark.parametrize("ask", ["card", "card_history"])
def test_no_card(register: Register, ask: str) -> None:
    with pytest.raises(UnknownEntryError, match="no card of number 7"):
        getattr(register, ask)(7)


def test_card_of_nobody(register: Register, now: datetime) -> None:
    with (
        pytest.raises(UnknownEntryError, match="nobody is registered as hanako"),
        register.transaction(now=now) as unit,
    ):
        unit.record_card("hanako", a_card("one"))
