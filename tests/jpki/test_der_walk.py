"""Walking DER by offsets: strict about tag, length and end."""

from __future__ import annotations

import pytest

from jpki import der
from jpki.der_walk import OBJECT_IDENTIFIER, SEQUENCE, element


@pytest.mark.parametrize("size", [0, 1, 127, 128, 255, 256, 65_536])
def test_an_element_is_found_with_its_content(size: int) -> None:
    encoded = der.tlv(SEQUENCE, bytes(size))
    begin, end = element(b"before" + encoded + b"after", 6, SEQUENCE)
    assert (end - begin, end - 6) == (size, len(encoded))


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (der.null(), "byte 0 is 05 where the tag 30 belongs"),
        (bytes.fromhex("3001"), "is cut"),
        (bytes.fromhex("30820001") + bytes(1), "shortest form"),
        (bytes.fromhex("308100"), "shortest form"),
        (bytes.fromhex("3080") + bytes(4), "no definite length"),
        (bytes.fromhex("30"), "length is missing"),
        (bytes.fromhex("3082"), "length is cut"),
    ],
    ids=["tag", "content", "overlong", "overlong-zero", "indefinite", "no-length", "half-a-length"],
)
def test_what_is_no_such_element_is_refused(raw: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        element(raw, 0, SEQUENCE)


def test_nothing_is_no_element() -> None:
    with pytest.raises(IndexError):
        element(b"", 0, OBJECT_IDENTIFIER)
