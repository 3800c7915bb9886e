"""The header of the file: it proves itself, so that a change that would be read without complaint is noticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from jpki.revocation_index.build import build_index
from jpki.revocation_index.errors import IndexDamagedError
from jpki.revocation_index.mapped import MappedIndex
from tests.jpki.revocation_index.conftest import Forge, entry, partition


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'"number":42', b'"number":43'),
        (b'"next_update":"2026', b'"next_update":"2036'),
        (b'"letter":"I"', b'"letter":"Q"'),
    ],
    ids=["number", "next-update", "letter"],
)
def test_a_header_that_says_something_else_is_damaged(
    forge: Forge, tmp_path: Path, before: bytes, after: bytes
) -> None:
    path = tmp_path / "idx"
    build_index(path, [forge.crl([entry(7)])], issuer=forge)
    raw = path.read_bytes()
    assert before in raw
    assert len(before) == len(after)
    path.write_bytes(raw.replace(before, after))
    with pytest.raises(IndexDamagedError, match="its header was changed or cut"):
        MappedIndex.open(path)


@pytest.mark.parametrize("which", ["full", "partition"])
def test_what_is_written_is_read(forge: Forge, tmp_path: Path, which: str) -> None:
    raw = forge.crl([entry(7)], extensions=partition("Mihon-shi CRLDP") if which == "partition" else b"")
    made = build_index(tmp_path / "idx", [raw], issuer=forge)
    assert MappedIndex.open(tmp_path / "idx").header == made.header
    assert (made.frame.partition is None) == (which == "full")
