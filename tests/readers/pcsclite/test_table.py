"""Readers and cards as the lab arranges them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from readers.errors import NoCardError, NoReaderError, SlotError
from readers.pcsclite import PcscLiteServer
from readers.pcsclite.constants import MAX_READERS, Rv
from tests.readers.pcsclite.client import BLOCK, OK, TIMEOUT_S, VERIFY, RawClient, TellingCard


def test_sixteen_readers(client: RawClient, server: PcscLiteServer) -> None:
    for number in range(1, MAX_READERS):
        server.add_reader(f"Reader {number:02}", TellingCard())
    states = client.states()
    assert [state.name for state in states] == list(server.readers)
    assert len(states) == MAX_READERS
    handles = [client.connect(state.name) for state in states]
    assert [client.transmit(handle, VERIFY) for handle in handles] == [(Rv.SUCCESS, OK)] * MAX_READERS


def test_seventeenth_reader(server: PcscLiteServer) -> None:
    for number in range(1, MAX_READERS):
        server.add_reader(f"Reader {number:02}")
    with pytest.raises(SlotError, match="there are 16 readers already"):
        server.add_reader("One too many")
    server.remove_reader("Reader 07")
    server.add_reader("One too many")
    assert server.readers[7] == "One too many"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        pytest.param("", "1 to 127 bytes", id="empty"),
        pytest.param("x" * 128, "1 to 127 bytes", id="long"),
        pytest.param("カード" * 15, "1 to 127 bytes", id="long-in-utf-8"),
        pytest.param("a\0b", "no NUL", id="nul"),
        pytest.param("\ud800", "characters that UTF-8 has", id="lone-surrogate"),
        pytest.param("Lab", "a reader 'Lab' already", id="known"),
    ],
)
def test_bad_names(server: PcscLiteServer, name: str, message: str) -> None:
    with pytest.raises(SlotError, match=message):
        server.add_reader(name)
    assert server.readers == ("Lab",)


@pytest.mark.parametrize("name", ["x" * 127, "カードリーダ 1", "Virtual PCD 00 00"], ids=["longest", "kanji", "spaces"])
def test_good_names(client: RawClient, server: PcscLiteServer, name: str) -> None:
    server.add_reader(name, TellingCard())
    assert client.states()[1].name == name
    assert client.try_connect(name)[2] == Rv.SUCCESS


def test_full_reader_takes_no_second_card(server: PcscLiteServer) -> None:
    with pytest.raises(SlotError, match="there is a card in 'Lab' already"):
        server.insert("Lab", TellingCard())


def test_card_sits_in_one_reader(server: PcscLiteServer, card: TellingCard) -> None:
    server.add_reader("Second")
    with pytest.raises(SlotError, match="this card is in 'Lab'"):
        server.insert("Second", card)
    server.remove("Lab")
    server.insert("Second", card)


@pytest.mark.parametrize("atr", ["", "3B", "3B" * 34], ids=["none", "one-byte", "34-bytes"])
def test_impossible_atr(server: PcscLiteServer, atr: str) -> None:
    server.remove("Lab")
    with pytest.raises(SlotError, match="an ATR has 2 to 33 bytes"):
        server.insert("Lab", TellingCard(atr))


def test_longest_atr(client: RawClient, server: PcscLiteServer) -> None:
    server.remove("Lab")
    server.insert("Lab", TellingCard("3B" * 33))
    assert client.states()[0].atr == b"\x3b" * 33


def test_card_that_hangs_sits_nowhere_else(
    client: RawClient, server: PcscLiteServer, card: TellingCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("readers.pcsclite.table.SETTLE_TIMEOUT_S", 0.05)
    client.send_transmit(client.connect(), BLOCK)
    assert card.entered.wait(TIMEOUT_S)
    server.remove("Lab")
    with pytest.raises(SlotError, match="still works on a command from before its removal"):
        server.insert("Lab", card)
    server.insert("Lab", TellingCard())  # another card is not held up
    card.let_go.set()
    assert client.receive_transmit() == (Rv.REMOVED_CARD, b"")


def test_no_card_to_remove(server: PcscLiteServer) -> None:
    server.remove("Lab")
    with pytest.raises(NoCardError, match="no card in 'Lab'"):
        server.remove("Lab")


@pytest.mark.parametrize(
    "action",
    [
        pytest.param(lambda server: server.insert("Nowhere", TellingCard()), id="insert"),
        pytest.param(lambda server: server.remove("Nowhere"), id="remove"),
        pytest.param(lambda server: server.remove_reader("Nowhere"), id="remove-reader"),
    ],
)
def test_unknown_reader(server: PcscLiteServer, action: Callable[[PcscLiteServer], object]) -> None:
    with pytest.raises(NoReaderError) as error:
        action(server)
    assert error.value.available == ("Lab",)


def test_unplugged_reader_returns_its_card(server: PcscLiteServer, card: TellingCard) -> None:
    assert server.remove_reader("Lab") is card
    assert server.add_reader("Lab") == "Lab"
    assert server.remove_reader("Lab") is None
