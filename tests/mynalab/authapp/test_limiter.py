"""How often a PIN may be entered."""

from __future__ import annotations

from mynalab.authapp.limiter import Limiter


def test_so_many_in_so_long() -> None:
    times = [0.0]
    limiter = Limiter(most=2, seconds=60, monotonic=lambda: times[0])
    assert [limiter.allows("a") for _ in range(3)] == [True, True, False]
    times[0] = 59.9
    assert not limiter.allows("a")
    times[0] = 60.0
    assert limiter.allows("a")


def test_each_name_counts_by_itself() -> None:
    limiter = Limiter(most=1, monotonic=lambda: 0.0)
    assert limiter.allows("session 1", "card a")
    assert not limiter.allows("session 2", "card a")
    assert limiter.allows("session 2", "card b")  # what was refused was not counted


def test_right_one_does_not_count() -> None:
    limiter = Limiter(most=1, monotonic=lambda: 0.0)
    assert limiter.allows("a")
    limiter.forgive("a", "never seen")
    assert limiter.allows("a")


def test_names_that_are_made_up_give_nobody_more_tries() -> None:
    limiter = Limiter(most=1, names=4, monotonic=lambda: 0.0)
    assert limiter.allows("session 1", "card alice")
    for number in range(10):
        assert not limiter.allows("session 1", f"card {number}")
    for number in range(10):
        limiter.allows(f"session {number + 2}", f"card {number}")
    assert not limiter.allows("session 99", "card alice")


def test_room_comes_back_with_time() -> None:
    times = [0.0]
    limiter = Limiter(most=1, names=2, monotonic=lambda: times[0])
    assert limiter.allows("session 1", "card alice")
    assert not limiter.allows("session 2", "card bob")
    times[0] = 60.0
    assert limiter.allows("session 2", "card bob")
