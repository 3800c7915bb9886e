"""Transactions between clients, those that die included."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from readers.pcsclite.constants import Command, Disposition, Rv, Share
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

Clients = Callable[..., RawClient]


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
    until(lambda: other.begin(theirs) != Rv.SHARING_VIOLATION)
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
