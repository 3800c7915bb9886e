"""One answer for each wait, never before the reader states, whatever crosses what."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from readers.pcsclite import PcscLiteServer
from readers.pcsclite.constants import Command, Rv
from readers.pcsclite.events import EventHub, Waiter
from tests.readers.pcsclite.client import SIGNAL, RawClient, TellingCard


class Log(list[Rv]):
    """The signals that went out."""


@pytest.fixture
def signals() -> Log:
    return Log()


@pytest.fixture
def hub(signals: Log) -> EventHub:
    return EventHub()


@pytest.fixture
def waiter(hub: EventHub, signals: Log) -> Waiter:
    waiter = Waiter(signals.append)
    hub.add(waiter)
    return waiter


def _armed(hub: EventHub, waiter: Waiter) -> None:
    hub.begin(waiter)
    hub.arm(waiter)


def test_change_is_signalled_once(hub: EventHub, waiter: Waiter, signals: Log) -> None:
    _armed(hub, waiter)
    hub.changed()
    hub.changed()
    assert signals == [Rv.SUCCESS]


def test_nobody_is_told_who_does_not_wait(hub: EventHub, waiter: Waiter, signals: Log) -> None:
    hub.changed()
    assert signals == []


def test_stop_is_answered_while_waiting(hub: EventHub, waiter: Waiter, signals: Log) -> None:
    _armed(hub, waiter)
    assert hub.stop(waiter) is Rv.SUCCESS
    hub.changed()
    assert signals == []


def test_stop_after_the_signal_is_not_answered(hub: EventHub, waiter: Waiter, signals: Log) -> None:
    """pcsc-lite winscard_svc.c: "send the response only if the client was still in the list"."""
    _armed(hub, waiter)
    hub.changed()
    assert hub.stop(waiter) is None


def test_change_before_the_states_are_out_is_kept(hub: EventHub, waiter: Waiter, signals: Log) -> None:
    hub.begin(waiter)
    hub.changed()
    assert signals == []
    hub.arm(waiter)
    assert signals == [Rv.SUCCESS]
    assert hub.stop(waiter) is None


def test_stop_before_the_states_are_out_takes_the_kept_answer(hub: EventHub, waiter: Waiter, signals: Log) -> None:
    hub.begin(waiter)
    assert hub.cancel(waiter)
    assert hub.stop(waiter) is Rv.CANCELLED
    hub.arm(waiter)
    assert signals == []


def test_arm_without_wait_does_nothing(hub: EventHub, waiter: Waiter, signals: Log) -> None:
    hub.arm(waiter)
    hub.changed()
    assert signals == []


def test_cancel_ends_the_wait(hub: EventHub, waiter: Waiter, signals: Log) -> None:
    _armed(hub, waiter)
    assert hub.cancel(waiter)
    assert signals == [Rv.CANCELLED]
    assert not hub.cancel(waiter)


def test_first_reason_wins(hub: EventHub, waiter: Waiter, signals: Log) -> None:
    hub.begin(waiter)
    hub.changed()
    assert not hub.cancel(waiter)
    hub.arm(waiter)
    assert signals == [Rv.SUCCESS]


# --- on the wire

Clients = Callable[..., RawClient]
MINORS = pytest.mark.parametrize("minor", [4, 5, 6])


@MINORS
def test_removal_and_insertion_are_signalled(
    new_client: Clients, server: PcscLiteServer, card: TellingCard, minor: int
) -> None:
    client = new_client(minor)
    before = client.wait()[0]
    server.remove("Lab")
    assert client.signal() == Rv.SUCCESS
    absent = client.wait()[0]
    server.insert("Lab", card)
    assert client.signal() == Rv.SUCCESS
    present = client.states()[0]
    assert [before.state, absent.state, present.state] == [0x34, 0x02, 0x34]
    assert [before.atr, absent.atr, present.atr] == [card.atr, b"", card.atr]
    assert [before.event_counter, absent.event_counter, present.event_counter] == [2, 3, 4]


@MINORS
def test_cancel_from_another_connection(new_client: Clients, minor: int) -> None:
    waiting, other = new_client(minor), new_client(minor)
    waiting.wait()
    assert other.call(Command.CANCEL, waiting.context, 0)[-1] == Rv.SUCCESS
    assert waiting.signal() == Rv.CANCELLED
    assert other.call(Command.CANCEL, waiting.context, 0)[-1] == Rv.INVALID_HANDLE


def test_cancel_of_an_unknown_context(client: RawClient) -> None:
    assert client.call(Command.CANCEL, 0x7777, 0)[-1] == Rv.INVALID_HANDLE


@MINORS
def test_stop_that_crosses_a_signal_gets_one_answer(new_client: Clients, server: PcscLiteServer, minor: int) -> None:
    client = new_client(minor)
    client.wait()
    server.remove("Lab")  # its signal is on the way when the client sends STOP
    client.send(Command.STOP_WAITING_READER_STATE_CHANGE)
    assert client.signal() == Rv.SUCCESS
    assert client.states()[0].state == 0x02  # the next bytes are the next reply, not a second answer


@MINORS
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda server, client: server.add_reader("Second"), id="reader-plugged"),
        pytest.param(lambda server, client: server.remove_reader("Lab"), id="reader-unplugged"),
        pytest.param(lambda server, client: client.connect(), id="connection"),
        pytest.param(lambda server, client: client.connect(share=3), id="direct-connection"),
    ],
)
def test_waits_end_at_every_kind_of_change(
    new_client: Clients, server: PcscLiteServer, minor: int, change: Callable[[PcscLiteServer, RawClient], object]
) -> None:
    watching, acting = new_client(minor), new_client()
    watching.wait()
    change(server, acting)
    assert watching.signal() == Rv.SUCCESS


def test_disconnection_ends_a_wait(new_client: Clients) -> None:
    watching, acting = new_client(), new_client()
    handle = acting.connect()
    watching.wait()
    acting.disconnect(handle)
    assert watching.signal() == Rv.SUCCESS


def test_4_6_change_between_wait_and_states_is_signalled_after_them(
    new_client: Clients, server: PcscLiteServer
) -> None:
    # libpcsclite 2.5 sends WAIT, then asks for the size and the states: a signal in between would be read as the size
    client = new_client(6)
    client.send(Command.WAIT_READER_STATE_CHANGE)
    assert client.call(Command.GET_READERS_STATE_SIZE) == (16,)
    server.remove("Lab")
    client.send(Command.GET_READERS_STATE_ARRAY)
    assert client.receive_states()[0].state == 0x02
    assert client.signal() == Rv.SUCCESS


def test_many_waits_race_with_changes(new_client: Clients, server: PcscLiteServer, card: TellingCard) -> None:
    """Every WAIT is answered exactly once, or the stream would be out of step within a few rounds."""
    client = new_client()
    for _ in range(200):
        client.wait()
        server.remove("Lab")
        server.insert("Lab", card)
        client.send(Command.STOP_WAITING_READER_STATE_CHANGE)
        assert SIGNAL.unpack(client.receive(SIGNAL.size)) == (0, Rv.SUCCESS)
    assert client.states()[0].name == "Lab"


@pytest.mark.parametrize("minor", [5, 6])
def test_reader_events_count_readers(new_client: Clients, server: PcscLiteServer, minor: int) -> None:
    client = new_client(minor)
    before, rv = client.call(Command.GET_READER_EVENTS)
    server.add_reader("Second")
    server.remove_reader("Second")
    assert (client.call(Command.GET_READER_EVENTS)[0] - before, rv) == (2, Rv.SUCCESS)


def test_quick_swap_shows_in_the_counter(client: RawClient, server: PcscLiteServer) -> None:
    before = client.states()[0]
    server.remove("Lab")
    server.insert("Lab", TellingCard())
    after = client.states()[0]
    assert (before.state, before.event_counter) == (after.state, after.event_counter - 2)
    assert before.event_counter > 0  # clients compare only counters that are not 0 (winscard_clnt.c)
