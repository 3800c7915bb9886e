"""The fault injector on the card's side: silence instead of errors, and what is asked of the reader."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from apdu.faults.engine import FaultEngine
from apdu.faults.plan import FaultPlan
from apdu.faults.read import parse_fault
from apdu.ports import Card
from cardsim.faults import FaultyCard

READ = bytes.fromhex("00B0000000")
SELECT_JPKI = bytes.fromhex("00A4040C0AD392F000260100000001")
SELECT_CERTIFICATE = bytes.fromhex("00A4020C02000A")


@pytest.fixture
def faulty(hand) -> Callable[..., FaultyCard]:
    """The card under a plan; ``faulty.asked`` is what its reader was asked."""

    def make(*faults: str) -> FaultyCard:
        asked: list[tuple[str, bool]] = []
        engine = FaultEngine(FaultPlan(faults=tuple(map(parse_fault, faults))), sleep=lambda _: None)
        card = FaultyCard(
            hand.card, engine, on_departure=lambda departure, answered: asked.append((departure.value, answered))
        )
        card.asked = asked
        card.reset()
        return card

    return make


def play(card: Card, *commands: bytes) -> list[int]:
    return [len(card.process(raw)) for raw in commands]


@pytest.mark.parametrize(
    ("fault", "lengths", "asked"),
    [
        ("remove before READ BINARY", [2, 2, 0, 0], [("card", False), ("card", False)]),
        ("remove during READ BINARY", [2, 2, 0, 0], [("card", False), ("card", False)]),
        ("remove after READ BINARY", [2, 2, 258, 0], [("card", True), ("card", False)]),
        ("vanish before READ BINARY", [2, 2, 0, 0], [("reader", False), ("reader", False)]),
        ("vanish after READ BINARY", [2, 2, 258, 0], [("reader", True), ("reader", False)]),
        ("drop during READ BINARY", [2, 2, 0, 258], []),
        ("hang during READ BINARY", [2, 2, 0, 258], []),
        ("truncate to 1 during READ BINARY", [2, 2, 1, 258], []),
        ("reset before READ BINARY", [2, 2, 2, 2], []),
        ("answer 6F00 before READ BINARY", [2, 2, 2, 258], []),
    ],
)
def test_card_falls_silent_and_the_reader_is_asked(
    faulty: Callable[..., FaultyCard], fault: str, lengths: list[int], asked: list[tuple[str, bool]]
) -> None:
    card = faulty(fault)
    assert play(card, SELECT_JPKI, SELECT_CERTIFICATE, READ, READ) == lengths
    assert card.asked == asked


def test_card_that_is_powered_again_is_back_without_its_session(faulty: Callable[..., FaultyCard]) -> None:
    card = faulty("remove after READ BINARY")
    play(card, SELECT_JPKI, SELECT_CERTIFICATE, READ)
    card.power_off()
    card.reset()
    assert card.process(READ).hex() != ""
    assert play(card, SELECT_JPKI, SELECT_CERTIFICATE, READ) == [2, 2, 258]


def test_card_that_is_back_goes_on_in_the_plan(faulty: Callable[..., FaultyCard]) -> None:
    card = faulty("remove before SELECT 2, 2 times")
    lengths = play(card, SELECT_JPKI, SELECT_JPKI, SELECT_JPKI)
    card.reset()
    lengths += play(card, SELECT_JPKI)
    card.reset()
    assert lengths + play(card, SELECT_JPKI) == [2, 0, 0, 0, 2]


@pytest.mark.parametrize(
    ("fault", "atrs"),
    [("atr 3B00", "wrr"), ("atr 3B00 during reset 2", "rwr"), ("atr 3B00 during reset 2, always", "rww")],
)
def test_power_on_is_the_first_reset(hand, faulty: Callable[..., FaultyCard], fault: str, atrs: str) -> None:
    card = faulty(fault)
    found = ""
    for _ in atrs:
        found += {hand.card.atr: "r", b"\x3b\x00": "w"}[card.atr]
        card.power_off()
        card.reset()
    assert found == atrs


def test_without_a_reader_to_ask_the_card_is_just_silent(hand) -> None:
    engine = FaultEngine(FaultPlan(faults=(parse_fault("remove before command 1"),)), sleep=lambda _: None)
    assert play(FaultyCard(hand.card, engine), READ, READ) == [0, 0]
