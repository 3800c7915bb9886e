"""What is remembered for a while: until when, how much, and by whom it is taken."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from mynalab.authapp.store import FullError, MemoryStore

NOW = datetime(2026, 11, 20, tzinfo=UTC)
SOON = NOW + timedelta(seconds=10)


def test_thing_is_there_until_its_time_is_over() -> None:
    store: MemoryStore[int] = MemoryStore()
    store.put("a", 1, until=SOON, now=NOW)
    assert store.get("a", now=SOON - timedelta(seconds=1)) == 1
    assert store.get("a", now=SOON) is None


def test_thing_is_taken_once() -> None:
    store: MemoryStore[int] = MemoryStore()
    store.put("a", 1, until=SOON, now=NOW)
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: store.take("a", now=NOW), range(64)))
    assert sorted(taken, key=str) == [1] + [None] * 63


def test_first_is_the_first() -> None:
    store: MemoryStore[bool] = MemoryStore()
    with ThreadPoolExecutor(8) as pool:
        first = list(pool.map(lambda _: store.first("a", True, until=SOON, now=NOW), range(64)))
    assert first.count(True) == 1


def test_first_is_free_again_when_its_time_is_over() -> None:
    store: MemoryStore[bool] = MemoryStore()
    assert store.first("a", True, until=SOON, now=NOW)
    assert not store.first("a", True, until=SOON, now=NOW)
    assert store.first("a", True, until=SOON + timedelta(seconds=10), now=SOON)


def test_full_store_forgets_the_oldest() -> None:
    store: MemoryStore[int] = MemoryStore(most=2)
    for number, name in enumerate("abc"):
        store.put(name, number, until=SOON, now=NOW)
    assert [store.get(name, now=NOW) for name in "abc"] == [None, 1, 2]
    assert len(store) == 2


def test_full_store_that_must_not_forget_refuses() -> None:
    store: MemoryStore[int] = MemoryStore(most=2, refuses=True)
    for name in "ab":
        store.put(name, 0, until=SOON, now=NOW)
    with pytest.raises(FullError):
        store.put("c", 0, until=SOON, now=NOW)
    store.put("c", 0, until=SOON + timedelta(seconds=5), now=SOON)
    assert store.get("c", now=SOON) == 0


def test_what_is_over_makes_room() -> None:
    store: MemoryStore[int] = MemoryStore()
    for number in range(100):
        store.put(f"old {number}", number, until=SOON, now=NOW)
    store.put("new", 0, until=SOON + timedelta(seconds=5), now=SOON)
    assert len(store) == 1


def test_clock_that_is_set_back_makes_nothing_new() -> None:
    """A client assertion was used, the lab's clock went on and came back: the assertion has been used."""
    store: MemoryStore[bool] = MemoryStore(refuses=True)
    assert store.first("a", True, until=SOON, now=NOW)
    assert store.first("b", True, until=SOON + timedelta(days=1), now=SOON + timedelta(hours=1))
    assert not store.first("a", True, until=SOON, now=NOW)


def test_what_is_over_makes_room_wherever_it_is() -> None:
    """One that ends late came first: it keeps nobody out."""
    store: MemoryStore[int] = MemoryStore(most=2, refuses=True)
    store.put("late", 0, until=SOON + timedelta(days=1), now=NOW)
    store.put("soon", 0, until=SOON, now=NOW)
    store.put("new", 0, until=SOON + timedelta(days=1), now=SOON)
    assert [store.get(name, now=SOON) for name in ("late", "soon", "new")] == [0, None, 0]
