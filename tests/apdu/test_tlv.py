"""BER-TLV: golden objects, every truncation, leniency by name, filler, nesting."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu import tlv
from apdu.errors import TlvError
from apdu.tlv import Tlv

FILE = tomllib.loads((Path(__file__).parents[2] / "fixtures/vectors/apdu/tlv.toml").read_text())
GOLDEN = [pytest.param(vector, id=vector["id"]) for vector in FILE["ber"]]
LENIENT = [pytest.param(vector, id=vector["id"]) for vector in FILE["lenient"]]
BAD = [pytest.param(vector, id=vector["id"]) for vector in FILE["bad"]]


def value_of(vector: dict[str, Any]) -> bytes:
    if "fill" in vector:
        return bytes.fromhex(vector["fill"]) * int(vector["length"])
    return bytes.fromhex(vector.get("value", ""))


def raw_of(vector: dict[str, Any]) -> bytes:
    return bytes.fromhex(vector["head"]) + value_of(vector)


@pytest.mark.parametrize("vector", GOLDEN)
def test_golden(vector: dict[str, Any]) -> None:
    expected = Tlv(vector["tag"], value_of(vector))
    assert tlv.decode(raw_of(vector)) == expected
    assert expected.encode() == raw_of(vector)


@pytest.mark.parametrize("vector", LENIENT)
def test_long_lengths_only_by_name(vector: dict[str, Any]) -> None:
    expected = Tlv(vector["tag"], value_of(vector))
    assert tlv.decode(raw_of(vector), minimal_lengths=False) == expected
    with pytest.raises(TlvError, match="shortest form") as caught:
        tlv.decode(raw_of(vector))
    assert "minimal_lengths" in caught.value.hint


@pytest.mark.parametrize("vector", BAD)
def test_refuses(vector: dict[str, Any]) -> None:
    with pytest.raises(TlvError, match=vector["says"]):
        tlv.decode(bytes.fromhex(vector["hex"]))


CUTS = [
    pytest.param(raw_of(vector)[:length], id=f"{vector['id']}-{length}")
    for vector in FILE["ber"]
    for length in sorted({*range(min(len(raw_of(vector)), 8)), len(raw_of(vector)) - 1})
]


@pytest.mark.parametrize("cut", CUTS)
def test_every_truncation_is_refused(cut: bytes) -> None:
    with pytest.raises(TlvError, match=r"missing|cut|announced"):
        tlv.decode(cut)


def test_decode_all() -> None:
    raw = bytes.fromhex("DF2501318000")
    assert tlv.decode_all(raw) == (Tlv(0xDF25, b"1"), Tlv(0x80, b""))
    assert tlv.decode_all(b"") == ()


@pytest.mark.parametrize("filler", ["", "FF", "FFFF", "00", "0000"])
def test_filler_behind_the_object(filler: str) -> None:
    """Measured: soltia48/myna-card, a file of the card holds one object and FF behind it."""
    assert tlv.read_first(bytes.fromhex("0401AA" + filler)) == Tlv(0x04, b"\xaa")


@pytest.mark.parametrize("rest", ["01", "FF00", "00FF", "FFFFFE"])
def test_other_bytes_are_no_filler(rest: str) -> None:
    with pytest.raises(TlvError, match="no filler"):
        tlv.read_first(bytes.fromhex("0401AA" + rest))


# measured: soltia48/myna-card src/ap/text.rs tests, offsets and short objects of a test card
ATTRIBUTES = Tlv(0xFF20, bytes.fromhex("DF2108000E002000590064" + "DF2403313938" + "DF250131"))


def test_find_and_children() -> None:
    assert [child.tag for child in ATTRIBUTES.children()] == [0xDF21, 0xDF24, 0xDF25]
    assert ATTRIBUTES.find(0xDF25) == Tlv(0xDF25, b"1")
    assert ATTRIBUTES.find(0xDF99) is None
    assert Tlv(0x30, ATTRIBUTES.encode()).find(0xFF20, 0xDF25) == Tlv(0xDF25, b"1")
    assert ATTRIBUTES.find() == ATTRIBUTES


def test_constructed() -> None:
    inner = (Tlv(0x04, b"a"), Tlv(0x05, b""))
    outer = tlv.constructed(0x30, inner)
    assert outer.encode() == bytes.fromhex("30050401610500")
    assert outer.children() == inner
    assert outer.is_constructed
    assert not inner[0].is_constructed


def test_walk_names_the_parents() -> None:
    raw = bytes.fromhex("3005310304016105 00".replace(" ", ""))
    assert [(parents, found.tag) for parents, found in tlv.walk(raw)] == [
        ((), 0x30),
        ((0x30,), 0x31),
        ((0x30, 0x31), 0x04),
        ((), 0x05),
    ]


def nested(depth: int) -> bytes:
    raw = b""
    for _ in range(depth):
        raw = Tlv(0x30, raw).encode()
    return raw


def test_walk_at_the_depth_limit() -> None:
    assert len(list(tlv.walk(nested(tlv.MAX_DEPTH)))) == tlv.MAX_DEPTH


def test_walk_below_the_depth_limit() -> None:
    with pytest.raises(TlvError, match="nested deeper"):
        list(tlv.walk(nested(tlv.MAX_DEPTH + 1)))


@pytest.mark.parametrize(
    ("raw", "expected"),
    [("3082061F", (4, 0x61F)), ("FF1082000C", (5, 12)), ("0400", (2, 0))],
)
def test_header_size(raw: str, expected: tuple[int, int]) -> None:
    assert tlv.header_size(bytes.fromhex(raw), minimal_lengths=False) == expected


@pytest.mark.parametrize("tag", [0, -1, 0x100, 0x3001, 0x7F, 0xFF80, 0x1000000])
def test_no_tag(tag: int) -> None:
    with pytest.raises(TlvError):
        Tlv(tag, b"")


def test_repr_hides_the_value() -> None:
    assert "secret" not in repr(Tlv(0x04, b"secret"))


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes(raw: bytes, minimal_lengths: bool) -> None:
    """Refused, or read whole; the strict reading writes the same bytes again."""
    try:
        objects = tlv.decode_all(raw, minimal_lengths=minimal_lengths)
    except TlvError:
        return
    if minimal_lengths:
        assert b"".join(found.encode() for found in objects) == raw


TAGS = st.sampled_from([0x01, 0x30, 0x80, 0x5F51, 0x7F21, 0xFF10, 0xDF25, 0x7F8101])


@given(st.lists(st.builds(Tlv, TAGS, st.binary(max_size=300)), max_size=5))
def test_round_trip(objects: list[Tlv]) -> None:
    assert tlv.decode_all(b"".join(found.encode() for found in objects)) == tuple(objects)
