"""From one list to the next."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jpki import der
from jpki.revocation_index.build import build_index, update_index
from jpki.revocation_index.difference import IndexUpdate, compare
from jpki.revocation_index.errors import CrlFlaw, CrlRefusedError, CrlRolledBackError
from jpki.revocation_index.mapped import MappedIndex
from tests.jpki.revocation_index.conftest import NOW, Forge, entry, extension, name, partition, reason

FIRST = [entry(7, NOW, reason(6)), entry(8), entry(2**100), entry(2**101, NOW, reason(6))]
SECOND = [entry(7, NOW, reason(1)), entry(9), entry(2**100), entry(2**101, NOW, reason(1)), entry(2**102)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the index stands."""
    return tmp_path / "auth.idx"


def updated(path: Path, forge: Forge, entries: list[bytes], **changes: Any) -> IndexUpdate:
    """The update by this list."""
    return update_index(path, [forge.crl(entries, **changes)], issuer=forge)


def test_the_first_list_adds_all(path: Path, forge: Forge) -> None:
    update = updated(path, forge, FIRST)
    assert (update.before, update.is_same, len(update.index)) == (None, False, 4)
    assert [each.serial for each in update.difference.added] == [7, 8, 2**100, 2**101]
    assert not update.difference.removed
    assert update.numbers_skipped is None


def test_the_next_list_tells_what_is_new(path: Path, forge: Forge) -> None:
    updated(path, forge, FIRST)
    update = updated(path, forge, SECOND, number=43)
    assert [each.serial for each in update.difference.added] == [9, 2**102]
    assert [each.serial for each in update.difference.removed] == [8]
    assert [(old.serial, old.reason_code, new.reason_code) for old, new in update.difference.changed] == [
        (7, 6, 1),
        (2**101, 6, 1),
    ]
    assert (update.numbers_skipped, update.time_without_list) == (0, timedelta(0))
    assert MappedIndex.open(path).frame.number == 43


def test_an_index_before_can_still_be_asked(path: Path, forge: Forge) -> None:
    before = updated(path, forge, FIRST).index
    updated(path, forge, SECOND, number=43)
    assert before.entry(8) is not None
    assert before.entry(9) is None


DATES = {
    "another-date": (entry(7), entry(7, NOW - timedelta(seconds=1))),
    "another-reason": (entry(7), entry(7, NOW, reason(1))),
    "invalidity-added": (
        entry(7),
        entry(7, NOW, der.sequence(extension("2.5.29.24", der.tlv(0x18, b"20260430120000Z")))),
    ),
    "invalidity-changed": tuple(
        entry(7, NOW, der.sequence(extension("2.5.29.24", der.tlv(0x18, b"202604301200%02dZ" % second))))
        for second in (0, 1)
    ),
}


@pytest.mark.parametrize("pair", DATES.values(), ids=DATES)
def test_what_counts_as_changed(path: Path, forge: Forge, pair: tuple[bytes, bytes]) -> None:
    updated(path, forge, [pair[0], entry(8)])
    difference = updated(path, forge, [pair[1], entry(8)], number=43).difference
    assert [each.serial for each in difference.changed_to] == [7]
    assert not difference.added
    assert not difference.removed
    assert not difference.is_empty


def test_the_same_list_changes_nothing(path: Path, forge: Forge) -> None:
    updated(path, forge, FIRST)
    inode = path.stat().st_ino
    update = updated(path, forge, FIRST)
    assert (update.is_same, update.difference.is_empty, path.stat().st_ino) == (True, True, inode)


def test_a_list_that_says_the_same_is_another(path: Path, forge: Forge) -> None:
    updated(path, forge, FIRST)
    update = updated(path, forge, FIRST, number=43)
    assert (update.is_same, update.difference.is_empty, update.index.frame.number) == (False, True, 43)


ROLLED_BACK: dict[str, tuple[dict[str, Any], str]] = {
    "lower-number": ({"number": 41}, "the list has number 41, the index is of number 42"),
    "same-number": ({"number": 42}, "the list has number 42 as the one that the index is of, and is another"),
    "no-number": ({"number": None}, "the list has no number, the index is of number 42"),
    "earlier": (
        {"number": 43, "this_update": der.time(NOW - timedelta(seconds=1))},
        "the list is of 2026-05-01 02:59:59Z, the index of 2026-05-01 03:00:00Z",
    ),
}


@pytest.mark.parametrize(("changes", "why"), ROLLED_BACK.values(), ids=ROLLED_BACK)
def test_an_older_list_is_refused_and_nothing_changes(
    path: Path, forge: Forge, changes: dict[str, Any], why: str
) -> None:
    updated(path, forge, FIRST)
    stood = path.read_bytes()
    with pytest.raises(CrlRolledBackError) as caught:
        updated(path, forge, SECOND, **changes)
    assert str(caught.value) == why
    assert caught.value.hint
    assert path.read_bytes() == stood
    assert sorted(each.name for each in path.parent.iterdir()) == ["auth.idx"]


def test_a_list_without_numbers_is_followed_by_date(path: Path, forge: Forge) -> None:
    updated(path, forge, FIRST, number=None)
    with pytest.raises(CrlRolledBackError):
        updated(path, forge, SECOND, number=None, this_update=der.time(NOW - timedelta(days=1)))
    assert updated(path, forge, SECOND, number=None).numbers_skipped is None


@pytest.mark.parametrize(("number", "skipped"), [(43, 0), (44, 1), (142, 99)])
def test_numbers_between_are_counted(path: Path, forge: Forge, number: int, skipped: int) -> None:
    updated(path, forge, FIRST)
    assert updated(path, forge, SECOND, number=number).numbers_skipped == skipped


@pytest.mark.parametrize(("days", "without"), [(2, 0), (5, 3)])
def test_time_without_a_list_is_told(path: Path, forge: Forge, days: int, without: int) -> None:
    updated(path, forge, FIRST)
    later = {
        name: der.time(NOW + timedelta(days=days + more)) for name, more in (("this_update", 0), ("next_update", 2))
    }
    assert updated(path, forge, SECOND, number=43, **later).time_without_list == timedelta(days=without)


def test_a_list_of_another_partition_is_refused(path: Path, forge: Forge) -> None:
    updated(path, forge, FIRST, extensions=partition("A-shi CRLDP"))
    for extensions in (b"", partition("B-shi CRLDP")):
        with pytest.raises(CrlRefusedError) as caught:
            updated(path, forge, SECOND, number=43, extensions=extensions)
        assert caught.value.flaw is CrlFlaw.OTHER_PARTITION
    assert updated(path, forge, SECOND, number=43, extensions=partition("A-shi CRLDP")).difference.added


def test_a_list_of_another_generation_is_refused(path: Path, forge: Forge, keys: list[Any]) -> None:
    """All generations of a CA have one name; each has a list of its own."""
    updated(path, forge, FIRST)
    other = Forge(keys[1])
    with pytest.raises(CrlRefusedError) as caught:
        update_index(path, [other.crl(SECOND, number=43)], issuer=other)
    assert caught.value.flaw is CrlFlaw.OTHER_KEY


def test_a_list_of_another_ca_is_refused(path: Path, forge: Forge, keys: list[Any]) -> None:
    updated(path, forge, FIRST)
    renamed = Forge(keys[0], name=name("other"))
    with pytest.raises(CrlRefusedError) as caught:
        update_index(path, [renamed.crl(SECOND, number=43)], issuer=renamed)
    assert caught.value.flaw is CrlFlaw.OTHER_ISSUER


def test_rows_are_a_sequence(path: Path, forge: Forge) -> None:
    added = updated(path, forge, FIRST).difference.added
    assert (added[0].serial, added[-1].serial, len(added)) == (7, 2**101, 4)
    assert [each.serial for each in added[1:3]] == [8, 2**100]
    with pytest.raises(IndexError):
        added[4]


LISTS = st.dictionaries(st.one_of(st.integers(0, 40), st.integers(2**64, 2**64 + 9)), st.integers(0, 6), max_size=25)


@given(old=LISTS, new=LISTS)
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_difference_is_that_of_two_dictionaries(
    old: dict[int, int], new: dict[int, int], forge: Forge, tmp_path: Path
) -> None:
    indexes = [
        build_index(
            tmp_path / label,
            [forge.crl(entry(serial, NOW, reason(code)) for serial, code in said.items())],
            issuer=forge,
        )
        for label, said in (("old", old), ("new", new))
    ]
    difference = compare(*indexes)
    assert {each.serial: each.reason_code for each in difference.added} == {s: new[s] for s in new.keys() - old.keys()}
    assert {each.serial: each.reason_code for each in difference.removed} == {
        s: old[s] for s in old.keys() - new.keys()
    }
    assert {(before.serial, before.reason_code, after.reason_code) for before, after in difference.changed} == {
        (s, old[s], new[s]) for s in old.keys() & new.keys() if old[s] != new[s]
    }
