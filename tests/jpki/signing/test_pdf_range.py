"""ByteRange, looked up in the file's own bytes."""

from __future__ import annotations

import pytest

from jpki.signing.pdf_range import signed_range, without_padding

FILE = b"%PDF head <3003020101000000> tail %%EOF"
FIRST, SECOND = FILE.index(b"<"), FILE.index(b">") + 1
REST = len(FILE) - SECOND


def test_everything_but_the_signature_is_covered() -> None:
    found = signed_range(FILE, [0, FIRST, SECOND, REST])
    assert found is not None
    assert (found.covered, found.contents.hex(), found.end) == (
        b"%PDF head  tail %%EOF",
        "3003020101000000",
        len(FILE),
    )


@pytest.mark.parametrize(
    "numbers",
    [
        pytest.param([1, FIRST - 1, SECOND, REST], id="begins later"),
        pytest.param([1, FIRST, SECOND, REST], id="begins later, as long"),
        pytest.param([0, FIRST - 1, SECOND, REST], id="gap before"),
        pytest.param([0, FIRST, SECOND + 1, REST - 1], id="gap behind"),
        pytest.param([0, FIRST + 1, SECOND, REST], id="overlap before"),
        pytest.param([0, FIRST, SECOND - 1, REST + 1], id="overlap behind"),
        pytest.param([0, FIRST + 2, SECOND - 2, REST + 2], id="within the string"),
        pytest.param([0, FIRST, SECOND, REST + 1], id="beyond the end"),
        pytest.param([0, FIRST, SECOND, -1], id="negative"),
        pytest.param([0, FIRST, SECOND, 0], id="nothing behind"),
        pytest.param([0, SECOND, FIRST, REST], id="backwards"),
        pytest.param([0, FIRST, SECOND], id="three"),
        pytest.param([0, FIRST, SECOND, REST, 0], id="five"),
        pytest.param([0, FIRST, SECOND, True], id="a truth"),
        pytest.param([0, FIRST, SECOND, "9"], id="a text"),
        pytest.param([], id="none"),
    ],
)
def test_every_other_range_is_none(numbers: list[object]) -> None:
    assert signed_range(FILE, numbers) is None


@pytest.mark.parametrize("inside", [b"30030201010000zz", b"3003 02010100000", b"300302010100000", b"<003020101000000"])
def test_what_is_left_out_is_one_hex_string(inside: bytes) -> None:
    file = FILE.replace(b"3003020101000000", inside)
    end = file.index(b">") + 1
    assert signed_range(file, [0, FIRST, end, len(file) - end]) is None


def test_end_is_that_of_the_range_not_of_the_file() -> None:
    found = signed_range(FILE + b"more", [0, FIRST, SECOND, REST])
    assert found is not None
    assert found.end == len(FILE)


@pytest.mark.parametrize(
    ("contents", "inside"),
    [
        ("3003020101", "3003020101"),
        ("30030201010000", "3003020101"),
        ("300302010100ff", None),
        ("30030201", None),
        ("", None),
        ("30", None),
        ("3084ffffffff00", None),
    ],
)
def test_zeros_alone_follow_the_signature(contents: str, inside: str | None) -> None:
    found = without_padding(bytes.fromhex(contents))
    assert (None if found is None else found.hex()) == inside
