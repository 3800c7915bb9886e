"""The fault injector as a client meets it: which error, what the card was told, and what comes afterwards."""

from __future__ import annotations

import pytest

from apdu.faults.engine import FaultEngine
from apdu.faults.plan import FaultPlan
from apdu.faults.read import parse_fault
from readers.errors import CardRemovedError, CardTimeoutError, NoReaderError, PinGuardError, ProtocolError, ReaderError
from readers.faults import FaultyChannel
from readers.guard import PinGuard

SELECT, VERIFY, READ = bytes.fromhex("00A4020C020018"), bytes.fromhex("002000800431323334"), bytes.fromhex("00B0000000")


class Inner:
    """A channel that writes down what comes to it."""

    def __init__(self) -> None:
        self.log: list[str] = []

    def transmit(self, raw: bytes) -> bytes:
        self.log.append(raw[:2].hex())
        return b"\x90\x00"

    def reset(self) -> bytes:
        self.log.append("reset")
        return b"\x3b\x01"


def engine_of(*faults: str) -> FaultEngine:
    return FaultEngine(FaultPlan(faults=tuple(map(parse_fault, faults))), sleep=lambda _: None)


@pytest.fixture
def inner() -> Inner:
    return Inner()


LOSSES = [
    ("remove before READ BINARY", CardRemovedError, ["reset"]),
    ("remove during READ BINARY", CardRemovedError, ["00b0", "reset"]),
    ("vanish before READ BINARY", NoReaderError, ["reset"]),
    ("vanish during READ BINARY", NoReaderError, ["00b0", "reset"]),
    ("drop during READ BINARY", ProtocolError, ["00b0"]),
    ("hang before READ BINARY", CardTimeoutError, []),
    ("hang during READ BINARY", CardTimeoutError, ["00b0"]),
]


@pytest.mark.parametrize(("fault", "kind", "log"), LOSSES, ids=[fault for fault, _, _ in LOSSES])
def test_loss_is_an_error_of_the_reader_with_a_next_step(
    inner: Inner, fault: str, kind: type[ReaderError], log: list[str]
) -> None:
    channel = FaultyChannel(inner, engine_of(fault))
    with pytest.raises(kind) as caught:
        channel.transmit(READ)
    assert (type(caught.value), bool(caught.value.hint), inner.log) == (kind, True, log)


@pytest.mark.parametrize("fault", ["drop during READ BINARY", "hang during READ BINARY"])
def test_card_that_lost_an_answer_goes_on(inner: Inner, fault: str) -> None:
    channel = FaultyChannel(inner, engine_of(fault))
    with pytest.raises(ReaderError):
        channel.transmit(READ)
    assert channel.transmit(READ) == b"\x90\x00"


@pytest.mark.parametrize(("word", "kind"), [("remove", CardRemovedError), ("vanish", NoReaderError)])
def test_after_its_answer_the_card_is_gone_for_this_channel(inner: Inner, word: str, kind: type[ReaderError]) -> None:
    channel = FaultyChannel(inner, engine_of(f"{word} after READ BINARY"))
    assert channel.transmit(READ) == b"\x90\x00"
    for use in (lambda: channel.transmit(SELECT), lambda: channel.transmit(b""), channel.reset):
        with pytest.raises(kind):
            use()
    assert inner.log == ["00b0", "reset"]


@pytest.mark.parametrize(
    ("cessation", "outcomes"),
    [("once", "-+++"), ("2 times", "--++"), ("until reset", "-+++"), ("always", "----")],
)
def test_card_that_is_put_back_goes_on_in_the_plan(inner: Inner, cessation: str, outcomes: str) -> None:
    """Each time after a reset, as putting a card in is one; a command that finds no card is not counted."""
    engine = engine_of(f"remove before READ BINARY 1, {cessation}")
    found = ""
    for _ in outcomes:
        channel = FaultyChannel(inner, engine)
        channel.reset()
        try:
            channel.transmit(READ)
        except CardRemovedError:
            found += "-"
            with pytest.raises(CardRemovedError):
                channel.transmit(READ)
        else:
            found += "+"
    assert found == outcomes


def test_reset_by_a_fault_is_silent(inner: Inner) -> None:
    channel = FaultyChannel(inner, engine_of("reset between VERIFY and READ BINARY"))
    assert [channel.transmit(raw) for raw in (VERIFY, SELECT, READ)] == [b"\x90\x00"] * 3
    assert inner.log == ["0020", "00a4", "reset", "00b0"]


def test_wrong_atr_comes_at_its_reset(inner: Inner) -> None:
    channel = FaultyChannel(inner, engine_of("atr 3B00 during reset 2"))
    assert [channel.reset() for _ in range(3)] == [b"\x3b\x01", b"\x3b\x00", b"\x3b\x01"]


def test_guard_below_stays_a_guard(inner: Inner) -> None:
    """On somebody's own card no fault makes a command pass that costs a try."""
    channel = FaultyChannel(PinGuard(inner), engine_of("truncate to 1 during VERIFY, always"))
    with pytest.raises(PinGuardError):
        channel.transmit(VERIFY)
    assert inner.log == []
