"""Sharing, transactions, resets and power, as several clients see them through the wire."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

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
)

Clients = Callable[..., RawClient]
T0, T1, RAW = Protocol.T0, Protocol.T1, Protocol.RAW


@pytest.fixture
def other(new_client: Clients) -> RawClient:
    return new_client()


# --- connecting


@pytest.mark.parametrize(
    ("share", "protocols", "active"),
    [
        pytest.param(Share.SHARED, T1, T1, id="t1"),
        pytest.param(Share.SHARED, T0 | T1, T1, id="any"),
        pytest.param(Share.SHARED, 0x1000, T1, id="any-old"),
        pytest.param(Share.EXCLUSIVE, T0 | T1, T1, id="exclusive"),
        pytest.param(Share.SHARED, RAW, RAW, id="raw"),
        pytest.param(Share.DIRECT, RAW, RAW, id="direct-raw"),
        pytest.param(Share.DIRECT, 0, 0, id="direct-none"),
        pytest.param(Share.DIRECT, T0 | T1, 0, id="direct-any"),
    ],
)
def test_active_protocol(client: RawClient, share: int, protocols: int, active: int) -> None:
    handle, protocol, rv = client.try_connect("Lab", share, protocols)
    assert (protocol, rv) == (active, Rv.SUCCESS)
    assert handle > 0


@pytest.mark.parametrize(
    ("reader", "share", "protocols", "rv"),
    [
        pytest.param("Lab", Share.SHARED, T0, Rv.PROTO_MISMATCH, id="t0-only"),
        pytest.param("Lab", Share.SHARED, 0, Rv.PROTO_MISMATCH, id="no-protocol"),
        pytest.param("Lab", Share.SHARED, 8, Rv.PROTO_MISMATCH, id="t15-only"),
        pytest.param("Lab", 0, T1, Rv.INVALID_VALUE, id="share-0"),
        pytest.param("Lab", 4, T1, Rv.INVALID_VALUE, id="share-4"),
        pytest.param("Lab 2", Share.SHARED, T1, Rv.UNKNOWN_READER, id="unknown-reader"),
        pytest.param("", Share.SHARED, T1, Rv.UNKNOWN_READER, id="no-name"),
        pytest.param("Empty", Share.SHARED, T1, Rv.NO_SMARTCARD, id="empty"),
        pytest.param("Empty", Share.EXCLUSIVE, T1, Rv.NO_SMARTCARD, id="empty-exclusive"),
        pytest.param("Empty", Share.DIRECT, 0, Rv.SUCCESS, id="empty-direct"),
    ],
)
def test_connect_answers(
    client: RawClient, server: PcscLiteServer, reader: str, share: int, protocols: int, rv: int
) -> None:
    server.add_reader("Empty")
    assert client.try_connect(reader, share, protocols)[2] == rv


@pytest.mark.parametrize(
    ("first", "second", "rv"),
    [
        pytest.param(Share.SHARED, Share.SHARED, Rv.SUCCESS, id="shared-shared"),
        pytest.param(Share.SHARED, Share.DIRECT, Rv.SUCCESS, id="shared-direct"),
        pytest.param(Share.SHARED, Share.EXCLUSIVE, Rv.SHARING_VIOLATION, id="shared-exclusive"),
        pytest.param(Share.DIRECT, Share.EXCLUSIVE, Rv.SHARING_VIOLATION, id="direct-exclusive"),
        pytest.param(Share.EXCLUSIVE, Share.SHARED, Rv.SHARING_VIOLATION, id="exclusive-shared"),
        pytest.param(Share.EXCLUSIVE, Share.DIRECT, Rv.SHARING_VIOLATION, id="exclusive-direct"),
        pytest.param(Share.EXCLUSIVE, Share.EXCLUSIVE, Rv.SHARING_VIOLATION, id="exclusive-exclusive"),
    ],
)
def test_sharing_modes(client: RawClient, other: RawClient, first: int, second: int, rv: int) -> None:
    client.connect(share=first)
    assert other.try_connect("Lab", second)[2] == rv


def test_sharing_is_shown(client: RawClient, other: RawClient) -> None:
    first, second = client.connect(), other.connect()
    assert client.states()[0].sharing == 2
    other.disconnect(second)
    client.reconnect(first, Disposition.LEAVE, Share.EXCLUSIVE)
    assert other.states()[0].sharing == -1
    client.disconnect(first)
    assert other.states()[0].sharing == 0


@pytest.mark.parametrize("rounds", [1, 2])
def test_exclusive_ends_with_its_handle(client: RawClient, other: RawClient, rounds: int) -> None:
    for _ in range(rounds):
        client.disconnect(client.connect(share=Share.EXCLUSIVE))
    assert other.try_connect()[2] == Rv.SUCCESS


def test_exclusive_is_given_up_by_reconnecting(client: RawClient, other: RawClient) -> None:
    handle = client.connect(share=Share.EXCLUSIVE)
    assert client.reconnect(handle, Disposition.LEAVE, Share.SHARED) == Rv.SUCCESS
    shared = other.connect()
    assert other.transmit(shared, VERIFY) == (Rv.SUCCESS, OK)


def test_exclusive_by_reconnecting_needs_to_be_alone(client: RawClient, other: RawClient) -> None:
    handle = client.connect()
    second = other.connect()
    assert client.reconnect(handle, Disposition.LEAVE, Share.EXCLUSIVE) == Rv.SHARING_VIOLATION
    other.disconnect(second)
    assert client.reconnect(handle, Disposition.LEAVE, Share.EXCLUSIVE) == Rv.SUCCESS
    assert other.try_connect()[2] == Rv.SHARING_VIOLATION


# --- transmitting


@pytest.mark.parametrize("size", [6, 261, 4102, 65536])
def test_transmit_sizes(client: RawClient, size: int) -> None:
    command = bytes(5) + bytes(i & 0xFF for i in range(size - 5))
    assert client.transmit(client.connect(), command) == (Rv.SUCCESS, command[5:] + OK)


def test_largest_command(client: RawClient) -> None:
    rv, response = client.transmit(client.connect(), bytes(65544))
    assert (rv, len(response)) == (Rv.SUCCESS, 65541)


def test_empty_command_reaches_the_card(client: RawClient) -> None:
    assert client.transmit(client.connect(), b"") == (Rv.SUCCESS, OK)


def test_response_that_does_not_fit(client: RawClient) -> None:
    handle = client.connect()
    assert client.transmit(handle, bytes(25), room=21) == (Rv.INSUFFICIENT_BUFFER, b"")
    assert client.announced == 22
    assert client.transmit(handle, bytes(25), room=22) == (Rv.SUCCESS, bytes(20) + OK)


@pytest.mark.parametrize(
    ("protocol", "rv"),
    [(T0, Rv.PROTO_MISMATCH), (T1, Rv.SUCCESS), (RAW, Rv.SUCCESS), (0, Rv.PROTO_MISMATCH), (0x1000, Rv.SUCCESS)],
    ids=["t0", "t1", "raw", "none", "any-old"],
)
def test_protocol_of_the_pci(client: RawClient, protocol: int, rv: int) -> None:
    assert client.transmit(client.connect(), VERIFY, protocol=protocol)[0] == rv


def test_refused_transmit_announces_nothing(client: RawClient) -> None:
    client.transmit(client.connect(), VERIFY, protocol=T0)
    assert client.announced == 0


def test_direct_handle_without_power(client: RawClient) -> None:
    handle = client.connect(share=Share.DIRECT, protocols=RAW)
    assert client.transmit(handle, VERIFY, protocol=RAW)[0] == Rv.UNPOWERED_CARD


def test_direct_handle_without_card(client: RawClient, server: PcscLiteServer) -> None:
    server.add_reader("Empty")
    handle = client.connect("Empty", Share.DIRECT, 0)
    assert client.transmit(handle, VERIFY, protocol=RAW)[0] == Rv.NO_SMARTCARD


def test_direct_handle_takes_a_card_by_reconnecting(client: RawClient, server: PcscLiteServer) -> None:
    server.add_reader("Late")
    handle = client.connect("Late", Share.DIRECT, 0)
    assert client.reconnect(handle, Disposition.LEAVE) == Rv.NO_SMARTCARD
    server.insert("Late", TellingCard())
    assert client.reconnect(handle, Disposition.LEAVE) == Rv.SUCCESS
    assert client.transmit(handle, VERIFY) == (Rv.SUCCESS, OK)


def test_raw_handle_leaves_the_protocol_of_others(client: RawClient, other: RawClient) -> None:
    handle = client.connect()
    other.connect(share=Share.DIRECT, protocols=RAW)
    assert client.transmit(handle, VERIFY, protocol=T1)[0] == Rv.SUCCESS
    assert client.states()[0].protocol == T1


# --- power: what one client verified, the next never has


def test_card_is_powered_by_the_first_and_off_after_the_last(
    client: RawClient, other: RawClient, card: TellingCard
) -> None:
    first, second = client.connect(), other.connect()
    client.disconnect(first)
    assert card.log == ["reset"]
    other.disconnect(second)
    assert card.log == ["reset", "off"]
    assert client.states()[0].state == 0x34  # as pcscd shows an idle card: present, powered, negotiable


@pytest.mark.parametrize("disposition", Disposition)
def test_next_client_is_not_verified(client: RawClient, other: RawClient, disposition: Disposition) -> None:
    handle = client.connect()
    client.transmit(handle, VERIFY)
    client.disconnect(handle, disposition)
    assert other.transmit(other.connect(), ASK) == (Rv.SUCCESS, NOT_VERIFIED)


def test_client_that_dies_leaves_no_verified_card(client: RawClient, other: RawClient, card: TellingCard) -> None:
    client.transmit(client.connect(), VERIFY)
    client.close()
    _until(lambda: card.log == ["reset", "off"])
    assert other.transmit(other.connect(), ASK) == (Rv.SUCCESS, NOT_VERIFIED)


def test_verified_card_stays_so_while_in_use(client: RawClient, other: RawClient) -> None:
    handle, second = client.connect(), other.connect()
    client.transmit(handle, VERIFY)
    client.disconnect(handle, Disposition.LEAVE)
    assert other.transmit(second, ASK) == (Rv.SUCCESS, OK)


@pytest.mark.parametrize("disposition", [Disposition.RESET, Disposition.UNPOWER, Disposition.EJECT])
def test_disconnecting_with_a_reset_is_seen_by_others(
    client: RawClient, other: RawClient, disposition: Disposition
) -> None:
    handle, second = client.connect(), other.connect()
    client.transmit(handle, VERIFY)
    client.disconnect(handle, disposition)
    assert other.transmit(second, ASK) == (Rv.RESET_CARD, b"")
    assert other.status(second) == Rv.RESET_CARD
    assert other.begin(second) == Rv.RESET_CARD
    assert other.reconnect(second, Disposition.LEAVE) == Rv.SUCCESS
    assert other.transmit(second, ASK) == (Rv.SUCCESS, NOT_VERIFIED)


@pytest.mark.parametrize(
    ("initialization", "log"),
    [
        (Disposition.LEAVE, []),
        (Disposition.RESET, ["reset"]),
        (Disposition.UNPOWER, ["off", "reset"]),
    ],
)
def test_reconnecting(
    client: RawClient, other: RawClient, card: TellingCard, initialization: Disposition, log: list[str]
) -> None:
    handle, second = client.connect(), other.connect()
    client.transmit(handle, VERIFY)
    card.log.clear()
    assert client.reconnect(handle, initialization) == Rv.SUCCESS
    assert card.log == log
    assert client.transmit(handle, ASK) == (Rv.SUCCESS, NOT_VERIFIED if log else OK)
    assert other.status(second) == (Rv.RESET_CARD if log else Rv.SUCCESS)


@pytest.mark.parametrize(
    ("initialization", "share", "protocols", "rv"),
    [
        pytest.param(Disposition.EJECT, Share.SHARED, T1, Rv.INVALID_VALUE, id="eject"),
        pytest.param(4, Share.SHARED, T1, Rv.INVALID_VALUE, id="initialization-4"),
        pytest.param(Disposition.LEAVE, 9, T1, Rv.INVALID_VALUE, id="share-9"),
        pytest.param(Disposition.RESET, Share.SHARED, T0, Rv.PROTO_MISMATCH, id="t0-only"),
    ],
)
def test_reconnect_refuses(
    client: RawClient, card: TellingCard, initialization: int, share: int, protocols: int, rv: int
) -> None:
    handle = client.connect()
    client.transmit(handle, VERIFY)
    assert client.reconnect(handle, initialization, share, protocols) == rv
    assert client.transmit(handle, ASK) == (Rv.SUCCESS, OK)


def test_unknown_disposition(client: RawClient) -> None:
    handle = client.connect()
    assert client.disconnect(handle, 4) == Rv.INVALID_VALUE
    assert client.end(handle, 4) == Rv.INVALID_VALUE
    assert client.status(handle) == Rv.SUCCESS


# --- transactions


def test_transaction_shuts_others_out(client: RawClient, other: RawClient) -> None:
    mine, theirs = client.connect(), other.connect()
    assert client.begin(mine) == Rv.SUCCESS
    assert other.transmit(theirs, VERIFY) == (Rv.SHARING_VIOLATION, b"")
    assert other.status(theirs) == Rv.SHARING_VIOLATION
    assert other.begin(theirs) == Rv.SHARING_VIOLATION
    assert other.reconnect(theirs, Disposition.RESET) == Rv.SHARING_VIOLATION
    assert other.control(theirs, 0x42000D48) == (Rv.SHARING_VIOLATION, b"")
    assert other.attribute(theirs, 0x00090303)[0] == Rv.SHARING_VIOLATION
    assert other.end(theirs) == Rv.SHARING_VIOLATION
    assert client.transmit(mine, VERIFY) == (Rv.SUCCESS, OK)
    assert client.end(mine) == Rv.SUCCESS
    assert other.transmit(theirs, VERIFY) == (Rv.SUCCESS, OK)


def test_transactions_nest(client: RawClient, other: RawClient) -> None:
    mine, theirs = client.connect(), other.connect()
    assert [client.begin(mine), client.begin(mine), client.end(mine)] == [Rv.SUCCESS] * 3
    assert other.transmit(theirs, VERIFY)[0] == Rv.SHARING_VIOLATION
    assert client.end(mine) == Rv.SUCCESS
    assert other.transmit(theirs, VERIFY)[0] == Rv.SUCCESS
    assert client.end(mine) == Rv.NOT_TRANSACTED


def test_exclusive_handle_keeps_its_outermost_lock(client: RawClient) -> None:
    handle = client.connect(share=Share.EXCLUSIVE)
    assert [client.begin(handle), client.end(handle), client.end(handle)] == [0, 0, Rv.NOT_TRANSACTED]


def test_begin_takes_the_lock_the_moment_it_is_free(client: RawClient, other: RawClient) -> None:
    mine, theirs = client.connect(), other.connect()
    client.begin(mine)
    other.send(Command.BEGIN_TRANSACTION, theirs, 0)
    time.sleep(0.03)  # less than the 100 ms after which it is refused
    client.end(mine)
    assert other.receive(8)[4:] == bytes(4)


def test_connect_waits_for_the_end_of_a_transaction(client: RawClient, other: RawClient) -> None:
    mine = client.connect()
    client.begin(mine)
    done = threading.Thread(target=other.connect)
    done.start()
    time.sleep(0.15)
    assert done.is_alive()
    client.end(mine)
    done.join(TIMEOUT_S)
    assert not done.is_alive()


def test_disconnect_with_reset_waits_for_the_end_of_a_transaction(client: RawClient, other: RawClient) -> None:
    mine, theirs = client.connect(), other.connect()
    client.begin(mine)
    client.transmit(mine, VERIFY)
    done = threading.Thread(target=other.disconnect, args=(theirs, Disposition.RESET))
    done.start()
    time.sleep(0.05)
    assert client.transmit(mine, ASK) == (Rv.SUCCESS, OK)
    client.end(mine)
    done.join(TIMEOUT_S)
    assert client.transmit(mine, ASK)[0] == Rv.RESET_CARD


def test_disconnect_with_leave_does_not_wait(client: RawClient, other: RawClient) -> None:
    mine, theirs = client.connect(), other.connect()
    client.begin(mine)
    assert other.disconnect(theirs, Disposition.LEAVE) == Rv.SUCCESS
    assert client.end(mine) == Rv.SUCCESS


@pytest.mark.parametrize("ending", ["close", "release", "disconnect"])
def test_lock_ends_with_its_holder(client: RawClient, other: RawClient, ending: str) -> None:
    mine, theirs = client.connect(), other.connect()
    client.transmit(mine, VERIFY)
    client.begin(mine)
    client.disconnect(mine) if ending == "disconnect" else getattr(client, ending)()
    _until(lambda: other.begin(theirs) != Rv.SHARING_VIOLATION)
    # a transaction that its holder never ended: pcscd resets the card unless the holder disconnects properly
    assert other.status(theirs) == (Rv.SUCCESS if ending == "disconnect" else Rv.RESET_CARD)


def test_dead_client_does_not_take_the_lock_it_waited_for(client: RawClient, new_client: Clients) -> None:
    mine = client.connect()
    client.begin(mine)
    waiting = new_client()
    waiting.send(Command.CONNECT, waiting.context, b"Lab", Share.EXCLUSIVE, 3, 0, 0, 0)
    time.sleep(0.05)
    waiting.close()
    time.sleep(0.25)
    client.disconnect(mine)
    assert client.states()[0].sharing == 0


@pytest.mark.parametrize(
    ("disposition", "log"), [(Disposition.RESET, ["reset"]), (Disposition.UNPOWER, ["off", "reset"])]
)
def test_ending_a_transaction_with_a_reset(
    client: RawClient, card: TellingCard, disposition: Disposition, log: list[str]
) -> None:
    handle = client.connect()
    client.begin(handle)
    client.transmit(handle, VERIFY)
    card.log.clear()
    assert client.end(handle, disposition) == Rv.SUCCESS
    assert card.log == log
    assert client.transmit(handle, ASK)[0] == Rv.RESET_CARD  # winscard.c: the own handle, too
    assert client.reconnect(handle, Disposition.LEAVE) == Rv.SUCCESS
    assert client.transmit(handle, ASK) == (Rv.SUCCESS, NOT_VERIFIED)


def test_no_command_slips_into_a_transaction(client: RawClient, other: RawClient, card: TellingCard) -> None:
    """A command under way when a transaction begins is through before the transaction's first command."""
    mine, theirs = client.connect(), other.connect()
    other.send_transmit(theirs, BLOCK)
    assert card.entered.wait(TIMEOUT_S)
    assert client.begin(mine) == Rv.SUCCESS
    client.send_transmit(mine, VERIFY)
    other.send(Command.STATUS, theirs, 0)  # queued behind its own command
    card.let_go.set()
    assert client.receive_transmit() == (Rv.SUCCESS, OK)
    assert other.receive_transmit() == (Rv.SUCCESS, OK)
    assert not card.overlapped


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
        _until(lambda: not handle.slot.handles)
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
        _until(lambda: handle.slot.owner is handle)
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
        _until(lambda: bool(slot.handles))
        table.remove("Lab")
    connecting.join(TIMEOUT_S)
    assert (refusals, slot.handles, slot.contexts, card.log) == ([Rv.REMOVED_CARD], [], 0, [])


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
    _until(lambda: card.log == ["reset", "off"])


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


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.002)
