"""Each fault × each cessation × each scenario: the client ends with a clear outcome, and the card is sound afterwards.

A scenario is a function of a lab and a channel that answers ``accepted``, or ``refused`` with the first finding, or
raises; add one to ``SCENARIOS`` and a column of its name to the table. A fault without that column is not for it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from apdu.faults.engine import FaultEngine
from apdu.faults.plan import FaultPlan
from apdu.faults.read import parse_fault
from apdu.layout.free_area import REDEEM, Stage
from apdu.ports import Channel
from cardsim.card import VirtualCard
from cardsim.faults import FaultyCard
from cardsim.image import decode_image, encode_image
from cardsim.inspect import describe
from cardsim.state import CardImage
from cardsim.store import MemoryStore, read_image
from jpki.client.errors import WrongPinError
from jpki.client.session import CardSession
from jpki.issuer.errors import ManagementRefusedError
from jpki.issuer.terminal import Terminal, Ticket
from jpki.kinds import CaKind
from mynalab.chance import seeded_random
from mynalab.errors import EXPECTED_ERRORS
from mynalab.lab.free_area import FreeAreaDesk, application_key, build_package, find_package
from mynalab.lab.lab import Lab
from mynalab.lab.relying_party import log_in, sign_contract
from mynalab.lab.settings import LabSettings
from readers.faults import FaultyChannel
from readers.inprocess import InProcessChannel

TABLE = Path(__file__).parents[2] / "fixtures" / "vectors" / "faults" / "matrix.toml"
CASES: list[dict[str, Any]] = tomllib.loads(TABLE.read_text("utf-8"))["case"]
CESSATIONS = ("once", "2 times", "until reset", "always")
LOSSES = {"CardRemovedError", "NoReaderError", "ProtocolError", "CardTimeoutError"}
PINS = {"login": (CaKind.AUTH, "1234"), "sign": (CaKind.SIGN, "ABC123")}
TICKET, ORGANISER, GATE = 1, 1, 2
SEAT = "花火大会 A-12".encode()
GATE_TRIES = 10


def _outcome(result: Any) -> str:
    return "accepted" if result.ok else f"refused {result.verdict.findings[0].code}"


@cache
def _package(settings: LabSettings) -> Any:
    return build_package(find_package("event-ticket")[1], settings)


def _terminal(lab: Lab, channel: Channel, reference: int) -> Terminal:
    package = _package(lab.settings).package
    terminal = Terminal.open(channel, package.aid)
    terminal.authenticate(reference, application_key(lab.settings, package, reference))
    return terminal


def _redeem(lab: Lab, channel: Channel, transaction: bytes = b"gate0001") -> Ticket:
    return _terminal(lab, channel, GATE).redeem(TICKET, transaction=transaction)


SCENARIOS: dict[str, Callable[[Lab, Channel], str]] = {
    "login": lambda lab, channel: _outcome(log_in(lab, channel, "1234", now=lab.settings.created)),
    "sign": lambda lab, channel: _outcome(
        sign_contract(lab, channel, "ABC123", "甲は乙に見本を貸す。\n", now=lab.settings.created)
    ),
    "redeem": lambda lab, channel: f"accepted {_redeem(lab, channel).stage.name}",
}


@dataclass
class Witness:
    """Between fault and card: whether the right PIN and the redeeming arrived, and what became of the gate's proofs."""

    card: VirtualCard
    pin_arrived: bool = field(default=False)
    redeemed: bool = field(default=False)
    gate_tries: int = GATE_TRIES - 1

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
        self.redeemed |= raw[1] == REDEEM and response[-2:] == b"\x90\x00"
        if raw[1] == 0x82 and response == b"\x90\x00":
            self.gate_tries = GATE_TRIES
        elif raw[1] == 0x82 and response[0] == 0x63:
            self.gate_tries -= 1
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


@pytest.fixture(scope="module")
def ticket_images() -> dict[bytes, CardImage]:
    """Cards with a ticket, by what they were made of: installing takes longer than everything else here."""
    return {}


@pytest.fixture
def ticket_store(lab: Lab, ticket_images: dict[bytes, CardImage]) -> MemoryStore:
    """Alice's card with an issued ticket, and one try of the gate's key spent."""
    raw = lab.paths.card("alice").read_bytes()
    if raw not in ticket_images:
        store = MemoryStore(read_image(lab.paths.card("alice")))
        channel = InProcessChannel(VirtualCard(store, rng=seeded_random("matrix", "card")))
        FreeAreaDesk(lab.settings, channel, rng=seeded_random("matrix", "desk")).install(_package(lab.settings))
        _terminal(lab, channel, ORGANISER).issue(TICKET, SEAT, transaction=b"issue001")
        with pytest.raises(ManagementRefusedError, match="63C9"):
            Terminal.open(channel, _package(lab.settings).package.aid).authenticate(GATE, bytes(16))
        channel.close()
        ticket_images[raw] = store.load()
    return MemoryStore(ticket_images[raw])


@pytest.fixture
def store(scenario: str, request: pytest.FixtureRequest) -> MemoryStore:
    """The card that a scenario begins with."""
    prepared: MemoryStore = request.getfixturevalue("ticket_store" if scenario == "redeem" else "worn_store")
    return prepared


def _assert_sound(lab: Lab, store: MemoryStore, before: CardImage, witness: Witness, scenario: str) -> None:
    if scenario == "redeem":
        _assert_ticket_sound(lab, store, before, witness)
    else:
        _assert_pins_sound(lab, store, before, witness, scenario)


def _assert_ticket_sound(lab: Lab, store: MemoryStore, before: CardImage, witness: Witness) -> None:
    """Redeemed if and only if the card did it, once, for the gate that asked first; and nothing else has changed."""
    after, aid = store.load(), _package(lab.settings).package.aid
    assert decode_image(encode_image(after)) == after
    assert before.free_area is not None
    assert after.free_area is not None
    was, is_now = before.free_area.instances[aid], after.free_area.instances[aid]
    assert is_now.files[TICKET].number == (Stage.REDEEMED if witness.redeemed else Stage.ISSUED)
    assert is_now.secrets[GATE].tries_left == witness.gate_tries
    undone = is_now.with_file(TICKET, was.files[TICKET]).with_secret(GATE, was.secrets[GATE])
    assert replace(after, free_area=after.free_area.with_instance(undone)) == before
    fresh = InProcessChannel(VirtualCard(store, rng=seeded_random("matrix", "again")))
    if witness.redeemed:  # another gate lets nobody in on it, even when it comes first
        with pytest.raises(ManagementRefusedError, match="6985"):
            _redeem(lab, fresh, b"gate0002")
    for _asked in range(2):  # the gate that got no answer, and once more
        assert _redeem(lab, fresh) == Ticket(stage=Stage.REDEEMED, text=SEAT)
    with pytest.raises(ManagementRefusedError, match="6985"):
        _redeem(lab, fresh, b"gate0002")


def _assert_pins_sound(lab: Lab, store: MemoryStore, before: CardImage, witness: Witness, scenario: str) -> None:
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


each_cessation = pytest.mark.parametrize("cessation", CESSATIONS)
each_fault_and_scenario = pytest.mark.parametrize(
    ("case", "scenario"),
    [
        pytest.param(case, scenario, id=f"{case['fault']}-{scenario}")
        for case in CASES
        for scenario in SCENARIOS
        if scenario in case
    ],
)


@each_cessation
@each_fault_and_scenario
def test_client_over_a_faulty_channel(
    lab: Lab, store: MemoryStore, case: dict[str, Any], cessation: str, scenario: str
) -> None:
    before = store.load()
    witness = Witness(VirtualCard(store, rng=seeded_random("matrix", "card")))
    engine = _engine(case["fault"], cessation)
    outcome = _play(lab, FaultyChannel(InProcessChannel(witness), engine), scenario)
    assert outcome.startswith(_expected(case, scenario, cessation))
    assert bool(engine.fired) is case.get("strikes", True)
    assert scenario != "redeem" or witness.redeemed or not outcome.startswith("accepted")
    _assert_sound(lab, store, before, witness, scenario)


@each_cessation
@each_fault_and_scenario
def test_client_of_a_faulty_card(
    lab: Lab, store: MemoryStore, case: dict[str, Any], cessation: str, scenario: str
) -> None:
    """Behind a reader that passes silence on as it is. What is accepted over a channel is accepted here, no more."""
    before = store.load()
    witness = Witness(VirtualCard(store, rng=seeded_random("matrix", "card")))
    card = FaultyCard(witness, _engine(case["fault"], cessation))
    outcome = _play(lab, InProcessChannel(card), scenario)
    expected = _expected(case, scenario, cessation)
    assert outcome.startswith("MalformedAnswerError" if expected in LOSSES else expected)
    assert scenario != "redeem" or witness.redeemed or not outcome.startswith("accepted")
    _assert_sound(lab, store, before, witness, scenario)
