"""Entries one by one."""

from __future__ import annotations

from typing import Any

import pytest

from jpki.revocation_index.entry import IndirectError, read_entry, read_time
from jpki.revocation_index.words import moment_of
from tests.jpki.revocation_index.conftest import VECTORS

READ = pytest.mark.parametrize("case", VECTORS["read"], ids=lambda case: case["id"])
REFUSED = pytest.mark.parametrize("case", VECTORS["refused"], ids=lambda case: case["id"])


@READ
def test_an_entry_says(case: dict[str, Any]) -> None:
    raw = bytes.fromhex(case["hex"])
    read = read_entry(b"before" + raw + b"after", 6, 6 + len(raw))
    since = read.extensions.invalid_since
    assert (read.serial, moment_of(read.revoked_at)) == (int(case["serial"]), case["revoked_at"])
    assert (read.extensions.reason, read.extensions.critical) == (case["reason"], case.get("critical"))
    assert (None if since is None else moment_of(since)) == case.get("invalid_since")


@REFUSED
def test_an_entry_is_refused(case: dict[str, Any]) -> None:
    raw = bytes.fromhex(case["hex"])
    expected = IndirectError if case["flaw"] == "indirect" else (ValueError, IndexError)
    with pytest.raises(expected):
        read_entry(raw, 0, len(raw))


@READ
def test_an_entry_that_is_cut_is_refused(case: dict[str, Any]) -> None:
    raw = bytes.fromhex(case["hex"])
    with pytest.raises((ValueError, IndexError)):
        read_entry(raw[:-1], 0, len(raw) - 1)


@pytest.mark.parametrize("value", [b"", b"\x17", b"\x05\x00", b"\x17\x0d26050103000Z"], ids=bytes.hex)
def test_what_is_no_time_is_refused(value: bytes) -> None:
    with pytest.raises((ValueError, IndexError)):
        read_time(value)
