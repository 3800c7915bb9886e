"""SIMPLE-TLV: golden records, refusals, truncations, round trips."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu import simple_tlv
from apdu.errors import TlvError
from apdu.simple_tlv import SimpleTlv

FILE = tomllib.loads((Path(__file__).parents[2] / "fixtures/vectors/apdu/tlv.toml").read_text())
GOLDEN = [pytest.param(vector, id=vector["id"]) for vector in FILE["simple"]]
BAD = [pytest.param(vector, id=vector["id"]) for vector in FILE["simple_bad"]]


def value_of(vector: dict[str, Any]) -> bytes:
    if "fill" in vector:
        return bytes.fromhex(vector["fill"]) * int(vector["length"])
    return bytes.fromhex(vector.get("value", ""))


@pytest.mark.parametrize("vector", GOLDEN)
def test_golden(vector: dict[str, Any]) -> None:
    raw = bytes.fromhex(vector["head"]) + value_of(vector)
    expected = SimpleTlv(vector["tag"], value_of(vector))
    assert simple_tlv.decode(raw) == expected
    assert expected.encode() == raw


@pytest.mark.parametrize("vector", BAD)
def test_refuses(vector: dict[str, Any]) -> None:
    with pytest.raises(TlvError, match=vector["says"]):
        simple_tlv.decode(bytes.fromhex(vector["hex"]))


@pytest.mark.parametrize("length", range(30))
def test_every_truncation_of_the_card_record(length: int) -> None:
    raw = bytes.fromhex(FILE["simple"][0]["head"] + FILE["simple"][0]["value"])
    with pytest.raises(TlvError, match=r"missing|announced"):
        simple_tlv.decode(raw[:length])


def test_long_length_only_by_name() -> None:
    assert simple_tlv.decode(bytes.fromhex("01FF0001AA"), minimal_lengths=False) == SimpleTlv(1, b"\xaa")


def test_too_long() -> None:
    with pytest.raises(TlvError, match="at most 65535"):
        SimpleTlv(1, bytes(65_536))


@given(st.binary(max_size=300))
def test_any_bytes(raw: bytes) -> None:
    try:
        objects = simple_tlv.decode_all(raw)
    except TlvError:
        return
    assert b"".join(found.encode() for found in objects) == raw


@given(st.lists(st.builds(SimpleTlv, st.integers(1, 254), st.binary(max_size=300)), max_size=5))
def test_round_trip(objects: list[SimpleTlv]) -> None:
    assert simple_tlv.decode_all(b"".join(found.encode() for found in objects)) == tuple(objects)
