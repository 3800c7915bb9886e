"""Traces: what is written, and what never is."""

from __future__ import annotations

import io
import json

import pytest

from apdu.faults.engine import FaultEngine
from apdu.faults.plan import FaultPlan
from apdu.faults.read import parse_fault
from readers.errors import CardRemovedError
from readers.faults import FaultyChannel
from readers.trace import RecordingCard, RecordingChannel, Scribe, Trace
from tests.readers.recorded import (
    DATA,
    IN_JPKI,
    IN_TEXT,
    READ,
    SELECT_0A,
    SELECT_01,
    SELECT_JPKI,
    Script,
    record,
)


def last(*exchanges: tuple[str, str | Exception], unsafe: bool = False) -> tuple[str, str]:
    line = json.loads(record(*exchanges, unsafe=unsafe)[-1])
    return line["command"], line["response"]


@pytest.mark.parametrize(
    ("before", "command", "response", "written"),
    [
        ([IN_JPKI, (SELECT_0A, "9000")], READ, DATA, (READ, DATA)),
        ([IN_JPKI, (SELECT_01, "9000")], READ, DATA, (READ, "********9000")),
        ([IN_JPKI], "00B0810004", DATA, ("00B0810004", "********9000")),
        ([IN_TEXT, (SELECT_01, "9000")], READ, DATA, (READ, "********9000")),
        ([("00A4040C02A000", "9000")], READ, DATA, (READ, "********9000")),
        ([IN_JPKI], "002000800431323334", "9000", ("0020008004********", "9000")),
        ([IN_JPKI], "102000800431323334", "6884", ("1020008004********", "6884")),
        ([IN_JPKI], "00200080000004" + "31323334", "63C2", ("00200080000004********", "63C2")),
        ([IN_JPKI], "0024018002" + "3131", "9000", ("0024018002****", "9000")),
        ([IN_JPKI], "0020008005" + "31323334", "6700", ("00200080**********", "6700")),
        ([IN_JPKI], "00200080", "63C3", ("00200080", "63C3")),
        ([], "80D8000002" + "0102" + "00", "9000", ("80D8000002****00", "9000")),
        ([], "0C20008004" + "01020304", "9000", ("0C20008004********", "9000")),
    ],
)
def test_line_hides_what_is_secret_or_personal_and_keeps_lengths(
    before: list[tuple[str, str]], command: str, response: str, written: tuple[str, str]
) -> None:
    assert last(*before, (command, response)) == written
    assert last(*before, (command, response), unsafe=True) == (command, response)


def test_lines_have_their_moment_and_their_sentence() -> None:
    lines = [json.loads(line) for line in record((SELECT_JPKI, "9000"))]
    assert lines[:2] == [{"trace": 1}, {"ms": 1, "atr": "3B00"}]
    assert (lines[2]["ms"], "JPKI" in lines[2]["says"]) == (2, True)


def test_failure_is_written_and_raised() -> None:
    line = json.loads(record(("002000800431323334", CardRemovedError("gone")))[-1])
    assert line == {"ms": 2, "command": "0020008004********", "error": "CardRemovedError"}


def test_without_a_file_the_channel_itself_answers() -> None:
    script = Script("9000")
    channel = RecordingChannel(script, None)
    assert channel.transmit == script.transmit
    assert channel.reset() == b"\x3b\x00"


class Chip:
    """A card that answers in order."""

    atr = b"\x3b\x00"

    def __init__(self, *answers: str) -> None:
        self.answers = iter(answers)
        self.said: list[str] = []

    def power_off(self) -> None:
        self.said.append("power off")

    def reset(self) -> None:
        self.said.append("reset")

    def process(self, raw: bytes) -> bytes:
        return bytes.fromhex(next(self.answers))


def recorded(*answers: str) -> tuple[RecordingCard, Scribe, io.StringIO]:
    file = io.StringIO()
    scribe = Scribe(Trace(file.write, clock=lambda: 0.0), card="alice")
    return RecordingCard(Chip(*answers), scribe), scribe, file


def test_card_records_its_resets_and_exchanges_under_its_name() -> None:
    card, _, file = recorded("9000", "63C2")
    card.reset()
    answers = [card.process(bytes.fromhex(each)).hex() for each in (SELECT_JPKI, "002000980431323334")]
    card.power_off()
    lines = [json.loads(line) for line in file.getvalue().splitlines()]
    assert (answers, lines[0], lines[1]) == (
        ["9000", "63c2"],
        {"trace": 1},
        {"ms": 0, "card": "alice", "atr": "3B00"},
    )
    assert [(line["card"], line["command"], line["response"]) for line in lines[2:]] == [
        ("alice", SELECT_JPKI, "9000"),
        ("alice", "0020009804********", "63C2"),
    ]


def test_silent_card_is_a_failure() -> None:
    card, _, file = recorded("")
    assert card.process(bytes.fromhex(READ)) == b""
    assert json.loads(file.getvalue().splitlines()[-1]) == {
        "ms": 0,
        "card": "alice",
        "command": READ,
        "error": "NoAnswer",
    }


def test_fault_is_a_line_before_the_exchange_that_it_struck() -> None:
    file = io.StringIO()
    scribe = Scribe(Trace(file.write, clock=lambda: 0.0))
    plan = FaultPlan(faults=(parse_fault("reset before SELECT 2"),))
    engine = FaultEngine(plan, sleep=lambda _: None, on_fired=scribe.fault)
    channel = RecordingChannel(FaultyChannel(Script("9000", "9000", "9000"), engine), scribe)
    for _ in range(3):
        channel.transmit(bytes.fromhex(SELECT_JPKI))
    lines = [json.loads(line) for line in file.getvalue().splitlines()]
    assert [line.get("fault", line.get("command")) for line in lines[1:]] == [
        SELECT_JPKI,
        "reset before SELECT 2, once",
        SELECT_JPKI,
        SELECT_JPKI,
    ]
    assert lines[2] == {"ms": 0, "fault": "reset before SELECT 2, once", "event": "SELECT", "number": 2}
