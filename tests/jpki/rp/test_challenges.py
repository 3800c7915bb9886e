"""The challenge store in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from jpki.rp.challenges import MemoryChallengeStore, Pending, Taken
from jpki.rp.statement import Statement, StatementKind

NOW = datetime(2026, 5, 1, 3, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def pending(nonce: int = 1, *, lifetime: timedelta = 5 * MINUTE) -> Pending:
    statement = Statement(
        kind=StatementKind.LOG_IN,
        origin="https://rp.example",
        nonce=nonce.to_bytes(32),
        expires_at=NOW + lifetime,
    )
    return Pending(statement=statement, begun_at=NOW)


def test_a_challenge_is_fresh_once() -> None:
    store = MemoryChallengeStore()
    store.put(pending(), now=NOW)
    assert [store.take(pending(), now=NOW) for _ in range(3)] == [Taken.FRESH, Taken.USED, Taken.USED]


def test_a_challenge_never_put_is_unknown() -> None:
    assert MemoryChallengeStore().take(pending(), now=NOW) is Taken.UNKNOWN


def test_a_changed_challenge_is_unknown_and_uses_nothing_up() -> None:
    store = MemoryChallengeStore()
    store.put(pending(), now=NOW)
    assert store.take(replace(pending(), begun_at=NOW - MINUTE), now=NOW) is Taken.UNKNOWN
    assert store.take(pending(), now=NOW) is Taken.FRESH


def test_a_used_challenge_is_remembered_as_long_as_the_memory_says() -> None:
    store = MemoryChallengeStore(memory=MINUTE)
    store.put(pending(), now=NOW)
    store.take(pending(), now=NOW)
    assert store.take(pending(), now=NOW + 6 * MINUTE - timedelta(seconds=1)) is Taken.USED
    assert store.take(pending(), now=NOW + 6 * MINUTE) is Taken.UNKNOWN


def test_old_challenges_are_forgotten() -> None:
    store = MemoryChallengeStore(memory=MINUTE)
    for nonce in range(10):
        store.put(pending(nonce), now=NOW)
    assert len(store) == 10
    store.put(pending(99, lifetime=timedelta(hours=1)), now=NOW + 6 * MINUTE)
    assert len(store) == 1


def test_a_random_source_that_repeats_itself_is_noticed() -> None:
    store = MemoryChallengeStore()
    store.put(pending(), now=NOW)
    with pytest.raises(ValueError, match="same nonce"):
        store.put(pending(), now=NOW)
