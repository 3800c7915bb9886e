"""Command APDUs: golden vectors of the seven cases, boundaries, every truncation, round trips."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu.command import MAX_EXTENDED_NC, MAX_EXTENDED_NE, Case, Command
from apdu.errors import CommandError

FILE = tomllib.loads((Path(__file__).parents[2] / "fixtures/vectors/apdu/commands.toml").read_text())
GOLDEN = [pytest.param(vector, id=vector["id"]) for vector in FILE["command"]]
BAD = [pytest.param(vector, id=vector["id"]) for vector in FILE["bad"]]
SMALL = [vector for vector in FILE["command"] if vector.get("nc", 0) < 300]


def data_of(vector: dict[str, Any]) -> bytes:
    if "fill" in vector:
        return bytes.fromhex(vector["fill"]) * int(vector["nc"])
    return bytes.fromhex(vector.get("data", ""))


def raw_of(vector: dict[str, Any]) -> bytes:
    return bytes.fromhex(vector["head"]) + data_of(vector) + bytes.fromhex(vector.get("tail", ""))


def command_of(vector: dict[str, Any], *, extended: bool = False) -> Command:
    cla, ins, p1, p2 = bytes.fromhex(vector["head"])[:4]
    return Command(cla=cla, ins=ins, p1=p1, p2=p2, data=data_of(vector), ne=vector.get("ne"), extended=extended)


@pytest.mark.parametrize("vector", GOLDEN)
def test_decodes_golden(vector: dict[str, Any]) -> None:
    got = Command.decode(raw_of(vector))
    assert got == command_of(vector, extended=vector["case"].endswith("E"))
    assert got.case is Case(vector["case"])


@pytest.mark.parametrize("vector", GOLDEN)
def test_encodes_golden(vector: dict[str, Any]) -> None:
    """The shortest form unless the vector asks for the extended one."""
    assert command_of(vector, extended=vector.get("extended", False)).encode() == raw_of(vector)


@pytest.mark.parametrize("vector", BAD)
def test_refuses(vector: dict[str, Any]) -> None:
    with pytest.raises(CommandError, match=vector["says"]):
        Command.decode(bytes.fromhex(vector["hex"]))


TRUNCATIONS = [
    pytest.param(raw_of(vector)[:length], raw_of(vector), id=f"{vector['id']}-{length}")
    for vector in SMALL
    for length in sorted({*range(min(len(raw_of(vector)), 16)), len(raw_of(vector)) - 2, len(raw_of(vector)) - 1})
]


@pytest.mark.parametrize(("cut", "whole"), TRUNCATIONS)
def test_truncation_is_refused_or_another_command(cut: bytes, whole: bytes) -> None:
    """A cut command never reads as the whole one; what does read consumes every byte."""
    try:
        got = Command.decode(cut)
    except CommandError:
        return
    assert got != Command.decode(whole)
    assert got.encode() == cut


TRAILING = [
    pytest.param(vector, extra, id=f"{vector['id']}-plus-{extra}")
    for vector in SMALL
    if vector["case"] in ("3S", "4S", "3E", "4E") or (vector["case"] == "2E" and vector["ne"] > 256)
    for extra in (1, 2, 3)
]


@pytest.mark.parametrize(("vector", "extra"), TRAILING)
def test_trailing_bytes(vector: dict[str, Any], extra: int) -> None:
    """One byte behind case 3S, two behind 3E, are its Le; everything else is refused."""
    raw = raw_of(vector) + b"\x07" * extra
    if (vector["case"], extra) in (("3S", 1), ("3E", 2)):
        assert Command.decode(raw).ne == int.from_bytes(b"\x07" * extra)
        return
    with pytest.raises(CommandError, match=r"bytes follow it|Lc of 0"):
        Command.decode(raw)


@given(st.binary(max_size=600))
def test_any_bytes_are_one_command_or_refused(raw: bytes) -> None:
    try:
        got = Command.decode(raw)
    except CommandError:
        return
    assert got.encode() == raw


HEADER_BYTE = st.integers(0, 255)


@given(
    cla=HEADER_BYTE,
    ins=HEADER_BYTE,
    p1=HEADER_BYTE,
    p2=HEADER_BYTE,
    data=st.binary(max_size=300),
    ne=st.none() | st.integers(1, MAX_EXTENDED_NE),
    extended=st.booleans(),
)
def test_round_trip(cla: int, ins: int, p1: int, p2: int, data: bytes, ne: int | None, extended: bool) -> None:
    command = Command(cla=cla, ins=ins, p1=p1, p2=p2, data=data, ne=ne, extended=extended)
    got = Command.decode(command.encode())
    assert (got.cla, got.ins, got.p1, got.p2, got.data, got.ne) == (cla, ins, p1, p2, data, ne)
    assert got.case is command.case


@pytest.mark.parametrize("field", ["cla", "ins", "p1", "p2"])
@pytest.mark.parametrize("value", [-1, 256])
def test_header_fields_are_bytes(field: str, value: int) -> None:
    fields = {"cla": 0, "ins": 0, "p1": 0, "p2": 0, field: value}
    with pytest.raises(CommandError, match="one byte each"):
        Command(**fields)


@pytest.mark.parametrize("ne", [0, -1, MAX_EXTENDED_NE + 1])
def test_ne_is_in_range(ne: int) -> None:
    with pytest.raises(CommandError, match="Ne is"):
        Command(cla=0, ins=0, p1=0, p2=0, ne=ne)


def test_data_field_is_bounded() -> None:
    with pytest.raises(CommandError, match="at most 65535"):
        Command(cla=0, ins=0, p1=0, p2=0, data=bytes(MAX_EXTENDED_NC + 1))


def test_neither_repr_nor_str_shows_data() -> None:
    """The data of VERIFY is a PIN."""
    command = Command(cla=0, ins=0x20, p1=0, p2=0x80, data=b"1234")
    assert "1234" not in repr(command) + str(command)
    assert "31323334" not in repr(command) + str(command)


def test_p1p2() -> None:
    assert Command(cla=0, ins=0xCA, p1=0x5F, p2=0x51).p1p2 == 0x5F51
