"""How things stand with a person, read from the register: the newest of everything that has not ended."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from jpki.errors import OperationRefusedError, UnknownEntryError
from jpki.registry.records import CardOrdered, CardState, CertificateState, Medium
from jpki.registry.request import Operation
from jpki.registry.survey import situation_of
from tests.jpki.registry.town import GENERATIONS, PERSON, Towns, asked_at, opened, request


def test_person_without_anything(towns: Towns) -> None:
    with opened(towns.file("registered")) as town:
        situation = situation_of(town.register, PERSON, now=asked_at("registered"))
    assert (situation.card, situation.coming, situation.phone) == (None, None, None)
    assert situation.last_event_at == GENERATIONS[0]


def test_card_that_ended_is_gone(towns: Towns) -> None:
    with opened(towns.file("returned")) as town:
        assert situation_of(town.register, PERSON, now=asked_at("returned")).card is None


@pytest.mark.parametrize(
    ("situation", "sign", "auth"),
    [
        ("in-use", CertificateState.GOOD, CertificateState.GOOD),
        ("moved", CertificateState.REVOKED, CertificateState.GOOD),
        ("lost", CertificateState.ON_HOLD, CertificateState.ON_HOLD),
        ("found", CertificateState.GOOD, CertificateState.GOOD),
    ],
)
def test_newest_certificates(towns: Towns, situation: str, sign: CertificateState, auth: CertificateState) -> None:
    with opened(towns.file(situation)) as town:
        card = situation_of(town.register, PERSON, now=asked_at(situation)).card
    assert card is not None
    assert card.sign is not None
    assert card.auth is not None
    assert (card.sign.state, card.auth.state) == (sign, auth)


def test_newest_of_two_cards(towns: Towns, tmp_path: Path) -> None:
    """A lab can give somebody a second card without taking back the first."""
    now = asked_at("in-use")
    ordered = CardOrdered(medium=Medium.CARD, name="second", profile="C2", expires=date(2036, 4, 15))
    with opened(towns.copy("in-use", tmp_path / "register.db")) as town:
        with town.register.transaction(now=now) as unit:
            unit.record_card(PERSON, ordered)
        card = situation_of(town.register, PERSON, now=now).card
    assert card is not None
    assert (card.name, card.state) == ("second", CardState.IN_USE)


@pytest.mark.parametrize(
    "early",
    [asked_at("lost") - timedelta(days=30), GENERATIONS[0] - timedelta(days=1)],
    ids=["before the loss", "before the registration"],
)
def test_newest_though_the_clock_was_set_back(towns: Towns, early: datetime) -> None:
    with opened(towns.file("lost")) as town:
        card = situation_of(town.register, PERSON, now=early).card
        assert card is not None
        assert card.state is CardState.SUSPENDED
        with pytest.raises(OperationRefusedError) as refused:
            town.do(Operation.FIND_CARD, early)
    assert refused.value.refusal.code == "registry.lifecycle.before-history"


def test_nobody(towns: Towns) -> None:
    with opened(towns.file("in-use")) as town, pytest.raises(UnknownEntryError):
        town.counter.ask("000002", request(Operation.MOVE), now=asked_at("in-use"))
