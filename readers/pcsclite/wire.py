"""The codec: bytes of a stream → requests, replies → bytes. No I/O, no state but the bytes not yet understood.

A request is ``{u32 size, u32 command}``, then a body of exactly ``size`` bytes, then, for TRANSMIT and CONTROL, as
many bytes of data as the body announces (pcsc-lite winscard_msg.h, winscard_svc.c). A reply is the body alone, the
same structure with its results filled in. Integers are native-endian and unpadded: both ends are one machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct
from typing import Any, NamedTuple

from readers.errors import ProtocolError
from readers.pcsclite.constants import MAX_MESSAGE, MAX_READER_NAME, VERSION_MINORS, Command

HEADER = Struct("=II")


@dataclass(frozen=True, slots=True)
class Layout:
    """How one command looks: its body, which field counts the data behind it, and the minor that introduced it."""

    body: Struct
    data_length_field: int | None = None
    since_minor: int = VERSION_MINORS[0]
    reply: Struct | None = None
    """The reply where it is not the body again."""


# winscard_msg.h, struct by struct, in the order of its fields.
LAYOUTS: dict[int, Layout] = {
    Command.ESTABLISH_CONTEXT: Layout(Struct("=III")),  # scope, context, rv
    Command.RELEASE_CONTEXT: Layout(Struct("=II")),  # context, rv
    Command.CONNECT: Layout(Struct("=I128sIIiII")),  # context, reader, share, protocols, handle, active protocol, rv
    Command.RECONNECT: Layout(Struct("=iIIIII")),  # handle, share, protocols, initialization, active protocol, rv
    Command.DISCONNECT: Layout(Struct("=iII")),  # handle, disposition, rv
    Command.BEGIN_TRANSACTION: Layout(Struct("=iI")),  # handle, rv
    Command.END_TRANSACTION: Layout(Struct("=iII")),  # handle, disposition, rv
    # handle, send protocol, send PCI length, send length, receive protocol, receive PCI length, receive length, rv
    Command.TRANSMIT: Layout(Struct("=iIIIIIII"), data_length_field=3),
    # handle, control code, send length, receive length, bytes returned, rv
    Command.CONTROL: Layout(Struct("=iIIIII"), data_length_field=2),
    Command.STATUS: Layout(Struct("=iI")),  # handle, rv
    Command.CANCEL: Layout(Struct("=II")),  # context, rv (i32 and u32 there; contexts are never negative here)
    Command.GET_ATTRIB: Layout(Struct("=iI264sII")),  # handle, attribute, value, length, rv
    Command.SET_ATTRIB: Layout(Struct("=iI264sII")),
    Command.VERSION: Layout(Struct("=iiI")),  # major, minor, rv
    Command.GET_READERS_STATE: Layout(Struct("=")),
    Command.WAIT_READER_STATE_CHANGE: Layout(Struct("=")),
    Command.STOP_WAITING_READER_STATE_CHANGE: Layout(Struct("="), reply=Struct("=II")),  # time-out, rv
    Command.GET_READER_EVENTS: Layout(Struct("="), since_minor=5, reply=Struct("=II")),  # events, rv
    Command.GET_READERS_STATE_SIZE: Layout(Struct("="), since_minor=6, reply=Struct("=i")),
    Command.GET_READERS_STATE_ARRAY: Layout(Struct("="), since_minor=6),
}

# eventhandler.h READER_STATE: name, event counter, state, sharing, ATR and 3 bytes of padding, ATR length, protocol
READER_STATE = Struct("=128sIIi33s3xII")


class Request(NamedTuple):
    """One command of a client: the fields of its body in wire order, and the data behind it."""

    command: int
    fields: tuple[Any, ...]
    data: bytes


class RequestDecoder:
    """Cuts a stream into requests. ``minor`` is the protocol that the connection speaks; commands younger are unknown.

    After a ``ProtocolError`` the stream has no meaning any more: the caller drops the connection.
    """

    __slots__ = ("_buffer", "minor")

    def __init__(self, *, minor: int = VERSION_MINORS[0]) -> None:
        self.minor = minor
        self._buffer = b""

    @property
    def pending(self) -> int:
        """Bytes received that are not a whole request yet."""
        return len(self._buffer)

    def feed(self, received: bytes) -> None:
        """Append what came from the peer, in pieces of any size."""
        self._buffer = self._buffer + received if self._buffer else received

    def next_request(self) -> Request | None:
        """The next whole request, or None until more bytes come; ``ProtocolError`` for bytes that are none."""
        buffer = self._buffer
        if len(buffer) < HEADER.size:
            return None
        size, command = HEADER.unpack_from(buffer)
        layout = LAYOUTS.get(command)
        if layout is None or layout.since_minor > self.minor:
            raise ProtocolError(f"command {command:#x} is not one of protocol 4:{self.minor}")
        body = layout.body
        if size != body.size:
            raise ProtocolError(f"the body of command {command:#x} has {body.size} bytes, not {size}")
        end = HEADER.size + size
        if len(buffer) < end:
            return None
        fields = body.unpack_from(buffer, HEADER.size)
        data = b""
        if layout.data_length_field is not None:
            start, end = end, end + _data_length(command, fields[layout.data_length_field])
            if len(buffer) < end:
                return None
            data = buffer[start:end]
        self._buffer = buffer[end:]
        return Request(command, fields, data)


def _data_length(command: int, length: int) -> int:
    if length > MAX_MESSAGE:
        raise ProtocolError(f"command {command:#x} announces {length} bytes of data, more than {MAX_MESSAGE}")
    return length


def encode_request(command: int, *fields: Any, data: bytes = b"") -> bytes:
    """A client's message: header, body, data."""
    body = LAYOUTS[command].body.pack(*fields)
    return HEADER.pack(len(body), command) + body + data


def encode_reply(command: int, *fields: Any, data: bytes = b"") -> bytes:
    """The service's answer to ``command``."""
    layout = LAYOUTS[command]
    return (layout.reply or layout.body).pack(*fields) + data


def reader_name(field: bytes) -> str:
    """The text of a fixed-size name, up to its NUL. Undecodable bytes survive, and match no reader."""
    return field[: MAX_READER_NAME - 1].split(b"\0", 1)[0].decode("utf-8", "surrogateescape")
