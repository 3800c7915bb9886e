"""Control codes and attributes."""

from __future__ import annotations

import pytest

from readers.pcsclite import PcscLiteServer
from readers.pcsclite.capabilities import ATTRIBUTES
from readers.pcsclite.constants import Attribute, Rv, Share
from tests.readers.pcsclite.client import RawClient

FEATURE_REQUEST, TLV_PROPERTIES = 0x42000D48, 0x42330012


def test_features_are_the_tlv_properties_alone(client: RawClient) -> None:
    # no PIN pad: a client that finds FEATURE_VERIFY_PIN_DIRECT would ask the reader for the PIN
    assert client.control(client.connect(), FEATURE_REQUEST) == (Rv.SUCCESS, bytes.fromhex("12 04 42330012"))


def test_tlv_properties_promise_extended_apdus(client: RawClient) -> None:
    rv, properties = client.control(client.connect(), TLV_PROPERTIES)
    assert rv == Rv.SUCCESS
    assert bytes.fromhex("0A 04 00000100") in properties  # dwMaxAPDUDataSize 0x10000, little-endian


@pytest.mark.parametrize("code", [0, 0x42000001, 0x42330006, 0x313520, 0xFFFFFFFF], ids=hex)
def test_unknown_control_codes(client: RawClient, code: int) -> None:
    assert client.control(client.connect(), code) == (Rv.UNSUPPORTED_FEATURE, b"")


def test_control_answer_that_does_not_fit(client: RawClient) -> None:
    assert client.control(client.connect(), FEATURE_REQUEST, room=5) == (Rv.INSUFFICIENT_BUFFER, b"")


def test_control_needs_no_card(client: RawClient, server: PcscLiteServer) -> None:
    handle = client.connect(share=Share.DIRECT, protocols=0)
    server.remove("Lab")
    assert client.control(handle, FEATURE_REQUEST)[0] == Rv.SUCCESS


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        (Attribute.ATR_STRING, "3B800101"),
        (Attribute.VENDOR_NAME, b"mynalab\0".hex()),
        (Attribute.VENDOR_IFD_TYPE, b"Virtual reader\0".hex()),
        (Attribute.VENDOR_IFD_VERSION, "00000001"),
        (Attribute.CHANNEL_ID, "00002000"),
        (Attribute.ASYNC_PROTOCOL_TYPES, "02000000"),
        (Attribute.CURRENT_PROTOCOL_TYPE, "02000000"),
        (Attribute.ICC_PRESENCE, "02"),
        (Attribute.ICC_INTERFACE_STATUS, "01"),
        (Attribute.MAXINPUT, "0C000100"),
        (Attribute.DEVICE_UNIT, "00000000"),
        (Attribute.DEVICE_FRIENDLY_NAME, b"Lab\0".hex()),
        (Attribute.DEVICE_SYSTEM_NAME, b"Lab\0".hex()),
    ],
    ids=lambda value: value.name.lower() if isinstance(value, Attribute) else "",
)
def test_attributes(client: RawClient, attribute: Attribute, value: str) -> None:
    assert client.attribute(client.connect(), attribute) == (Rv.SUCCESS, bytes.fromhex(value))


def test_every_attribute_is_answered() -> None:
    assert set(ATTRIBUTES) == set(Attribute)


@pytest.mark.parametrize("attribute", [0, 0x00030121, 0x7FFF0005, 0xFFFFFFFF], ids=hex)
def test_unknown_attributes(client: RawClient, attribute: int) -> None:
    assert client.attribute(client.connect(), attribute)[0] == Rv.UNSUPPORTED_FEATURE


def test_attribute_that_does_not_fit_tells_its_length(client: RawClient) -> None:
    rv, _ = client.attribute(client.connect(), Attribute.VENDOR_NAME, room=7)
    assert rv == Rv.INSUFFICIENT_BUFFER


@pytest.mark.parametrize(
    ("attribute", "answer"),
    [
        (Attribute.ICC_PRESENCE, (Rv.SUCCESS, b"\0")),
        (Attribute.ICC_INTERFACE_STATUS, (Rv.SUCCESS, b"\0")),
        (Attribute.CURRENT_PROTOCOL_TYPE, (Rv.SUCCESS, bytes(4))),
        (Attribute.ATR_STRING, (Rv.NO_SMARTCARD, b"")),
        (Attribute.CHANNEL_ID, (Rv.SUCCESS, bytes.fromhex("01002000"))),
    ],
    ids=["presence", "interface", "protocol", "atr", "channel"],
)
def test_attributes_of_an_empty_reader(
    client: RawClient, server: PcscLiteServer, attribute: Attribute, answer: tuple[int, bytes]
) -> None:
    server.add_reader("Empty")
    assert client.attribute(client.connect("Empty", Share.DIRECT, 0), attribute) == answer
