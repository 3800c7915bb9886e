"""Each fault × each cessation × each scenario: the client ends with a clear outcome, and the card is sound afterwards.

A scenario is a function of a lab and a channel that answers ``accepted``, or ``refused`` with the first finding, or
raises; add one to ``SCENARIOS`` and a column of its name to the table.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from apdu.faults.engine import FaultEngine
from apdu.faults.plan import FaultPlan
from apdu.faults.read import parse_fault
from apdu.ports import Channel
from cardsim.card import VirtualCard
from cardsim.faults import FaultyCard
from cardsim.image import decode_image, encode_image
from cardsim.inspect import describe
from cardsim.state import CardImage
from cardsim.store import MemoryStore, read_image
from jpki.client.errors import WrongPinError
from jpki.client.session import CardSession
from jpki.kinds import CaKind
from mynalab.chance import seeded_random
from mynalab.errors import EXPECTED_ERRORS
from mynalab.lab.lab import Lab
from mynalab.lab.relying_party import log_in, sign_contract
from readers.faults import FaultyChannel
from readers.inprocess import InProcessChannel

TABLE = Path(__file__).parents[2] / "fixtures" / "vectors" / "faults" / "matrix.toml"
CASES: list[dict[str, Any]] = tomllib.loads(TABLE.read_text("utf-8"))["case"]
CESSATIONS = ("once", "2 times", "until reset", "always")
LOSSES = {"CardRemovedError", "NoReaderError", "ProtocolError", "CardTimeoutError"}
PINS = {"login": (CaKind.AUTH, "1234"), "sign": (CaKind.SIGN, "ABC123")}


def _outcome(result: Any) -> str:
    return "accepted" if result.ok else f"refused {result.verdict.findings[0].code}"


SCENARIOS: dict[str, Callable[[Lab, Channel], str]] = {
    "login": lambda lab, channel: _outcome(log_in(lab, channel, "1234", now=lab.settings.created)),
    "sign": lambda lab, channel: _outcome(
        sign_contract(lab, channel, "ABC123", "甲は乙に見本を貸す。\n", now=lab.settings.created)
    ),
}


@dataclass
class Witness:
    """Between fault and card: whether the right PIN arrived."""

    card: VirtualCard
    pin_arrived: bool = field(default=False)

    @property
    def atr(self) -> bytes:
        return self.card.atr

    def power_off(self) -> None:
        self.card.power_off()

    def reset(self) -> None:
        self.card.reset()

    def process(self, raw: bytes) -> bytes:
        response = self.card.process(raw)
        self.pin_arrived |= raw[1] == 0x20 and len(raw) > 5 and response == b"\x90\x00"
        return response


def _tries(image: CardImage) -> dict[str, tuple[int, int]]:
    return {pin.name: (pin.tries_left, pin.limit) for pin in describe(image).pins}


def _play(lab: Lab, channel: Channel, scenario: str) -> str:
    """The outcome: a word, or the class of an error that this bench expects. Anything else fails the test."""
    try:
        return SCENARIOS[scenario](lab, channel)
    except EXPECTED_ERRORS as error:
        return type(error).__name__ if str(error) else "an error without words"


@pytest.fixture
def worn_store(lab: Lab) -> MemoryStore:
    """Alice's card, of whose PINs one try each is spent: a try that came back from nowhere would be seen."""
    store = MemoryStore(read_image(lab.paths.card("alice")))
    channel = InProcessChannel(VirtualCard(store, rng=seeded_random("matrix", "card")))
    session = CardSession.open(channel)
    for kind, pin in PINS.values():
        with pytest.raises(WrongPinError):
            session.verify_pin(kind, pin[::-1])
    channel.close()
    return store


def _assert_sound(lab: Lab, store: MemoryStore, before: CardImage, witness: Witness, scenario: str) -> None:
    """The image loads, nothing but the try counter changed, it rose only for the right PIN, and the card goes on."""
    after = store.load()
    assert decode_image(encode_image(after)) == after
    changed = {name for name, tries in _tries(after).items() if tries != _tries(before)[name]}
    assert changed == ({{"login": "auth", "sign": "sign"}[scenario]} if witness.pin_arrived else set())
    assert all(left in (limit - 1, limit) for left, limit in _tries(after).values() if limit)
    fresh = InProcessChannel(VirtualCard(store, rng=seeded_random("matrix", "again")))
    assert _play(lab, fresh, scenario) == "accepted"


def _expected(case: dict[str, Any], scenario: str, cessation: str) -> str:
    expected: str | dict[str, str] = case[scenario]
    return expected if isinstance(expected, str) else expected[cessation]


def _engine(fault: str, cessation: str) -> FaultEngine:
    plan = FaultPlan(faults=(parse_fault(f"{fault}, {cessation}"),), seed="matrix")
    return FaultEngine(plan, sleep=lambda _: None)


each_scenario = pytest.mark.parametrize("scenario", SCENARIOS)
each_cessation = pytest.mark.parametrize("cessation", CESSATIONS)
each_fault = pytest.mark.parametrize("case", CASES, ids=[case["fault"] for case in CASES])


@each_scenario
@each_cessation
@each_fault
def test_client_over_a_faulty_channel(
    lab: Lab, worn_store: MemoryStore, case: dict[str, Any], cessation: str, scenario: str
) -> None:
    before = worn_store.load()
    witness = Witness(VirtualCard(worn_store, rng=seeded_random("matrix", "card")))
    engine = _engine(case["fault"], cessation)
    outcome = _play(lab, FaultyChannel(InProcessChannel(witness), engine), scenario)
    assert outcome.startswith(_expected(case, scenario, cessation))
    assert bool(engine.fired) is case.get("strikes", True)
    _assert_sound(lab, worn_store, before, witness, scenario)


@each_scenario
@each_cessation
@each_fault
def test_client_of_a_faulty_card(
    lab: Lab, worn_store: MemoryStore, case: dict[str, Any], cessation: str, scenario: str
) -> None:
    """Behind a reader that passes silence on as it is. What is accepted over a channel is accepted here, no more."""
    before = worn_store.load()
    witness = Witness(VirtualCard(worn_store, rng=seeded_random("matrix", "card")))
    card = FaultyCard(witness, _engine(case["fault"], cessation))
    outcome = _play(lab, InProcessChannel(card), scenario)
    expected = _expected(case, scenario, cessation)
    assert outcome.startswith("MalformedAnswerError" if expected in LOSSES else expected)
    _assert_sound(lab, worn_store, before, witness, scenario)
