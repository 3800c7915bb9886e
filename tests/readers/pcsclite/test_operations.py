"""Connecting, sharing and transmitting, as several clients see them through the wire."""

from __future__ import annotations

import pytest

from readers.pcsclite import PcscLiteServer
from readers.pcsclite.constants import Disposition, Protocol, Rv, Share
from tests.readers.pcsclite.client import (
    OK,
    VERIFY,
    RawClient,
    TellingCard,
)

T0, T1, RAW = Protocol.T0, Protocol.T1, Protocol.RAW


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


# --- cards under a fault


def test_mute_card_is_not_transacted(client: RawClient, card: TellingCard, monkeypatch: pytest.MonkeyPatch) -> None:
    """ifdwrapper.c IFDTransmit: whatever failed, unless card or reader are missing."""
    handle = client.connect("Lab")
    monkeypatch.setattr(card, "process", lambda _raw: b"")
    assert client.transmit(handle, VERIFY)[0] == Rv.NOT_TRANSACTED


def test_atr_is_that_of_the_last_reset(client: RawClient, card: TellingCard) -> None:
    handle = client.connect("Lab")
    card.atr = b"\x3b\x00"
    before = client.states()[0].atr
    assert client.reconnect(handle, Disposition.RESET) == Rv.SUCCESS
    assert (before.hex(), client.states()[0].atr.hex()) == ("3b800101", "3b00")
