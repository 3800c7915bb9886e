"""The vpcd codec: golden streams, however they are cut, and the frames that do not exist."""

from __future__ import annotations

import itertools
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readers.errors import ProtocolError
from readers.vpcd_wire import MAX_PAYLOAD, Apdu, Control, Event, FrameParser, encode_frame

VECTORS = Path(__file__).parents[2] / "fixtures" / "vectors" / "readers" / "vpcd.toml"
CASES = [
    pytest.param(bytes.fromhex(case["stream"]), case["events"], id=case["id"])
    for case in tomllib.loads(VECTORS.read_text())["case"]
]


def _events(names: list[str]) -> list[Event]:
    return [Control[name] if name in Control.__members__ else Apdu(bytes.fromhex(name)) for name in names]


@pytest.mark.parametrize(("stream", "names"), CASES)
def test_stream_whole(stream: bytes, names: list[str]) -> None:
    parser = FrameParser()
    assert parser.feed(stream) == _events(names)
    parser.finish()


@pytest.mark.parametrize(("stream", "names"), CASES)
def test_stream_one_byte_at_a_time(stream: bytes, names: list[str]) -> None:
    parser = FrameParser()
    assert [event for byte in stream for event in parser.feed(bytes((byte,)))] == _events(names)
    parser.finish()


@pytest.mark.parametrize(("stream", "names"), CASES)
def test_stream_with_the_start_of_another_frame(stream: bytes, names: list[str]) -> None:
    parser = FrameParser()
    assert parser.feed(stream + b"\x00") == _events(names)
    assert parser.pending == 1
    with pytest.raises(ProtocolError, match="inside a frame, 1 bytes"):
        parser.finish()


@pytest.mark.parametrize("cut", range(1, 17))
def test_every_truncation_of_a_frame_is_noticed_at_the_end(cut: int) -> None:
    parser = FrameParser()
    assert parser.feed(encode_frame(bytes.fromhex("00A4040C0AD392F000260100000001"))[:cut]) == []
    with pytest.raises(ProtocolError, match=f"inside a frame, {cut} bytes"):
        parser.finish()


def test_frame_of_length_0_is_refused() -> None:
    with pytest.raises(ProtocolError, match="length 0"):
        FrameParser().feed(b"\x00\x00")


def test_apdu_bytes_stay_out_of_repr() -> None:
    assert "1234" not in repr(Apdu(b"\x00\x20\x00\x80\x041234"))


@pytest.mark.parametrize("length", [0, MAX_PAYLOAD + 1])
def test_payload_without_a_frame_is_refused(length: int) -> None:
    with pytest.raises(ProtocolError, match=f"not {length}"):
        encode_frame(bytes(length))


def test_longest_frame() -> None:
    longest = bytes(range(256)) * 256
    assert FrameParser().feed(encode_frame(longest[:MAX_PAYLOAD])) == [Apdu(longest[:MAX_PAYLOAD])]


@given(
    payloads=st.lists(st.binary(min_size=2, max_size=300), max_size=6),
    cuts=st.lists(st.integers(0, 1900), max_size=8),
)
def test_frames_survive_any_cut(payloads: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(map(encode_frame, payloads))
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    parser = FrameParser()
    events = [event for start, end in itertools.pairwise(edges) for event in parser.feed(stream[start:end])]
    assert events == [Apdu(payload) for payload in payloads]
    parser.finish()
