"""The in-process reader: a card without a wire."""

from __future__ import annotations

import pytest

from readers.errors import ReaderClosedError
from readers.inprocess import InProcessChannel


class Echo:
    """A card that answers what it was sent and notes its resets."""

    atr = bytes.fromhex("3B00")

    def __init__(self) -> None:
        self.log: list[str] = []

    def power_off(self) -> None:
        self.log.append("off")

    def reset(self) -> None:
        self.log.append("reset")

    def process(self, raw: bytes) -> bytes:
        return raw + b"\x90\x00"


def test_opening_resets_the_card() -> None:
    card = Echo()
    InProcessChannel(card)
    assert card.log == ["reset"]


def test_a_command_reaches_the_card_and_its_answer_comes_back() -> None:
    assert InProcessChannel(Echo()).transmit(b"\x00\xa4\x00\x00") == b"\x00\xa4\x00\x00\x90\x00"


def test_reset_resets_and_gives_the_atr() -> None:
    card = Echo()
    assert InProcessChannel(card).reset() == bytes.fromhex("3B00")
    assert card.log == ["reset", "reset"]


def test_closing_powers_the_card_off_once() -> None:
    card = Echo()
    with InProcessChannel(card) as channel:
        channel.close()
    assert card.log == ["reset", "off"]


def test_a_closed_channel_refuses_commands() -> None:
    channel = InProcessChannel(Echo())
    channel.close()
    with pytest.raises(ReaderClosedError):
        channel.transmit(b"\x00\xa4\x00\x00")


def test_a_closed_channel_refuses_a_reset() -> None:
    channel = InProcessChannel(Echo())
    channel.close()
    with pytest.raises(ReaderClosedError):
        channel.reset()
