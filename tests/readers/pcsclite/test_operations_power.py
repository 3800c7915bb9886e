"""Power and resets: what one client verified, the next never has."""

from __future__ import annotations

import pytest

from readers.pcsclite.constants import Disposition, Protocol, Rv, Share
from tests.readers.pcsclite.client import (
    ASK,
    NOT_VERIFIED,
    OK,
    VERIFY,
    RawClient,
    TellingCard,
    until,
)

T0, T1 = Protocol.T0, Protocol.T1


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
    until(lambda: card.log == ["reset", "off"])
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
