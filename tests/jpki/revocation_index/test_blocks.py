"""Entries many at a time: the same as one by one, wherever the bytes are cut and whatever they look like."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jpki import der, oids
from jpki.revocation_index.blocks import MAX_ENTRY_SIZE, EntryBlocks
from jpki.revocation_index.entry import read_entry
from jpki.revocation_index.errors import CrlFlaw, CrlRefusedError
from jpki.revocation_index.words import FLAG_INVALIDITY, MOMENT_SHIFT, REASON_MASK
from tests.jpki.revocation_index.conftest import NOW, VECTORS, entry, extension, reason

OFFSET = 1000
Told = tuple[int, int, int, int | None]


def told_by(raw: bytes, *, size: int | None = None) -> list[Told]:
    """What the columns say of these entries, fed in pieces of ``size``."""
    blocks = EntryBlocks(OFFSET)
    for at in range(0, len(raw), size or len(raw) or 1):
        blocks.feed(memoryview(raw)[at : at + (size or len(raw))])
    blocks.finish()
    return sorted(rows_of(blocks), key=str)


def rows_of(blocks: EntryBlocks) -> Iterable[Told]:
    for rows in (*blocks.narrow, *blocks.wide):
        since = [0] * len(rows.words) if rows.invalid_since is None else rows.invalid_since.tolist()
        for word, date, *parts in zip(rows.words.tolist(), since, *rows.serials.tolist(), strict=True):
            serial = 0
            for part in parts:
                serial = serial << 64 | part
            yield serial, word >> MOMENT_SHIFT, word & REASON_MASK, date if word & FLAG_INVALIDITY else None


def told_one_by_one(entries: Iterable[bytes]) -> list[Told]:
    read = (read_entry(raw, 0, len(raw)) for raw in entries)
    return sorted(
        ((each.serial, each.revoked_at, each.extensions.reason, each.extensions.invalid_since) for each in read),
        key=str,
    )


AROUND = [entry(1000), entry(70_000, NOW - timedelta(days=1), reason(4)), entry(2**70, NOW, reason(1))]
GOOD = [bytes.fromhex(case["hex"]) for case in VECTORS["read"]]


@pytest.mark.parametrize("case", VECTORS["read"], ids=lambda case: case["id"])
@pytest.mark.parametrize("size", [None, 1, 7])
def test_each_entry_among_others_says_what_it_says_alone(case: dict[str, Any], size: int | None) -> None:
    entries = [*AROUND, bytes.fromhex(case["hex"]), *AROUND, bytes.fromhex(case["hex"])]
    assert told_by(b"".join(entries), size=size) == told_one_by_one(entries)


@pytest.mark.parametrize("size", range(1, 140))
def test_wherever_the_bytes_are_cut_the_entries_are_the_same(size: int) -> None:
    assert told_by(b"".join(GOOD), size=size) == told_one_by_one(GOOD)


@pytest.mark.parametrize("case", VECTORS["refused"], ids=lambda case: case["id"])
@pytest.mark.parametrize("size", [None, 1, 7])
@pytest.mark.parametrize("before", [[], AROUND], ids=["first", "later"])
def test_a_bad_entry_among_good_ones_is_refused(case: dict[str, Any], size: int | None, before: list[bytes]) -> None:
    # A length that lies is borne out or not by what follows: nothing but the end of the list may follow here.
    with pytest.raises(CrlRefusedError) as caught:
        told_by(b"".join(before) + bytes.fromhex(case["hex"]), size=size)
    assert caught.value.flaw.value == case["flaw"]


@pytest.mark.parametrize("case", VECTORS["refused"], ids=lambda case: case["id"])
def test_a_bad_entry_is_refused_whatever_follows(case: dict[str, Any]) -> None:
    with pytest.raises(CrlRefusedError):
        told_by(bytes.fromhex(case["hex"]) + b"".join(AROUND))


def test_the_place_of_a_bad_entry_is_told() -> None:
    before = b"".join(AROUND)
    with pytest.raises(CrlRefusedError) as caught:
        told_by(before + entry(7)[:-1] + b"X", size=20)
    assert caught.value.offset == OFFSET + len(before)


INNER = entry(9)  # 20 bytes: fits into a serial number whole
CHAINED = bytes.fromhex("0130120201")  # begins as an entry does, whose length leads on


@pytest.mark.parametrize(
    "content",
    [
        INNER,
        b"\x01" + INNER[:-1],
        b"\x7f" * 4 + INNER[:16],
        CHAINED * 4,
        b"\x30\x12\x02" * 6 + b"\x30\x12",
        b"\x01" * 17 + b"\x30\x12\x02",
    ],
    ids=["whole", "shifted", "cut", "chained", "dense", "at-its-end"],
)
@pytest.mark.parametrize("size", [None, 1, 3, 50, 53, 128])
def test_a_serial_number_that_looks_like_an_entry_fools_nobody(content: bytes, size: int | None) -> None:
    serials = [int.from_bytes(content) + count for count in range(40)]
    entries = [entry(serial, NOW, reason(count % 6 + 1)) for count, serial in enumerate(serials)]
    told = told_by(b"".join(entries), size=size)
    assert [row[0] for row in told] == sorted(serials, key=lambda serial: str((serial,)))
    assert told == told_one_by_one(entries)


def test_an_extension_that_looks_like_entries_fools_nobody() -> None:
    comment = der.sequence(extension("1.3.6.1.4.1.99999.1", der.octet_string(INNER * 3)))
    entries = [entry(serial, NOW, comment) for serial in range(1, 50)]
    assert told_by(b"".join(entries)) == told_one_by_one(entries)


def test_dates_in_some_entries_of_a_shape_only() -> None:
    """Blocks of one size, of which not all are of the usual form."""
    date = der.tlv(0x18, b"20260430120000Z")
    usual = der.sequence(extension(oids.CRL_REASON, der.enumerated(1)), extension("2.5.29.24", date))
    other = der.sequence(extension(oids.CRL_REASON, der.enumerated(2)), extension("2.5.29.23", date))
    assert len(usual) == len(other)
    entries = [entry(serial, NOW, usual if serial % 3 else other) for serial in range(1, 30)]
    assert told_by(b"".join(entries)) == told_one_by_one(entries)


def test_a_critical_extension_in_the_middle_is_told() -> None:
    critical = der.sequence(extension("2.5.29.23", der.null(), critical=True))
    blocks = EntryBlocks(0)
    blocks.feed(entry(1) + entry(2, NOW, critical) + entry(3))
    blocks.finish()
    assert blocks.critical_extension == "2.5.29.23"


def test_an_entry_cut_by_the_end_is_refused() -> None:
    blocks = EntryBlocks(0)
    blocks.feed(entry(1) + entry(2)[:-1])
    with pytest.raises(CrlRefusedError, match="reaches past the list") as caught:
        blocks.finish()
    assert (caught.value.flaw, caught.value.offset) == (CrlFlaw.MALFORMED_ENTRY, len(entry(1)))


def test_an_entry_that_is_too_long_is_not_waited_for() -> None:
    blocks = EntryBlocks(0)
    with pytest.raises(CrlRefusedError, match="too long"):
        blocks.feed(der.sequence_header(MAX_ENTRY_SIZE + 1) + bytes(10))


MOMENTS = st.datetimes(
    min_value=(NOW - timedelta(days=36_500)).replace(tzinfo=None), max_value=NOW.replace(tzinfo=None, year=2080)
)
BLOCKS = st.one_of(
    st.just(b""),
    st.integers(0, 127).map(reason),
    st.binary(max_size=90).map(lambda content: der.sequence(extension("2.5.29.23", content))),
    st.tuples(st.integers(0, 10), st.binary(max_size=200)).map(
        lambda both: der.sequence(
            extension(oids.CRL_REASON, der.enumerated(both[0])), extension("1.3.6.1.4.1.99999.1", both[1])
        )
    ),
)
SERIALS = st.one_of(
    st.integers(0, 2**32), st.integers(0, 2**159 - 1), st.binary(min_size=1, max_size=19).map(int.from_bytes)
)
ENTRIES = st.lists(
    st.builds(
        lambda serial, moment, block: entry(serial, moment.replace(tzinfo=NOW.tzinfo), block), SERIALS, MOMENTS, BLOCKS
    ),
    max_size=40,
)


@given(entries=ENTRIES, size=st.integers(1, 400))
@settings(deadline=None, max_examples=200)
def test_any_entries_in_any_pieces_say_what_they_say_one_by_one(entries: list[bytes], size: int) -> None:
    assert told_by(b"".join(entries), size=size) == told_one_by_one(entries)


@given(raw=st.binary(max_size=300), size=st.integers(1, 64))
@settings(deadline=None)
def test_any_bytes_are_read_or_refused(raw: bytes, size: int) -> None:
    with contextlib.suppress(CrlRefusedError):
        told_by(raw, size=size)


@given(entries=ENTRIES.filter(bool), place=st.integers(0, 10_000), bit=st.integers(0, 7))
@settings(deadline=None, max_examples=200)
def test_a_flipped_bit_is_read_in_columns_as_it_is_one_by_one(entries: list[bytes], place: int, bit: int) -> None:
    raw = bytearray(b"".join(entries))
    raw[place % len(raw)] ^= 1 << bit
    assert outcome(bytes(raw)) == slow_outcome(bytes(raw))


def outcome(raw: bytes) -> list[Told] | None:
    try:
        return told_by(raw)
    except CrlRefusedError:
        return None


def slow_outcome(raw: bytes) -> list[Told] | None:
    """Entry after entry, by a reader that knows no columns."""
    from jpki.der_walk import SEQUENCE, element

    at, entries = 0, []
    try:
        while at < len(raw):
            _, end = element(raw, at, SEQUENCE)
            entries.append(raw[at:end])
            at = end
        return told_one_by_one(entries)
    except (ValueError, IndexError):
        return None
