"""The three channel wrappers, against a scripted channel that checks what it is sent."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from apdu.chaining import MAX_ROUNDS, CommandChaining, ExactNe, GetResponse
from apdu.errors import ChainingError
from apdu.ports import Channel


class Script:
    """Answers from a list and remembers the commands."""

    def __init__(self, *answers: str) -> None:
        self._answers = [bytes.fromhex(answer) for answer in answers]
        self.sent: list[str] = []

    def transmit(self, raw: bytes) -> bytes:
        self.sent.append(raw.hex().upper())
        return self._answers.pop(0)

    def reset(self) -> bytes:
        return bytes.fromhex("3B00")


WRAPPERS: list[Callable[[Channel], Channel]] = [CommandChaining, GetResponse, ExactNe]


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_reset_passes(wrapper: Callable[[Channel], Channel]) -> None:
    assert wrapper(Script()).reset() == bytes.fromhex("3B00")


@pytest.mark.parametrize("wrapper", WRAPPERS)
@pytest.mark.parametrize("raw", ["00200080", "00A4040C0AD392F000260100000001", "", "00A404"])
def test_what_needs_nothing_passes_unchanged(wrapper: Callable[[Channel], Channel], raw: str) -> None:
    """What is no command APDU goes down too: refusing it is the card's part."""
    below = Script("63C3")
    assert wrapper(below).transmit(bytes.fromhex(raw)) == bytes.fromhex("63C3")
    assert below.sent == [raw]


def test_chain_of_three_links() -> None:
    below = Script("9000", "9000", "AA9000")
    raw = bytes.fromhex("802A0080000005 0102030405 0000")
    assert CommandChaining(below, limit=2).transmit(raw) == bytes.fromhex("AA9000")
    assert below.sent == ["902A0080020102", "902A0080020304", "802A0080000001050000"]


def test_last_link_full() -> None:
    below = Script("9000", "9000")
    CommandChaining(below, limit=2).transmit(bytes.fromhex("80AE00000401020304"))
    assert below.sent == ["90AE0000020102", "80AE0000020304"]


def test_long_data_with_the_default_limit() -> None:
    below = Script("9000", "9000")
    CommandChaining(below).transmit(bytes.fromhex("80A200C1000100") + b"\xa5" * 256)
    assert below.sent == ["90A200C1FF" + "A5" * 255, "80A200C101A5"]


def test_refused_link_ends_the_chain() -> None:
    below = Script("6884")
    assert CommandChaining(below, limit=2).transmit(bytes.fromhex("80AE000003010203")) == bytes.fromhex("6884")
    assert len(below.sent) == 1


@pytest.mark.parametrize("limit", [0, 256])
def test_limit_is_a_short_lc(limit: int) -> None:
    with pytest.raises(ValueError, match=r"1\.\.255"):
        CommandChaining(Script(), limit=limit)


def test_get_response_collects() -> None:
    below = Script("AA6102", "BBCC6100", "DD9000")
    assert GetResponse(below).transmit(bytes.fromhex("00B0000000")) == bytes.fromhex("AABBCCDD9000")
    assert below.sent == ["00B0000000", "00C0000002", "00C0000000"]


def test_get_response_keeps_class_without_chaining_bit() -> None:
    below = Script("6101", "AA9000")
    GetResponse(below).transmit(bytes.fromhex("902A008001AA"))
    assert below.sent[1] == "80C0000001"


def test_get_response_reports_the_last_status() -> None:
    below = Script("6102", "6982")
    assert GetResponse(below).transmit(bytes.fromhex("00B0000000")) == bytes.fromhex("6982")


def test_get_response_is_bounded() -> None:
    below = Script(*["6101"] * (MAX_ROUNDS + 1))
    with pytest.raises(ChainingError, match=str(MAX_ROUNDS)) as caught:
        GetResponse(below).transmit(bytes.fromhex("00B0000000"))
    assert caught.value.hint
    assert len(below.sent) == MAX_ROUNDS + 1


def test_exact_ne_sends_again() -> None:
    below = Script("6C11", "AA9000")
    assert ExactNe(below).transmit(bytes.fromhex("00B0000000")) == bytes.fromhex("AA9000")
    assert below.sent == ["00B0000000", "00B0000011"]


def test_exact_ne_00_is_256() -> None:
    below = Script("6C00", "AA9000")
    ExactNe(below).transmit(bytes.fromhex("802A008001AA10"))
    assert below.sent[1] == "802A008001AA00"


def test_exact_ne_only_once() -> None:
    below = Script("6C11", "6C12")
    assert ExactNe(below).transmit(bytes.fromhex("00B0000000")) == bytes.fromhex("6C12")
    assert len(below.sent) == 2


def test_exact_ne_never_repeats_a_command_without_le() -> None:
    """A VERIFY sent twice costs two tries."""
    below = Script("6C11")
    assert ExactNe(below).transmit(bytes.fromhex("002000800431323334")) == bytes.fromhex("6C11")
    assert len(below.sent) == 1


def test_stacked() -> None:
    """A long command in links, Le corrected, the answer in pieces."""
    below = Script("9000", "6C03", "AA6102", "BBCC9000")
    channel = GetResponse(CommandChaining(ExactNe(below), limit=2))
    assert channel.transmit(bytes.fromhex("802A00800301020300")) == bytes.fromhex("AABBCC9000")
    assert below.sent == ["902A0080020102", "802A0080010300", "802A0080010303", "80C0000002"]
