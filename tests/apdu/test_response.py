"""Response APDUs: the last two bytes are the status word, whatever they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu.errors import ResponseError
from apdu.response import Response
from apdu.status import StatusWord


@pytest.mark.parametrize(
    ("raw", "data", "value"),
    [
        pytest.param("9000", "", 0x9000, id="status-only"),
        pytest.param("3082061F9000", "3082061F", 0x9000, id="head-of-certificate"),
        pytest.param("63C3", "", 0x63C3, id="tries"),
    ],
)
def test_decodes(raw: str, data: str, value: int) -> None:
    assert Response.decode(bytes.fromhex(raw)) == Response(StatusWord(value), bytes.fromhex(data))


@pytest.mark.parametrize("size", [65_535, 65_536])
def test_longest(size: int) -> None:
    response = Response(StatusWord.OK, bytes(size))
    assert Response.decode(response.encode()) == response


@pytest.mark.parametrize("raw", [b"", b"\x90"], ids=["empty", "one-byte"])
def test_refuses(raw: bytes) -> None:
    with pytest.raises(ResponseError, match="at least 2 bytes") as caught:
        Response.decode(raw)
    assert caught.value.hint


@given(st.binary(min_size=2, max_size=600))
def test_round_trip(raw: bytes) -> None:
    assert Response.decode(raw).encode() == raw


def test_repr() -> None:
    assert repr(Response(StatusWord.OK, b"\x30\x82")) == "Response('3082', sw=9000)"
