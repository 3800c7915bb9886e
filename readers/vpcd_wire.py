"""The wire language between the vpcd driver of pcscd and a card, without any I/O.

frame    = length payload      ; both directions
length   = 2 bytes, big-endian ; of the payload
payload  = control             ; exactly 1 byte, from the driver only
         / command-APDU        ; from the driver
         / response-APDU / ATR ; from the card, the one answer to an APDU or to "get ATR"
control  = %x00                ; power off, no answer
         / %x01                ; power on, no answer
         / %x02                ; reset, no answer
         / %x04                ; get ATR

(vsmartcard, virtualsmartcard/doc/api.txt and src/vpcd/vpcd.c.) The driver always speaks first. Frames come as a
stream: several in one segment, and, up to driver 0.8, header and body in two (vsmartcard #253, commit 76e2679).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TypeAlias

from readers.errors import ProtocolError

MAX_PAYLOAD = 0xFFFF
HEADER_LENGTH = 2


class Control(IntEnum):
    """What the driver asks of the slot rather than of the card."""

    POWER_OFF = 0x00
    POWER_ON = 0x01
    RESET = 0x02
    GET_ATR = 0x04


@dataclass(frozen=True, slots=True)
class Apdu:
    """A command APDU. Its bytes stay out of ``repr``: they may hold a PIN."""

    raw: bytes = field(repr=False)


Event: TypeAlias = Control | Apdu

_CONTROLS = {int(control): control for control in Control}


class FrameParser:
    """Bytes in, events out, however the stream is cut.

    A single byte that is no control is a command APDU: the driver sends it when a program transmits just that
    byte, and waits for its answer. (The bytes 00, 01, 02 and 04 cannot be told from controls.)
    """

    __slots__ = ("_buffer",)

    def __init__(self) -> None:
        self._buffer = bytearray()

    @property
    def pending(self) -> int:
        """How many bytes of an unfinished frame are held."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[Event]:
        """Take the next bytes of the stream, give the events that they complete.

        ``ProtocolError`` on a frame without payload, which the protocol does not have; the events before it in
        ``data`` are lost with the stream, as nothing can be answered on it any more.
        """
        buffer = self._buffer
        buffer += data
        events: list[Event] = []
        start = 0
        while len(buffer) - start >= HEADER_LENGTH:
            length = buffer[start] << 8 | buffer[start + 1]
            if not length:
                raise ProtocolError("the driver sent a frame of length 0")
            end = start + HEADER_LENGTH + length
            if end > len(buffer):
                break
            events.append(_event(bytes(buffer[start + HEADER_LENGTH : end])))
            start = end
        del buffer[:start]
        return events

    def finish(self) -> None:
        """The stream has ended: ``ProtocolError`` if it ended inside a frame."""
        if self._buffer:
            raise ProtocolError(f"the driver hung up inside a frame, {len(self._buffer)} bytes into it")


def _event(payload: bytes) -> Event:
    if len(payload) == 1 and (control := _CONTROLS.get(payload[0])) is not None:
        return control
    return Apdu(payload)


def encode_frame(payload: bytes) -> bytes:
    """One frame for ``payload``, of 1 to 65,535 bytes.

    A frame of length 0 is never written: the driver takes it for a removed card, and pcscd hands the program
    an empty response with SCARD_S_SUCCESS (measured with driver 0.8).
    """
    if not 1 <= len(payload) <= MAX_PAYLOAD:
        raise ProtocolError(f"a vpcd frame carries 1..{MAX_PAYLOAD} bytes, not {len(payload)}")
    return len(payload).to_bytes(HEADER_LENGTH) + payload
