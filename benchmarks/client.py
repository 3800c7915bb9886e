"""A PC/SC program in a process of its own: takes requests as lines of JSON, answers each with one.

``PCSCLITE_CSOCK_NAME`` says which service it talks to; libpcsclite reads it only once, hence one process a service.
"""

from __future__ import annotations

import ctypes
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from smartcard import scard as _untyped_scard

from benchmarks.common import C_CALL, PYSCARD, time_calls

scard: Any = _untyped_scard
POLL_S = 0.0005
DEADLINE_S = 15.0
_ROOM = 66_000  # more than any answer


def main() -> None:
    """Answer until the input ends."""
    client = Client()
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        print(json.dumps(client.answer(**json.loads(line))), flush=True)


class Client:
    """The connections of one process."""

    def __init__(self) -> None:
        self._connections: dict[str, tuple[int, int]] = {}

    def answer(
        self, *, reader: str = "", way: str = PYSCARD, prepare: Sequence[str] = (), call: str = "", count: int = 0
    ) -> dict[str, Any]:
        """Wait for the reader (any when it has no name) and its card, then send ``call`` ``count`` times."""
        if reader not in self._connections:
            self._connections[reader] = connect(reader)
        connected_ns = time.monotonic_ns()
        handle, protocol = self._connections[reader]
        for raw in prepare:
            _transmit(handle, protocol, bytes.fromhex(raw))
        answer: dict[str, Any] = {"connected_ns": connected_ns}
        if count:
            command = bytes.fromhex(call)
            answer["length"] = len(_transmit(handle, protocol, command))
            answer["round"] = asdict(time_calls(WAYS[way](handle, protocol, command), count))
            _transmit(handle, protocol, command)
        return answer


def _by_pyscard(handle: int, protocol: int, command: bytes) -> Callable[[], object]:
    """The function of pyscard nearest to libpcsclite: a list of numbers in, a list of numbers out."""
    numbers = list(command)
    return lambda: scard.SCardTransmit(handle, protocol, numbers)


class _ProtocolControlInformation(ctypes.Structure):
    """SCARD_IO_REQUEST (pcsc-lite pcsclite.h)."""

    _fields_ = (("protocol", ctypes.c_ulong), ("length", ctypes.c_ulong))


def _by_c_call(handle: int, protocol: int, command: bytes) -> Callable[[], object]:
    """libpcsclite itself, into a buffer that is there already, as programs in C do."""
    function = ctypes.CDLL("libpcsclite.so.1").SCardTransmit
    function.argtypes = [ctypes.c_long, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_ulong, *[ctypes.c_void_p] * 3]
    information = _ProtocolControlInformation(protocol, ctypes.sizeof(_ProtocolControlInformation))
    buffer, length = ctypes.create_string_buffer(_ROOM), ctypes.c_ulong()
    # These references keep what they point at alive; bare addresses would not.
    arguments = (handle, ctypes.byref(information), command, len(command), None, buffer, ctypes.byref(length))

    def call() -> int:
        length.value = _ROOM
        result: int = function(*arguments)
        return result

    result = call()
    if result or buffer.raw[: length.value][-2:] != b"\x90\x00":  # else it would be the failing that is measured
        raise RuntimeError(f"SCardTransmit by ctypes: {result & 0xFFFFFFFF:#x}, {buffer.raw[: length.value].hex()}")
    return call


WAYS = {C_CALL: _by_c_call, PYSCARD: _by_pyscard}


def _transmit(handle: int, protocol: int, raw: bytes) -> bytes:
    result, response = scard.SCardTransmit(handle, protocol, list(raw))
    if result != scard.SCARD_S_SUCCESS or response[-2:] != [0x90, 0x00]:
        raise RuntimeError(f"SCardTransmit: {scard.SCardGetErrorMessage(result)}, {bytes(response).hex()}")
    return bytes(response)


def connect(reader: str) -> tuple[int, int]:
    """A handle and its protocol, as soon as there is a service, the reader and a card in it."""
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
        while result == scard.SCARD_S_SUCCESS and time.monotonic() < deadline:
            found = _try_to_connect(context, reader)
            if found is not None:
                return found
            time.sleep(POLL_S)
        time.sleep(POLL_S)
    raise TimeoutError(f"no card in {reader or 'any reader'} after {DEADLINE_S} s")


def _try_to_connect(context: Any, reader: str) -> tuple[int, int] | None:
    result, names = scard.SCardListReaders(context, [])
    if result != scard.SCARD_S_SUCCESS or not names or (reader and reader not in names):
        return None
    result, handle, protocol = scard.SCardConnect(
        context, reader or names[0], scard.SCARD_SHARE_SHARED, scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
    )
    return (handle, protocol) if result == scard.SCARD_S_SUCCESS else None


if __name__ == "__main__":
    main()
