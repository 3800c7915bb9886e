"""The codec: what libpcsclite sends, however it is cut, and what no library sends."""

from __future__ import annotations

import contextlib
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readers.errors import ProtocolError
from readers.pcsclite.constants import Command
from readers.pcsclite.wire import (
    HEADER,
    LAYOUTS,
    READER_STATE,
    Request,
    RequestDecoder,
    encode_reply,
    encode_request,
    reader_name,
)

VECTORS = tomllib.loads((Path(__file__).parents[3] / "fixtures/vectors/readers/pcsclite.toml").read_text())
TRANSMIT = encode_request(Command.TRANSMIT, 2, 2, 16, 5, 2, 16, 258, 0, data=b"\x00\xb0\x00\x00\x00")


def _stream(text: str) -> bytes:
    """Hex in little-endian order; ``*N`` is N zero bytes."""
    assert sys.byteorder == "little", "the vectors were captured on a little-endian machine"
    return b"".join(bytes(int(part[1:])) if part[0] == "*" else bytes.fromhex(part) for part in text.split())


def _fields(case: dict[str, Any]) -> tuple[Any, ...]:
    size = 128 if case["command"] == "CONNECT" else 264
    return tuple(f.encode().ljust(size, b"\0") if isinstance(f, str) else f for f in case["fields"])


REQUESTS = [
    pytest.param(
        _stream(case["stream"]),
        Request(Command[case["command"]], _fields(case), bytes.fromhex(case.get("data", ""))),
        id=case["id"],
    )
    for case in VECTORS["request"]
]
MALFORMED = [pytest.param(_stream(case["stream"]), case["message"], id=case["id"]) for case in VECTORS["malformed"]]


def _decode(*pieces: bytes, minor: int = 6) -> list[Request]:
    decoder, requests = RequestDecoder(minor=minor), []
    for piece in pieces:
        decoder.feed(piece)
        while (request := decoder.next_request()) is not None:
            requests.append(request)
    return requests


@pytest.mark.parametrize(("stream", "request_"), REQUESTS)
def test_decodes_whole(stream: bytes, request_: Request) -> None:
    assert _decode(stream) == [request_]


@pytest.mark.parametrize(("stream", "request_"), REQUESTS)
def test_decodes_byte_by_byte(stream: bytes, request_: Request) -> None:
    assert _decode(*(bytes((byte,)) for byte in stream)) == [request_]


@pytest.mark.parametrize(("stream", "request_"), REQUESTS)
def test_every_truncation_waits_for_more(stream: bytes, request_: Request) -> None:
    for length in range(len(stream)):
        decoder = RequestDecoder(minor=6)
        decoder.feed(stream[:length])
        assert decoder.next_request() is None
        assert decoder.pending == length


@pytest.mark.parametrize(("stream", "request_"), REQUESTS)
def test_keeps_what_follows(stream: bytes, request_: Request) -> None:
    decoder = RequestDecoder(minor=6)
    decoder.feed(stream + stream + b"\x01")
    assert [decoder.next_request(), decoder.next_request(), decoder.next_request()] == [request_, request_, None]
    assert decoder.pending == 1


@pytest.mark.parametrize(("stream", "request_"), REQUESTS)
def test_encodes_what_libraries_send(stream: bytes, request_: Request) -> None:
    assert encode_request(request_.command, *request_.fields, data=request_.data) == stream


@pytest.mark.parametrize(("stream", "message"), MALFORMED)
def test_refuses(stream: bytes, message: str) -> None:
    with pytest.raises(ProtocolError) as error:
        _decode(stream)
    assert str(error.value).startswith(message)


@pytest.mark.parametrize(("command", "since"), [(0x15, 5), (0x16, 6), (0x17, 6)])
def test_commands_are_unknown_before_their_version(command: int, since: int) -> None:
    frame = HEADER.pack(0, command)
    assert _decode(frame, minor=since) == [Request(command, (), b"")]
    with pytest.raises(ProtocolError, match=f"is not one of protocol 4:{since - 1}"):
        _decode(frame, minor=since - 1)


@given(st.lists(st.integers(1, 60)))
def test_cuts_do_not_matter(cuts: list[int]) -> None:
    stream, pieces = TRANSMIT * 4, []
    for cut in cuts:
        pieces.append(stream[:cut])
        stream = stream[cut:]
    assert _decode(*pieces, stream) == _decode(TRANSMIT) * 4


@given(st.binary(max_size=200))
def test_any_bytes_are_decoded_or_refused(noise: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        assert all(request.command in LAYOUTS for request in _decode(noise))


@pytest.mark.parametrize("length", [0, 1, 65548])
def test_data_of_every_size(length: int) -> None:
    data = bytes(length)
    assert _decode(encode_request(Command.TRANSMIT, 2, 2, 16, length, 2, 16, 258, 0, data=data))[0].data == data


# sizeof() of the structures of winscard_msg.h and eventhandler.h, as the C compiler lays them out
SIZES = {
    "ESTABLISH_CONTEXT": 12,
    "RELEASE_CONTEXT": 8,
    "CONNECT": 152,
    "RECONNECT": 24,
    "DISCONNECT": 12,
    "BEGIN_TRANSACTION": 8,
    "END_TRANSACTION": 12,
    "TRANSMIT": 32,
    "CONTROL": 24,
    "STATUS": 8,
    "CANCEL": 8,
    "GET_ATTRIB": 280,
    "SET_ATTRIB": 280,
    "VERSION": 12,
}


@pytest.mark.parametrize(("name", "size"), SIZES.items(), ids=SIZES.keys())
def test_body_sizes(name: str, size: int) -> None:
    assert LAYOUTS[Command[name]].body.size == size


def test_every_command_has_a_layout() -> None:
    assert set(LAYOUTS) == set(Command)


def test_reader_state_has_184_bytes() -> None:
    assert READER_STATE.size == 184
    packed = READER_STATE.pack(b"Lab", 1, 0x34, -1, b"\x3b\x80\x01\x01", 4, 2)
    assert packed == b"Lab" + _stream("*125 01000000 34000000 ffffffff 3b800101 *29 *3 04000000 02000000")


def test_replies_have_no_header() -> None:
    assert encode_reply(Command.STOP_WAITING_READER_STATE_CHANGE, 0, 0x80100002) == _stream("00000000 02001080")


@pytest.mark.parametrize(
    ("field", "name"),
    [
        pytest.param(b"Lab\0rubbish", "Lab", id="to-the-nul"),
        pytest.param(b"", "", id="empty"),
        pytest.param(b"x" * 128, "x" * 127, id="no-nul"),
        pytest.param(b"\xff\0", "\udcff", id="not-utf-8"),
    ],
)
def test_reader_name(field: bytes, name: str) -> None:
    assert reader_name(field) == name
