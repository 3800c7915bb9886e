"""The padding of secure messaging: ISO/IEC 7816-4 clause 10.2.3.1."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu.layout.secure_messaging import BLOCK_SIZE, pad, unpad


@pytest.mark.parametrize(
    ("data", "padded"),
    [("", "80" + "00" * 15), ("01" * 15, "01" * 15 + "80"), ("01" * 16, "01" * 16 + "80" + "00" * 15)],
    ids=["nothing", "one-short", "whole-block"],
)
def test_padding(data: str, padded: str) -> None:
    assert pad(bytes.fromhex(data)).hex() == padded


@given(st.binary(max_size=100))
def test_what_is_padded_comes_back(data: bytes) -> None:
    assert len(pad(data)) % BLOCK_SIZE == 0
    assert unpad(pad(data)) == data


@pytest.mark.parametrize("blocks", ["", "00" * 16, "01" * 16, "80" + "00" * 16, "0180" + "00" * 30], ids=len)
def test_what_is_no_padding(blocks: str) -> None:
    assert unpad(bytes.fromhex(blocks)) is None
