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
