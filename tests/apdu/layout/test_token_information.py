"""Token information: the measured record, field limits, every truncation."""

from __future__ import annotations

from dataclasses import replace

import pytest

from apdu.errors import LayoutError
from apdu.layout.token_information import SIZE, TokenInformation

# measured: soltia48/myna-card src/ap/jpki.rs, a test card
MEASURED = (
    b"JPKIAPICCTOKEN2" + b" " * 17 + b"0" * 31 + b"1" + b"E16R01NJ" + b" " * 8 + b"0000000020500003"
    + bytes.fromhex("0000040D 00000001 00000000 00000001 00000000 00000010 00000006" + "FF" * 16)
    + b"0301" + b"9" * 16
)  # fmt: skip
INFORMATION = TokenInformation(serial_number="0000000020500003")


def test_the_measured_record() -> None:
    assert len(MEASURED) == SIZE == 160
    assert INFORMATION.encode() == MEASURED
    assert TokenInformation.decode(MEASURED) == INFORMATION


@pytest.mark.parametrize("length", [*range(160), 161])
def test_exact_length(length: int) -> None:
    with pytest.raises(LayoutError, match="160 bytes"):
        TokenInformation.decode((MEASURED + b"\x00")[:length])


@pytest.mark.parametrize(
    ("field", "offset", "width"),
    [
        ("label", 0, 32),
        ("manufacturer_id", 32, 32),
        ("model", 64, 16),
        ("serial_number", 80, 16),
        ("hardware_version", 140, 2),
        ("firmware_version", 142, 2),
        ("utc_time", 144, 16),
    ],
)
def test_text_fields(field: str, offset: int, width: int) -> None:
    full = replace(INFORMATION, **{field: "X" * width})
    assert full.encode()[offset : offset + width] == b"X" * width
    with pytest.raises(LayoutError, match=field):
        replace(INFORMATION, **{field: "X" * (width + 1)}).encode()
    with pytest.raises(LayoutError, match="ASCII"):
        replace(INFORMATION, **{field: "é"}).encode()
    with pytest.raises(LayoutError, match="ASCII"):
        TokenInformation.decode(MEASURED[:offset] + b"\xff" + MEASURED[offset + 1 :])


@pytest.mark.parametrize(
    ("field", "offset"),
    [
        ("flags", 96),
        ("max_session_count", 100),
        ("session_count", 104),
        ("max_rw_session_count", 108),
        ("rw_session_count", 112),
        ("max_pin_length", 116),
        ("min_pin_length", 120),
        ("total_public_memory", 124),
        ("free_public_memory", 128),
        ("total_private_memory", 132),
        ("free_private_memory", 136),
    ],
)
def test_numbers_are_big_endian(field: str, offset: int) -> None:
    assert replace(INFORMATION, **{field: 0x01020304}).encode()[offset : offset + 4] == bytes((1, 2, 3, 4))
    with pytest.raises(LayoutError, match="does not fit"):
        replace(INFORMATION, **{field: 1 << 32}).encode()
