"""Traces: what is written, what never is, and a recorded session as a channel."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest

from readers.errors import CardRemovedError, ReaderError, TraceError
from readers.trace import RecordingChannel, ReplayChannel

SELECT_JPKI = "00A4040C0AD392F000260100000001"
SELECT_TEXT = "00A4040C0AD3921000310001010408"
SELECT_0A, SELECT_01, SELECT_06 = "00A4020C02000A", "00A4020C020001", "00A4020C020006"
READ = "00B0000004"
DATA = "3082061F9000"


class Script:
    """Answers in order; an exception is raised."""

    def __init__(self, *answers: str | Exception) -> None:
        self.answers: Iterator[str | Exception] = iter(answers)

    def transmit(self, raw: bytes) -> bytes:
        answer = next(self.answers)
        if isinstance(answer, Exception):
            raise answer
        return bytes.fromhex(answer)

    def reset(self) -> bytes:
        return b"\x3b\x00"


def record(*exchanges: tuple[str, str | Exception], unsafe: bool = False) -> list[str]:
    """The lines of a session after a reset."""
    file = io.StringIO()
    ticks = iter(range(100))
    channel = RecordingChannel(
        Script(*(answer for _, answer in exchanges)),
        file.write,
        clock=lambda: next(ticks) / 1000,
        unsafe_keep_secrets=unsafe,
    )
    channel.reset()
    for command, _ in exchanges:
        try:
            channel.transmit(bytes.fromhex(command))
        except ReaderError:
            continue
    return file.getvalue().splitlines()


def last(*exchanges: tuple[str, str | Exception], unsafe: bool = False) -> tuple[str, str]:
    line = json.loads(record(*exchanges, unsafe=unsafe)[-1])
    return line["command"], line["response"]


IN_JPKI, IN_TEXT = (SELECT_JPKI, "9000"), (SELECT_TEXT, "9000")


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
    channel = RecordingChannel(script, None, clock=lambda: 0.0)
    assert channel.transmit == script.transmit
    assert channel.reset() == b"\x3b\x00"


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
