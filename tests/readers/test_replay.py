"""Traces: a recorded session as a channel, and its lines."""

from __future__ import annotations

import pytest

from readers.errors import CardRemovedError, CardTimeoutError, TraceError
from readers.replay import ReplayCard, ReplayChannel, by_card, read_trace
from tests.readers.recorded import (
    DATA,
    IN_JPKI,
    READ,
    SELECT_01,
    SELECT_JPKI,
    record,
)


def replay(*exchanges: tuple[str, str | Exception]) -> ReplayChannel:
    channel = ReplayChannel(record(*exchanges))
    assert channel.reset() == b"\x3b\x00"
    return channel


def test_recorded_session_replays_with_any_pin_and_zeros_for_what_was_hidden() -> None:
    channel = replay(IN_JPKI, ("002000800431323334", "9000"), (SELECT_01, "9000"), (READ, DATA))
    sent = (SELECT_JPKI, "002000800439393939", SELECT_01, READ)
    assert [channel.transmit(bytes.fromhex(each)).hex() for each in sent] == ["9000", "9000", "9000", "000000009000"]


def test_recorded_failure_fails_again() -> None:
    with pytest.raises(CardRemovedError, match="line 3"):
        replay((READ, CardRemovedError("gone"))).transmit(bytes.fromhex(READ))


@pytest.mark.parametrize("command", ["00B0000005", "00B00000", "002000800431323334"])
def test_client_that_goes_another_way_is_told_the_line_and_no_pin(command: str) -> None:
    with pytest.raises(TraceError, match=r"^line 3 of the trace is not the command 00[B2]0") as caught:
        replay((READ, DATA)).transmit(bytes.fromhex(command))
    assert "31323334" not in str(caught.value)


def test_end_of_the_trace_is_an_error() -> None:
    with pytest.raises(TraceError, match="the trace ends here"):
        replay().transmit(b"\x00\xb0\x00\x00")


def test_reset_has_its_place() -> None:
    with pytest.raises(TraceError, match="line 3 of the trace is no reset"):
        replay((READ, DATA)).reset()


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ([], "the trace is empty"),
        (["x"], "line 1 of the trace is no JSON"),
        (["[]"], "line 1 does not belong"),
        (['{"trace": 2}'], "line 1 does not belong"),
        (['{"trace": 1}', "3"], "line 2 does not belong"),
        (['{"trace": 1}', '{"command": "00B0", "response": "9"}'], "line 2 of the trace has no bytes"),
        (['{"trace": 1}', '{"command": "00B0"}'], "line 2 of the trace has no bytes"),
    ],
)
def test_file_that_is_no_trace_is_named_by_its_line(lines: list[str], complaint: str) -> None:
    with pytest.raises(TraceError, match=complaint):
        ReplayChannel(lines).transmit(b"\x00\xb0")


SHARED = [
    '{"trace": 1}',
    '{"ms": 0, "card": "alice", "command": "00B0000001", "response": "019000"}',
    '{"ms": 0, "card": "bob", "fault": "drop during READ BINARY 1, once", "event": "READ BINARY", "number": 1}',
    '{"ms": 0, "card": "bob", "command": "00B0000002", "error": "NoAnswer"}',
    '{"ms": 0, "card": "alice", "command": "00B0000001", "response": "029000"}',
]


def test_one_card_of_several_is_played() -> None:
    channel = ReplayChannel(SHARED, card="alice")
    assert [channel.transmit(bytes.fromhex("00B0000001")).hex() for _ in range(2)] == ["019000", "029000"]


def test_silence_of_a_card_is_a_timeout() -> None:
    with pytest.raises(CardTimeoutError, match="line 4"):
        ReplayChannel(SHARED, card="bob").transmit(bytes.fromhex("00B0000002"))


def test_lines_are_read_with_faults_and_cards() -> None:
    found = [(line.number, line.card, line.fault, line.error) for line in read_trace(SHARED)]
    assert found == [
        (2, "alice", None, None),
        (3, "bob", "drop during READ BINARY 1, once", None),
        (4, "bob", None, "NoAnswer"),
        (5, "alice", None, None),
    ]


@pytest.mark.parametrize("text", ['{"card": "\\u001b[2J"}', '{"command": 5}', '{"fault": null}'])
def test_what_a_terminal_cannot_show_is_no_field(text: str) -> None:
    with pytest.raises(TraceError, match="line 2 of the trace has a field that is no text"):
        list(read_trace(['{"trace": 1}', text]))


OF_A_CARD = [
    '{"trace": 1}',
    '{"ms": 0, "atr": "3B00"}',
    '{"ms": 0, "command": "0020008004********", "response": "63C2"}',
    '{"ms": 0, "atr": "3B00"}',
    '{"ms": 0, "fault": "drop during READ BINARY 1, once", "event": "READ BINARY", "number": 1}',
    '{"ms": 0, "command": "00B0000002", "error": "NoAnswer"}',
    '{"ms": 0, "command": "00B0000002", "response": "****9000"}',
]


def test_recorded_card_answers_again_whenever_it_is_reset() -> None:
    card = ReplayCard(by_card(OF_A_CARD)[None])
    card.reset()
    assert (card.atr, card.process(bytes.fromhex("002000800439393939")).hex()) == (b"\x3b\x00", "63c2")
    card.power_off()
    assert [card.process(bytes.fromhex("00B0000002")).hex() for _ in range(2)] == ["", "00009000"]
    assert card.complaint == ""


@pytest.mark.parametrize(
    ("sent", "complaint"),
    [
        (["00B0000005"], "line 3 of the trace is not the command 00B00000…"),
        (["0020008004313233"], "line 3 of the trace is not the command 00200080…"),
        (
            ["002000800431323334", "00B0000002", "00B0000002", "00B0000002"],
            "the trace ended before the client did",
        ),
    ],
    ids=["another", "cut", "more"],
)
def test_recorded_card_says_where_the_client_went_another_way(sent: list[str], complaint: str) -> None:
    card = ReplayCard(by_card(OF_A_CARD)[None])
    answers = [card.process(bytes.fromhex(raw)).hex() for raw in sent]
    assert (answers[-1], card.complaint) == ("6f00", complaint)
    assert (card.process(bytes.fromhex("002000800431323334")).hex(), card.complaint) == ("6f00", complaint)


def test_trace_without_an_atr_is_no_card() -> None:
    with pytest.raises(TraceError, match="no ATR"):
        ReplayCard(by_card(SHARED)["alice"])


def test_lines_go_to_their_cards() -> None:
    assert {name: [line.number for line in lines] for name, lines in by_card(SHARED).items()} == {
        "alice": [2, 5],
        "bob": [3, 4],
    }
