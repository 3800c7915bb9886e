"""An index that is asked: the answers of another parser, and clear words where the file is not whole."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jpki import der, oids
from jpki.revocation_index.build import build_index
from jpki.revocation_index.errors import IndexDamagedError, IndexMissingError, IndexSchemaError, IndexUnreadableError
from jpki.revocation_index.layout import MAGIC, PAGE
from jpki.revocation_index.mapped import MappedIndex
from jpki.verify.crl_frame import CrlUnreadableError, RevokedEntry
from tests.jpki.revocation_index.conftest import NOW, Forge, entry, extension, reason

DATED = der.sequence(
    extension(oids.CRL_REASON, der.enumerated(1)), extension("2.5.29.24", der.tlv(0x18, b"20260430120000Z"))
)
ENTRIES = [
    entry(7, NOW - timedelta(days=1), reason(6)),
    entry(1000, NOW, DATED),
    entry(2**32 - 1),
    entry(2**63 - 1, NOW, reason(4)),
    entry(2**63),
    entry(2**64 + 5, NOW, reason(3)),
    entry(2**64 + 6, NOW, reason(5)),
    entry(2**128 + 5, NOW, DATED),
    entry(2**159 - 1, NOW, reason(1)),
]
SERIALS = [7, 1000, 2**32 - 1, 2**63 - 1, 2**63, 2**64 + 5, 2**64 + 6, 2**128 + 5, 2**159 - 1]
ABSENT = [0, 6, 8, 999, 2**31, 2**32, 2**63 + 1, 2**64, 2**64 + 4, 2**64 + 7, 2**128 + 6, 2**159, 2**192, 2**200, -1]


@pytest.fixture(scope="module")
def index(forge: Forge, tmp_path_factory: pytest.TempPathFactory) -> MappedIndex:
    """An index of entries of every kind."""
    path = tmp_path_factory.mktemp("index") / "some.idx"
    return build_index(path, [forge.crl(ENTRIES)], issuer=forge)


@pytest.mark.parametrize("serial", SERIALS)
def test_a_listed_serial_number_is_found(index: MappedIndex, forge: Forge, serial: int) -> None:
    listed = x509.load_der_x509_crl(forge.crl(ENTRIES)).get_revoked_certificate_by_serial_number(serial)
    found = index.entry(serial)
    assert listed is not None
    assert found is not None
    assert (found.serial, found.revoked_at) == (serial, listed.revocation_date_utc)


@pytest.mark.parametrize("serial", ABSENT)
def test_another_is_not(index: MappedIndex, serial: int) -> None:
    assert index.entry(serial) is None


def test_reasons_and_dates_are_kept(index: MappedIndex) -> None:
    since = datetime(2026, 4, 30, 12, tzinfo=NOW.tzinfo)
    assert index.entry(1000) == RevokedEntry(serial=1000, revoked_at=NOW, reason_code=1, invalid_since=since)
    assert index.entry(2**128 + 5) == RevokedEntry(2**128 + 5, NOW, 1, since)
    assert index.entry(7) == RevokedEntry(7, NOW - timedelta(days=1), 6, None)


def test_all_entries_come_in_order(index: MappedIndex) -> None:
    assert [each.serial for each in index.entries()] == SERIALS
    assert len(index) == len(SERIALS)


def test_it_says_what_it_was_made_of(index: MappedIndex, forge: Forge) -> None:
    assert (index.frame.number, index.frame.issuer) == (42, forge.name)
    assert index.header.crl_size == len(forge.crl(ENTRIES))
    assert index.critical_extension is None
    index.verify()


def test_it_is_signed_by_the_issuer_alone(index: MappedIndex, forge: Forge, keys: list[Any]) -> None:
    class Other(Forge):
        """Another key that claims the same identifier has another object of its own."""

    fresh = MappedIndex.open(index.path)
    assert fresh.is_signed_by(forge)  # type: ignore[arg-type]
    again = MappedIndex.open(index.path)
    assert not again.is_signed_by(Other(keys[1]))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "entries", [[], [entry(5)], [entry(2**100)], [entry(0)]], ids=["none", "one", "one-wide", "zero"]
)
def test_small_lists(entries: list[bytes], forge: Forge, tmp_path: Path) -> None:
    index = build_index(tmp_path / "idx", [forge.crl(entries)], issuer=forge)
    assert len(index) == len(entries)
    assert [each.serial for each in index.entries()] == [s for s in (0, 5, 2**100) if index.entry(s)]
    assert index.entry(6) is None


def spread(rng: random.Random) -> Iterable[int]:
    """Serial numbers as a CA counts them."""
    return sorted(rng.sample(range(10**6, 10**8), 3000))


def crowded(rng: random.Random) -> Iterable[int]:
    """Nearly all in one place, and one far away: the directory helps nothing."""
    return [*range(1, 3000), 2**62]


def wide_alike(rng: random.Random) -> Iterable[int]:
    """Wide ones that differ in one of their three parts only."""
    return [
        *((1 << 140) + n for n in range(500)),
        *((1 << 140) + (n << 64) for n in range(1, 500)),
        *(n << 130 for n in range(1, 500)),
    ]


@pytest.mark.parametrize("make", [spread, crowded, wide_alike])
def test_every_one_of_many_is_found_and_its_neighbours_are_not(
    make: Callable[[random.Random], Iterable[int]], forge: Forge, tmp_path: Path
) -> None:
    rng = random.Random(5)
    serials = list(make(rng))
    shuffled = serials.copy()
    rng.shuffle(shuffled)
    index = build_index(tmp_path / "idx", [forge.crl(entry(serial) for serial in shuffled)], issuer=forge)
    assert [index.entry(serial) is not None for serial in serials] == [True] * len(serials)
    listed = set(serials)
    around = [serial + step for serial in serials for step in (-1, 1)]
    assert [index.entry(serial) is not None for serial in around] == [serial in listed for serial in around]


@given(
    serials=st.sets(st.one_of(st.integers(0, 300), st.integers(0, 2**159 - 1)), max_size=30),
    asked=st.lists(st.integers(0, 2**160)),
)
@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_answers_as_another_parser_does(serials: set[int], asked: list[int], forge: Forge, tmp_path: Path) -> None:
    raw = forge.crl(entry(serial, NOW, reason(serial % 7 or 8)) for serial in serials)
    index = build_index(tmp_path / "idx", [raw], issuer=forge)
    parsed = x509.load_der_x509_crl(raw)
    for serial in (*asked, *serials):
        listed, found = parsed.get_revoked_certificate_by_serial_number(serial), index.entry(serial)
        assert (found and found.revoked_at) == (listed and listed.revocation_date_utc)


@pytest.fixture
def copied(index: MappedIndex, tmp_path: Path) -> Path:
    """A file to spoil."""
    path = tmp_path / "spoilt.idx"
    path.write_bytes(index.path.read_bytes())
    return path


@pytest.mark.parametrize("missing", [1, PAGE, 3 * PAGE, 9 * PAGE, -1, -PAGE])
def test_a_file_of_another_length_is_damaged(copied: Path, missing: int) -> None:
    raw = copied.read_bytes()
    copied.write_bytes(raw[:-missing] if missing > 0 else raw + bytes(-missing))
    with pytest.raises(IndexDamagedError):
        MappedIndex.open(copied)


@pytest.mark.parametrize("kept", [0, 1, 15, 16, 200, PAGE - 1])
def test_a_header_that_is_cut_is_damaged(copied: Path, kept: int) -> None:
    copied.write_bytes(copied.read_bytes()[:kept])
    with pytest.raises(IndexDamagedError):
        MappedIndex.open(copied)


@pytest.mark.parametrize("place", [0, 7, 12, 15, 16, 100, 700])
def test_a_header_that_was_changed_is_damaged(copied: Path, place: int) -> None:
    raw = bytearray(copied.read_bytes())
    raw[place] ^= 0x10
    copied.write_bytes(raw)
    with pytest.raises(IndexDamagedError):
        MappedIndex.open(copied)


def test_another_schema_is_named(copied: Path) -> None:
    raw = bytearray(copied.read_bytes())
    raw[8] = 9
    copied.write_bytes(raw)
    with pytest.raises(IndexSchemaError, match="schema 9, this program reads schema 1") as caught:
        MappedIndex.open(copied)
    assert (caught.value.found, caught.value.expected) == (9, 1)


@pytest.mark.parametrize(
    "content", [b"", b"x", MAGIC, bytes(100_000), b"\x30\x82" * 5000], ids=["empty", "byte", "magic", "zeros", "der"]
)
def test_another_file_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "foreign").write_bytes(content)
    with pytest.raises(IndexUnreadableError) as caught:
        MappedIndex.open(tmp_path / "foreign")
    assert caught.value.hint


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(IndexMissingError, match="No such file"):
        MappedIndex.open(tmp_path / "none")


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(IndexMissingError, match="Is a directory"):
        MappedIndex.open(tmp_path)


@pytest.mark.parametrize("page", range(1, 10))
def test_a_changed_section_opens_but_does_not_verify(copied: Path, page: int) -> None:
    raw = bytearray(copied.read_bytes())
    raw[page * PAGE] ^= 1
    copied.write_bytes(raw)
    with pytest.raises(IndexDamagedError, match="was changed"):
        MappedIndex.open(copied).verify()


@pytest.mark.parametrize("page", range(1, 10))
@pytest.mark.parametrize("content", [b"\xff", b"\x00", b"\x7f"], ids=["ones", "zeros", "sevens"])
def test_a_section_of_nonsense_is_answered_or_said_to_be_damaged(copied: Path, page: int, content: bytes) -> None:
    raw = bytearray(copied.read_bytes())
    raw[page * PAGE : (page + 1) * PAGE] = content * PAGE
    copied.write_bytes(raw)
    opened = MappedIndex.open(copied)
    for serial in (*SERIALS, *ABSENT):
        try:
            opened.entry(serial)
        except CrlUnreadableError as error:
            assert isinstance(error, IndexDamagedError)  # noqa: PT017 - what a verifier catches is what it is


def test_it_can_be_closed(copied: Path) -> None:
    with MappedIndex.open(copied) as opened:
        assert opened.entry(7) is not None
    with pytest.raises(IndexDamagedError):
        opened.entry(7)


def test_it_opens_without_reading_what_it_holds(forge: Forge, tmp_path: Path) -> None:
    """numpy is for those who build: it is not imported by those who ask."""
    import subprocess
    import sys

    build_index(tmp_path / "idx", [forge.crl(ENTRIES)], issuer=forge)
    program = (
        "import sys; from pathlib import Path; from jpki.revocation_index.current import CurrentIndex;"
        "print(CurrentIndex(Path(sys.argv[1])).current().entry(7).reason_code, 'numpy' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", program, tmp_path / "idx"], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["6", "False"]
