"""What the signed records are made of."""

from __future__ import annotations

import pytest

from apdu.errors import LayoutError, TlvError
from apdu.layout.record_tlv import LengthForm, PublicKey, indexed, members, variable, wide, with_filler


@pytest.mark.parametrize(
    ("size", "form", "head"),
    [
        (0x7F, LengthForm.SHORT, "DF227F"),
        (0x80, LengthForm.SHORT, "DF22820080"),
        (0x100, LengthForm.SHORT, "DF22820100"),
        (0x01, LengthForm.LONG, "DF22820001"),
        (0xFFFF, LengthForm.LONG, "DF2282FFFF"),
    ],
)
def test_lengths(size: int, form: LengthForm, head: str) -> None:
    """Never 81: by source, tex2e and mnbcard do not read it."""
    assert variable(0xDF22, bytes(size), form) == bytes.fromhex(head) + bytes(size)


def test_no_object_is_longer_than_two_bytes_can_say() -> None:
    with pytest.raises(LayoutError, match="65,535"):
        wide(0xDF22, bytes(0x10000))


def test_no_record_is_longer_than_its_offsets_can_say() -> None:
    last = bytes.fromhex("DF2300")
    most = wide(0xDF22, bytes(0xFFFF - 7 - 5 - len(last)))
    with pytest.raises(LayoutError, match="longer than its offsets"):
        indexed(0xFF20, 0xDF21, (most, last), LengthForm.LONG)


def test_a_file_is_filled_and_never_cut() -> None:
    assert with_filler(b"ab", 4) == b"ab\xff\xff"
    with pytest.raises(LayoutError, match="no room"):
        with_filler(b"abcde", 4)


@pytest.mark.parametrize(
    ("raw", "error", "message"),
    [
        ("FF1003DF1100", LayoutError, "FF20 is expected"),
        ("FF2003DF1100", LayoutError, "holds DF11, not DF21"),
        ("FF2006DF2100DF2100", LayoutError, "holds DF21 DF21, not DF21"),
        ("FF2004DF2100", TlvError, "announced"),
        ("FF2003DF210001", TlvError, "filler"),
    ],
    ids=["other-record", "other-object", "twice", "cut", "more"],
)
def test_what_is_no_such_record(raw: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        members(bytes.fromhex(raw), 0xFF20, 0xDF21)


KEY = PublicKey((1 << 2047) + 5)


def test_a_public_key() -> None:
    """``90 03 010001 91 82 0100 n``: measured, soltia48/myna-card."""
    assert KEY.encode().hex() == "9003010001" + "91820100" + "80" + "00" * 254 + "05"
    assert PublicKey.decode(KEY.encode()) == KEY


@pytest.mark.parametrize("modulus", [1 << 2046, 1 << 2048])
def test_a_public_key_of_another_size(modulus: int) -> None:
    with pytest.raises(LayoutError, match="2,048 bits"):
        PublicKey(modulus).encode()


@pytest.mark.parametrize(("at", "value"), [(0, 0x91), (1, 2), (5, 0x90), (6, 0x81), (9, 0x7F)])
def test_what_is_no_public_key(at: int, value: int) -> None:
    raw = bytearray(KEY.encode())
    raw[at] = value
    with pytest.raises(LayoutError, match="no public key"):
        PublicKey.decode(bytes(raw))
