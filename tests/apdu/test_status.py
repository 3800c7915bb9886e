"""Status words: every one of the 65,536, the families, the constructors."""

from __future__ import annotations

import pytest

from apdu.status import StatusWord


@pytest.mark.parametrize("sw1", range(256), ids="{:02X}xx".format)
def test_every_value_round_trips(sw1: int) -> None:
    """256 ids of 256 words each: no word may raise in any property."""
    words = [StatusWord(sw1 << 8 | sw2) for sw2 in range(256)]
    assert [StatusWord.from_bytes(bytes(word)) for word in words] == words
    assert [(word.sw1, word.sw2) for word in words] == [(sw1, sw2) for sw2 in range(256)]
    assert [str(word) for word in words] == [f"{sw1:02X}{sw2:02X}" for sw2 in range(256)]
    assert [word.tries_left is not None for word in words] == [
        sw1 == 0x63 and 0xC0 <= sw2 <= 0xCF for sw2 in range(256)
    ]
    assert [word.more_data for word in words] == [(sw2 or 256) if sw1 == 0x61 else None for sw2 in range(256)]
    assert [word.exact_ne for word in words] == [(sw2 or 256) if sw1 == 0x6C else None for sw2 in range(256)]
    assert [word.is_ok for word in words] == [sw1 == 0x90 and sw2 == 0 for sw2 in range(256)]


@pytest.mark.parametrize("tries", range(16))
def test_tries(tries: int) -> None:
    word = StatusWord.with_tries_left(tries)
    assert (word.value, word.tries_left) == (0x63C0 + tries, tries)


@pytest.mark.parametrize("tries", [-1, 16])
def test_tries_outside(tries: int) -> None:
    with pytest.raises(ValueError, match=r"0\.\.15 tries"):
        StatusWord.with_tries_left(tries)


@pytest.mark.parametrize(("count", "value"), [(1, 0x6101), (255, 0x61FF), (256, 0x6100)])
def test_more_data(count: int, value: int) -> None:
    word = StatusWord.with_more_data(count)
    assert (word.value, word.more_data) == (value, count)


@pytest.mark.parametrize("count", [0, 257])
def test_more_data_outside(count: int) -> None:
    with pytest.raises(ValueError, match=r"1\.\.256 bytes"):
        StatusWord.with_more_data(count)


@pytest.mark.parametrize(("ne", "value"), [(1, 0x6C01), (255, 0x6CFF), (256, 0x6C00)])
def test_exact_ne(ne: int, value: int) -> None:
    word = StatusWord.with_exact_ne(ne)
    assert (word.value, word.exact_ne) == (value, ne)


@pytest.mark.parametrize("ne", [0, 257])
def test_exact_ne_outside(ne: int) -> None:
    with pytest.raises(ValueError, match=r"1\.\.256"):
        StatusWord.with_exact_ne(ne)


@pytest.mark.parametrize("value", [-1, 0x10000])
def test_sixteen_bits(value: int) -> None:
    with pytest.raises(ValueError, match="16 bits"):
        StatusWord(value)


@pytest.mark.parametrize("raw", [b"", b"\x90", b"\x90\x00\x00"], ids=["empty", "one", "three"])
def test_two_bytes(raw: bytes) -> None:
    with pytest.raises(ValueError, match="2 bytes"):
        StatusWord.from_bytes(raw)


def test_ok_and_repr() -> None:
    assert StatusWord(0x9000) == StatusWord.OK
    assert repr(StatusWord(0x6A82)) == "StatusWord(0x6A82)"
