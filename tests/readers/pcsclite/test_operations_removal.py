"""Cards and readers that come and go, between any two steps, and cards that are slow."""

from __future__ import annotations

import threading
import time

import pytest

from readers.pcsclite import PcscLiteServer
from readers.pcsclite.constants import Command, Disposition, Protocol, Rv, Share
from readers.pcsclite.operations import CardService
from readers.pcsclite.slots import Handle, Refusal
from readers.pcsclite.table import ReaderTable
from tests.readers.pcsclite.client import (
    ASK,
    BLOCK,
    NOT_VERIFIED,
    OK,
    TIMEOUT_S,
    VERIFY,
    RawClient,
    TellingCard,
    until,
)

T1 = Protocol.T1


# --- cards and readers that come and go


def test_old_handle_never_reaches_the_new_card(client: RawClient, server: PcscLiteServer, card: TellingCard) -> None:
    handle, successor = client.connect(), TellingCard()
    assert server.remove("Lab") is card
    server.insert("Lab", successor)
    assert client.transmit(handle, VERIFY) == (Rv.REMOVED_CARD, b"")
    assert client.status(handle) == Rv.REMOVED_CARD
    assert client.begin(handle) == Rv.REMOVED_CARD
    assert client.end(handle) == Rv.REMOVED_CARD
    assert client.attribute(handle, 0x00090303)[0] == Rv.REMOVED_CARD
    assert client.disconnect(handle, Disposition.RESET) == Rv.SUCCESS
    assert successor.log == []


def test_stale_handle_leaves_the_transaction_of_another(
    client: RawClient, other: RawClient, server: PcscLiteServer
) -> None:
    stale = client.connect()
    server.remove("Lab")
    server.insert("Lab", TellingCard())
    handle, third = other.connect(), client.connect()
    other.begin(handle)
    assert client.disconnect(stale, Disposition.RESET) == Rv.SUCCESS
    assert client.transmit(third, VERIFY)[0] == Rv.SHARING_VIOLATION
    assert other.end(handle) == Rv.SUCCESS


def test_only_reconnecting_binds_to_the_new_card(client: RawClient, server: PcscLiteServer) -> None:
    handle = client.connect()
    server.remove("Lab")
    assert client.reconnect(handle, Disposition.RESET) == Rv.NO_SMARTCARD
    server.insert("Lab", TellingCard())
    assert client.reconnect(handle, Disposition.LEAVE) == Rv.SUCCESS
    assert client.transmit(handle, ASK) == (Rv.SUCCESS, NOT_VERIFIED)


@pytest.mark.parametrize("disposition", Disposition)
def test_dispositions_without_a_card(client: RawClient, server: PcscLiteServer, disposition: Disposition) -> None:
    server.add_reader("Empty")
    handle = client.connect("Empty", Share.DIRECT, 0)
    assert [client.begin(handle), client.end(handle, disposition)] == [Rv.SUCCESS] * 2
    assert client.disconnect(handle, disposition) == Rv.SUCCESS


def test_removal_powers_off(client: RawClient, server: PcscLiteServer, card: TellingCard) -> None:
    client.connect()
    server.remove("Lab")
    assert card.log == ["reset", "off"]


def test_removal_ends_a_transaction(client: RawClient, other: RawClient, server: PcscLiteServer) -> None:
    client.begin(client.connect())
    server.remove("Lab")
    server.insert("Lab", TellingCard())
    assert other.begin(other.connect()) == Rv.SUCCESS


def test_stale_handle_does_not_keep_the_new_card_powered(
    client: RawClient, other: RawClient, server: PcscLiteServer
) -> None:
    client.connect()
    server.remove("Lab")
    server.insert("Lab", successor := TellingCard())
    handle = other.connect()
    other.transmit(handle, VERIFY)
    other.disconnect(handle, Disposition.LEAVE)
    assert successor.log == ["reset", "off"]


def test_removal_in_mid_command(client: RawClient, server: PcscLiteServer, card: TellingCard) -> None:
    handle = client.connect()
    client.send_transmit(handle, BLOCK)
    assert card.entered.wait(TIMEOUT_S)
    server.remove("Lab")
    assert client.context  # the removal did not wait for the card
    assert card.log == ["reset"]
    card.let_go.set()
    assert client.receive_transmit() == (Rv.REMOVED_CARD, b"")
    until(lambda: card.log == ["reset", "off"])


def test_card_removed_in_mid_command_sits_again_when_it_is_idle(
    client: RawClient, server: PcscLiteServer, card: TellingCard
) -> None:
    client.send_transmit(client.connect(), BLOCK)
    assert card.entered.wait(TIMEOUT_S)
    server.remove("Lab")
    threading.Timer(0.05, card.let_go.set).start()
    server.insert("Lab", card)
    assert card.log == ["reset", "off"]
    assert client.receive_transmit()[0] == Rv.REMOVED_CARD
    assert client.transmit(client.connect(), VERIFY) == (Rv.SUCCESS, OK)


def test_reader_that_is_unplugged(client: RawClient, server: PcscLiteServer, card: TellingCard) -> None:
    handle = client.connect()
    assert server.remove_reader("Lab") is card
    assert client.transmit(handle, VERIFY)[0] == Rv.READER_UNAVAILABLE
    assert client.status(handle) == Rv.READER_UNAVAILABLE
    assert client.begin(handle) == Rv.READER_UNAVAILABLE
    assert client.reconnect(handle, Disposition.LEAVE) == Rv.READER_UNAVAILABLE
    assert client.disconnect(handle, Disposition.RESET) == Rv.SUCCESS
    assert client.try_connect()[2] == Rv.UNKNOWN_READER
    assert client.states() == []
    assert card.log == ["reset", "off"]


def test_reader_unplugged_under_a_waiting_connect(client: RawClient, other: RawClient, server: PcscLiteServer) -> None:
    client.begin(client.connect())
    other.send(Command.CONNECT, other.context, b"Lab", Share.SHARED, 3, 0, 0, 0)
    time.sleep(0.05)
    server.remove_reader("Lab")
    assert other.receive(152)[-4:] == Rv.READER_UNAVAILABLE.to_bytes(4, "little")


# --- what falls between two steps: without sockets, with a hand on the seat


def _alive() -> bool:
    return True


@pytest.fixture
def table(card: TellingCard) -> ReaderTable:
    table = ReaderTable()
    table.add("Lab")
    table.insert("Lab", card)
    return table


@pytest.fixture
def service(table: ReaderTable) -> CardService:
    return CardService(table)


@pytest.fixture
def handle(service: CardService) -> Handle:
    return service.connect("Lab", Share.SHARED, T1, alive=_alive)


def test_power_off_that_comes_late_spares_the_next_user(
    service: CardService, handle: Handle, card: TellingCard
) -> None:
    """The last handle left, and before its power-off came through, somebody else started the card anew."""
    seat = handle.seat
    assert seat is not None
    leaving = threading.Thread(target=service.disconnect, args=(handle, 0), kwargs={"alive": _alive})
    with seat:
        leaving.start()
        until(lambda: not handle.slot.handles)
        seat.power_up()
    leaving.join(TIMEOUT_S)
    assert card.log == ["reset", "reset"]


def test_reset_that_comes_late_spares_a_removed_card(
    service: CardService, table: ReaderTable, handle: Handle, card: TellingCard
) -> None:
    seat = handle.seat
    assert seat is not None
    leaving = threading.Thread(target=service.disconnect, args=(handle, 1), kwargs={"alive": _alive})
    with seat:
        leaving.start()
        until(lambda: handle.slot.owner is handle)
        table.remove("Lab")
    leaving.join(TIMEOUT_S)
    assert card.log == ["reset", "off"]


def test_connection_that_comes_late_spares_a_removed_card(
    service: CardService, table: ReaderTable, card: TellingCard
) -> None:
    slot, refusals = table.find("Lab"), []

    def connect() -> None:
        with pytest.raises(Refusal) as refusal:
            service.connect("Lab", Share.SHARED, T1, alive=_alive)
        refusals.append(refusal.value.rv)

    connecting = threading.Thread(target=connect)
    assert slot.seat is not None
    with slot.seat:
        connecting.start()
        until(lambda: bool(slot.handles))
        table.remove("Lab")
    connecting.join(TIMEOUT_S)
    assert (refusals, slot.handles, slot.contexts, card.log) == ([Rv.REMOVED_CARD], [], 0, [])


# --- slow cards


def test_slow_card_delays_only_its_own_users(
    client: RawClient, other: RawClient, server: PcscLiteServer, card: TellingCard
) -> None:
    server.add_reader("Quick", TellingCard())
    client.send_transmit(client.connect(), BLOCK)
    assert card.entered.wait(TIMEOUT_S)
    started = time.monotonic()
    assert other.transmit(other.connect("Quick"), VERIFY) == (Rv.SUCCESS, OK)
    assert [state.name for state in other.states()] == ["Lab", "Quick"]
    other.wait()
    server.add_reader("Third")
    assert other.signal() == Rv.SUCCESS
    assert time.monotonic() - started < 1
    card.let_go.set()
    assert client.receive_transmit() == (Rv.SUCCESS, OK)


def test_slow_card_is_asked_one_thing_at_a_time(client: RawClient, other: RawClient, card: TellingCard) -> None:
    mine, theirs = client.connect(), other.connect()
    client.send_transmit(mine, BLOCK)
    assert card.entered.wait(TIMEOUT_S)
    other.send_transmit(theirs, VERIFY)
    time.sleep(0.05)
    card.let_go.set()
    assert client.receive_transmit() == (Rv.SUCCESS, OK)
    assert other.receive_transmit() == (Rv.SUCCESS, OK)
    assert not card.overlapped
