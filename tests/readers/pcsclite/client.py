"""What these tests share: a card that shows what was done to it, and a client that speaks the protocol byte by byte."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from struct import Struct
from typing import Any, NamedTuple, Self

from readers.pcsclite.constants import Command, Rv, Share
from readers.pcsclite.wire import LAYOUTS, READER_STATE, encode_request, reader_name

VERIFY = bytes.fromhex("00200080")
ASK = bytes.fromhex("00B00000")  # 9000 while verified, else 6982
BLOCK = bytes.fromhex("00EE0000")  # answers when the test lets it
OK, NOT_VERIFIED = b"\x90\x00", b"\x69\x82"
STATES_BYTES = 16 * READER_STATE.size
SIGNAL = Struct("=II")
TIMEOUT_S = 5.0


class TellingCard:
    """Remembers resets and power-offs, has one bit of security status, and notices when it is used by two at once."""

    def __init__(self, atr: str = "3B800101") -> None:
        self.atr = bytes.fromhex(atr)
        self.log: list[str] = []
        self.verified = False
        self.overlapped = False
        self.entered, self.let_go = threading.Event(), threading.Event()
        self._busy = threading.Lock()

    def power_off(self) -> None:
        self.log.append("off")
        self.verified = False

    def reset(self) -> None:
        self.log.append("reset")
        self.verified = False

    def process(self, raw: bytes) -> bytes:
        if not self._busy.acquire(blocking=False):
            self.overlapped = True
        try:
            return self._answer(raw)
        finally:
            self._busy.release()

    def _answer(self, raw: bytes) -> bytes:
        if raw == VERIFY:
            self.verified = True
        elif raw == ASK and not self.verified:
            return NOT_VERIFIED
        elif raw == BLOCK:
            self.entered.set()
            assert self.let_go.wait(TIMEOUT_S)
        elif len(raw) > 5:
            return raw[5:] + OK
        return OK


class ReaderState(NamedTuple):
    name: str
    event_counter: int
    state: int
    sharing: int
    atr: bytes
    protocol: int


class RawClient:
    """One connection, without libpcsclite. Methods return what the service answers, ``rv`` last or alone."""

    def __init__(self, path: Path, *, minor: int = 4, version: bool = True) -> None:
        self.minor = minor
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(TIMEOUT_S)
        self.socket.connect(str(path))
        self.context = 0
        if version:
            assert self.call(Command.VERSION, 4, minor, 0) == (4, minor, Rv.SUCCESS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        self.socket.close()

    def send(self, command: int, *fields: Any, data: bytes = b"") -> None:
        self.socket.sendall(encode_request(command, *fields, data=data))

    def receive(self, count: int) -> bytes:
        received = b""
        while len(received) < count:
            part = self.socket.recv(count - len(received))
            if not part:
                raise EOFError(f"{len(received)} of {count} bytes, then the end")
            received += part
        return received

    def call(self, command: int, *fields: Any, data: bytes = b"") -> tuple[Any, ...]:
        self.send(command, *fields, data=data)
        layout = LAYOUTS[command]
        reply = layout.reply or layout.body
        return reply.unpack(self.receive(reply.size))

    def establish(self) -> int:
        _, self.context, rv = self.call(Command.ESTABLISH_CONTEXT, 2, 0, 0)
        assert rv == Rv.SUCCESS
        return self.context

    def release(self) -> int:
        return int(self.call(Command.RELEASE_CONTEXT, self.context, 0)[-1])

    def try_connect(self, reader: str = "Lab", share: int = Share.SHARED, protocols: int = 3) -> tuple[int, int, int]:
        """Handle, active protocol, rv."""
        fields = self.call(Command.CONNECT, self.context, reader.encode(), share, protocols, 0, 0, 0)
        return fields[4], fields[5], fields[6]

    def connect(self, reader: str = "Lab", share: int = Share.SHARED, protocols: int = 3) -> int:
        handle, _, rv = self.try_connect(reader, share, protocols)
        assert rv == Rv.SUCCESS, Rv(rv)
        return handle

    def reconnect(self, handle: int, initialization: int, share: int = Share.SHARED, protocols: int = 3) -> int:
        return int(self.call(Command.RECONNECT, handle, share, protocols, initialization, 0, 0)[-1])

    def disconnect(self, handle: int, disposition: int = 0) -> int:
        return int(self.call(Command.DISCONNECT, handle, disposition, 0)[-1])

    def begin(self, handle: int) -> int:
        return int(self.call(Command.BEGIN_TRANSACTION, handle, 0)[-1])

    def end(self, handle: int, disposition: int = 0) -> int:
        return int(self.call(Command.END_TRANSACTION, handle, disposition, 0)[-1])

    def status(self, handle: int) -> int:
        return int(self.call(Command.STATUS, handle, 0)[-1])

    def send_transmit(self, handle: int, apdu: bytes, *, protocol: int = 2, room: int = 65548) -> None:
        self.send(Command.TRANSMIT, handle, protocol, 16, len(apdu), protocol, 16, room, 0, data=apdu)

    def receive_transmit(self) -> tuple[int, bytes]:
        """rv, response; the announced length stands for a response that did not fit."""
        body = LAYOUTS[Command.TRANSMIT].body
        fields = body.unpack(self.receive(body.size))
        self.announced = fields[6]
        return fields[7], self.receive(fields[6]) if fields[7] == Rv.SUCCESS else b""

    def transmit(self, handle: int, apdu: bytes, *, protocol: int = 2, room: int = 65548) -> tuple[int, bytes]:
        self.send_transmit(handle, apdu, protocol=protocol, room=room)
        return self.receive_transmit()

    def control(self, handle: int, code: int, *, room: int = 264) -> tuple[int, bytes]:
        fields = self.call(Command.CONTROL, handle, code, 0, room, 0, 0)
        return fields[5], self.receive(fields[4]) if fields[5] == Rv.SUCCESS else b""

    def attribute(self, handle: int, number: int, *, room: int = 264) -> tuple[int, bytes]:
        _, _, value, length, rv = self.call(Command.GET_ATTRIB, handle, number, b"", room, 0)
        return rv, value[:length] if rv == Rv.SUCCESS else b""

    def states(self) -> list[ReaderState]:
        """The readers as this client's protocol tells them."""
        if self.minor < 6:
            self.send(Command.GET_READERS_STATE)
        else:
            assert self.call(Command.GET_READERS_STATE_SIZE) == (16,)
            self.send(Command.GET_READERS_STATE_ARRAY)
        return self.receive_states()

    def receive_states(self) -> list[ReaderState]:
        states = []
        for fields in READER_STATE.iter_unpack(self.receive(STATES_BYTES)):
            name, counter, state, sharing, atr, atr_length, protocol = fields
            if name[0]:
                states.append(ReaderState(reader_name(name), counter, state, sharing, atr[:atr_length], protocol))
        return states

    def wait(self) -> list[ReaderState]:
        """Register for a change; returns the states that come with it."""
        self.send(Command.WAIT_READER_STATE_CHANGE)
        return self.receive_states() if self.minor < 6 else self.states()

    def signal(self) -> int:
        """The answer to the wait."""
        _, rv = SIGNAL.unpack(self.receive(SIGNAL.size))
        return int(rv)

    def is_dropped(self) -> bool:
        """True when the service ends the connection (and sends nothing before)."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that other threads bring about."""
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.002)
