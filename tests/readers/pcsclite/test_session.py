"""One client's connection: versions, contexts, handles, and requests that no library sends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from readers.pcsclite import PcscLiteServer
from readers.pcsclite.constants import MAX_HANDLES, Command, Rv
from tests.readers.pcsclite.client import ASK, NOT_VERIFIED, OK, VERIFY, RawClient, TellingCard

Clients = Callable[..., RawClient]


@pytest.fixture
def stranger(server: PcscLiteServer, socket_path: Path) -> Iterator[RawClient]:
    """A connection that has not said its version."""
    with RawClient(socket_path, version=False) as stranger:
        yield stranger


@pytest.mark.parametrize("minor", [4, 5, 6])
def test_version_is_echoed(stranger: RawClient, minor: int) -> None:
    assert stranger.call(Command.VERSION, 4, minor, 0) == (4, minor, Rv.SUCCESS)


@pytest.mark.parametrize(
    ("major", "minor"), [(4, 3), (4, 7), (4, -1), (3, 4), (5, 4)], ids=["4:3", "4:7", "4:-1", "3:4", "5:4"]
)
def test_other_versions_are_told_ours(stranger: RawClient, major: int, minor: int) -> None:
    assert stranger.call(Command.VERSION, major, minor, 0) == (4, 6, Rv.SERVICE_STOPPED)


def test_newer_client_may_fall_back(stranger: RawClient) -> None:
    # winscard_clnt.c since 2.4.1: on SERVICE_STOPPED it sends the version that the service named
    stranger.call(Command.VERSION, 4, 7, 0)
    assert stranger.call(Command.VERSION, 4, 6, 0) == (4, 6, Rv.SUCCESS)
    assert stranger.call(Command.GET_READERS_STATE_SIZE) == (16,)


def test_cancel_needs_no_version(stranger: RawClient, client: RawClient) -> None:
    client.wait()
    assert stranger.call(Command.CANCEL, client.context, 0)[-1] == Rv.SUCCESS
    assert client.signal() == Rv.CANCELLED


@pytest.mark.parametrize("scope", range(4))
def test_scopes(client: RawClient, scope: int) -> None:
    assert client.call(Command.ESTABLISH_CONTEXT, scope, 0, 0)[-1] == Rv.SUCCESS


def test_unknown_scope(client: RawClient) -> None:
    assert client.call(Command.ESTABLISH_CONTEXT, 4, 0, 0)[-1] == Rv.INVALID_VALUE


def test_contexts_differ_between_clients(client: RawClient, new_client: Clients) -> None:
    assert client.context != new_client().context


def test_several_contexts_on_one_connection(client: RawClient) -> None:
    first, handle = client.context, client.connect()
    client.establish()
    assert client.release() == Rv.SUCCESS
    assert client.transmit(handle, VERIFY) == (Rv.SUCCESS, OK)
    client.context = first
    assert client.release() == Rv.SUCCESS


def test_context_is_released_once(client: RawClient) -> None:
    assert [client.release(), client.release()] == [Rv.SUCCESS, Rv.INVALID_HANDLE]


def test_context_of_another_client(client: RawClient, new_client: Clients) -> None:
    client.context = new_client().context
    assert client.release() == Rv.INVALID_VALUE
    assert client.try_connect()[2] == Rv.INVALID_VALUE


def test_released_context_takes_its_handles_along(client: RawClient, new_client: Clients) -> None:
    client.transmit(client.connect(), VERIFY)
    client.release()
    other = new_client()
    assert other.states()[0].sharing == 0
    assert other.transmit(other.connect(), ASK) == (Rv.SUCCESS, NOT_VERIFIED)


def test_handles_have_a_limit(client: RawClient) -> None:
    for _ in range(MAX_HANDLES):
        client.connect()
    assert client.try_connect()[2] == Rv.NO_MEMORY


@pytest.mark.parametrize("minor", [4, 5, 6])
def test_states(new_client: Clients, server: PcscLiteServer, card: TellingCard, minor: int) -> None:
    server.add_reader("Empty")
    lab, empty = new_client(minor).states()
    assert (lab.name, lab.state, lab.sharing, lab.atr, lab.protocol) == ("Lab", 0x34, 0, card.atr, 0)
    assert (empty.name, empty.state, empty.sharing, empty.atr, empty.protocol) == ("Empty", 0x02, 0, b"", 0)


def test_states_show_use(client: RawClient) -> None:
    client.connect()
    (lab,) = client.states()
    assert (lab.state, lab.sharing, lab.protocol) == (0x34, 1, 2)


def test_set_attribute_is_unsupported(client: RawClient) -> None:
    handle = client.connect()
    assert client.call(Command.SET_ATTRIB, handle, 0x7FFF0003, b"x", 1, 0)[-1] == Rv.UNSUPPORTED_FEATURE


HANDLE_COMMANDS = [
    (Command.RECONNECT, (2, 3, 0, 0, 0)),
    (Command.DISCONNECT, (0, 0)),
    (Command.BEGIN_TRANSACTION, (0,)),
    (Command.END_TRANSACTION, (0, 0)),
    (Command.TRANSMIT, (2, 16, 0, 2, 16, 258, 0)),
    (Command.CONTROL, (0x42000D48, 0, 264, 0, 0)),
    (Command.STATUS, (0,)),
    (Command.GET_ATTRIB, (0x00090303, b"", 264, 0)),
    (Command.SET_ATTRIB, (0x00090303, b"", 264, 0)),
]


@pytest.mark.parametrize(
    ("command", "fields"), HANDLE_COMMANDS, ids=[command.name.lower() for command, _ in HANDLE_COMMANDS]
)
def test_handle_of_another_client_drops_the_rogue(
    client: RawClient, new_client: Clients, command: int, fields: tuple[object, ...]
) -> None:
    # winscard_svc.c MSGCheckHandleAssociation: "Must be a rogue client"
    handle, rogue = client.connect(), new_client()
    rogue.send(command, handle, *fields)
    assert rogue.is_dropped()
    assert client.transmit(handle, VERIFY) == (Rv.SUCCESS, OK)


@pytest.mark.parametrize("command", [Command.GET_ATTRIB, Command.SET_ATTRIB], ids=["get", "set"])
def test_attribute_of_impossible_size_drops_the_client(client: RawClient, command: int) -> None:
    client.send(command, client.connect(), 0x00090303, b"", 265, 0)
    assert client.is_dropped()


@pytest.mark.parametrize("command", [0x15, 0x16, 0x17])
def test_younger_commands_drop_a_4_4_client(client: RawClient, command: int) -> None:
    client.send(command)
    assert client.is_dropped()
