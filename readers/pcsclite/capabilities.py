"""What SCardControl and SCardGetAttrib say of a virtual reader."""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct

from readers.pcsclite import constants as c
from readers.pcsclite.constants import Attribute, CardState, Protocol, Rv
from readers.pcsclite.slots import Refusal, Slot

VENDOR = "mynalab"
VERSION = 0x01000000  # 0xMMmmbbbb (PC/SC part 3, SCARD_ATTR_VENDOR_IFD_VERSION)
CHANNEL = 0x00200000  # 0xDDDDCCCC; DDDD 0x20 is USB (PC/SC part 3), CCCC the number of the slot

_U32 = Struct("=I")


def _text(value: str) -> bytes:
    return value.encode() + b"\0"


def _features(_slot: Slot) -> bytes:
    # Tag, length, control code in big-endian (PC/SC part 10 clause 2.2). No PIN pad, so no PIN features.
    return bytes((c.FEATURE_GET_TLV_PROPERTIES, 4)) + c.IOCTL_GET_TLV_PROPERTIES.to_bytes(4, "big")


def _properties(_slot: Slot) -> bytes:
    # Tag, length, value in little-endian (PC/SC part 10 clause 2.6.14).
    table = (
        (c.PROPERTY_PPDU_SUPPORT, 1, 0),
        (c.PROPERTY_MAX_APDU_DATA_SIZE, 4, c.MAX_APDU_DATA_SIZE),
        (c.PROPERTY_VENDOR_ID, 2, 0),
        (c.PROPERTY_PRODUCT_ID, 2, 0),
    )
    return b"".join(bytes((tag, length)) + value.to_bytes(length, "little") for tag, length, value in table)


CONTROLS: dict[int, Callable[[Slot], bytes]] = {
    c.IOCTL_GET_FEATURE_REQUEST: _features,
    c.IOCTL_GET_TLV_PROPERTIES: _properties,
}


def _atr(slot: Slot) -> bytes:
    if slot.seat is None:
        raise Refusal(Rv.NO_SMARTCARD)
    return slot.seat.atr


ATTRIBUTES: dict[int, Callable[[Slot], bytes]] = {
    Attribute.VENDOR_NAME: lambda _: _text(VENDOR),
    Attribute.VENDOR_IFD_TYPE: lambda _: _text("Virtual reader"),
    Attribute.VENDOR_IFD_VERSION: lambda _: _U32.pack(VERSION),
    Attribute.CHANNEL_ID: lambda slot: _U32.pack(CHANNEL | slot.index),
    Attribute.ASYNC_PROTOCOL_TYPES: lambda _: _U32.pack(Protocol.T1),
    Attribute.CURRENT_PROTOCOL_TYPE: lambda slot: _U32.pack(slot.protocol),
    Attribute.ICC_PRESENCE: lambda slot: bytes((0 if slot.seat is None else 2,)),
    Attribute.ICC_INTERFACE_STATUS: lambda slot: bytes((1 if slot.state & CardState.POWERED else 0,)),
    Attribute.ATR_STRING: _atr,
    Attribute.MAXINPUT: lambda _: _U32.pack(c.MAX_MESSAGE),
    Attribute.DEVICE_UNIT: lambda slot: _U32.pack(slot.index),
    Attribute.DEVICE_FRIENDLY_NAME: lambda slot: _text(slot.name),
    Attribute.DEVICE_SYSTEM_NAME: lambda slot: _text(slot.name),
}


def control(slot: Slot, code: int) -> bytes:
    """Answer a control code; ``Refusal`` with UNSUPPORTED_FEATURE for all that the reader has not."""
    try:
        return CONTROLS[code](slot)
    except KeyError:
        raise Refusal(Rv.UNSUPPORTED_FEATURE) from None


def attribute(slot: Slot, number: int) -> bytes:
    """Read an attribute; ``Refusal`` with UNSUPPORTED_FEATURE for all that the reader has not."""
    try:
        return ATTRIBUTES[number](slot)
    except KeyError:
        raise Refusal(Rv.UNSUPPORTED_FEATURE) from None
