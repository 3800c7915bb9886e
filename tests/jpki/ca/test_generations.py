"""Generations of one CA: the newest issues, all that live publish, the key finds the issuer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from jpki.ca.authority import Authority
from jpki.ca.generations import Generations, rollover_due
from jpki.errors import IssueError
from jpki.kinds import CaKind
from jpki.validity import NEXT_TERMS

SECOND = timedelta(seconds=1)
# As the production sign CAs begin (notBefore of the three certificates).
BEGINNINGS = (
    datetime(2015, 10, 20, 2, 40, 28, tzinfo=UTC),
    datetime(2019, 9, 14, 23, 41, 56, tzinfo=UTC),
    datetime(2023, 7, 16, 0, 50, 27, tzinfo=UTC),
)


@pytest.fixture(scope="module")
def three(make_authority: Callable[..., Authority]) -> tuple[Authority, ...]:
    """Three signing CAs."""
    return tuple(make_authority(CaKind.SIGN, generation=number, now=now) for number, now in enumerate(BEGINNINGS))


@pytest.fixture(scope="module")
def generations(three: tuple[Authority, ...]) -> Generations:
    """They, given in another order."""
    return Generations(CaKind.SIGN, reversed(three))


def test_oldest_first(generations: Generations, three: tuple[Authority, ...]) -> None:
    assert (tuple(generations), len(generations)) == (three, 3)


def test_they_share_their_name(generations: Generations) -> None:
    assert len({authority.name for authority in generations}) == 1


@pytest.mark.parametrize(
    ("now", "number"),
    [
        pytest.param(BEGINNINGS[0], 0, id="from its first second on"),
        pytest.param(BEGINNINGS[1] - SECOND, 0, id="until the next begins"),
        pytest.param(BEGINNINGS[1], 1, id="second"),
        pytest.param(datetime(2026, 1, 1, tzinfo=UTC), 2, id="third"),
    ],
)
def test_newest_issues(generations: Generations, three: tuple[Authority, ...], now: datetime, number: int) -> None:
    assert generations.issuing(now) is three[number]


def test_nobody_issues_before_the_first(generations: Generations) -> None:
    with pytest.raises(IssueError, match="no generation of the sign CA has begun by 2015-10-20T02:40:27Z"):
        generations.issuing(BEGINNINGS[0] - SECOND)


@pytest.mark.parametrize(
    ("now", "numbers"),
    [
        pytest.param(datetime(2018, 1, 1, tzinfo=UTC), (0,), id="one"),
        pytest.param(datetime(2024, 1, 1, tzinfo=UTC), (0, 1, 2), id="three side by side"),
        pytest.param(datetime(2025, 10, 19, 14, 59, 59, tzinfo=UTC), (0, 1, 2), id="the first on its last second"),
        pytest.param(datetime(2025, 10, 19, 15, tzinfo=UTC), (1, 2), id="two"),
        pytest.param(datetime(2040, 1, 1, tzinfo=UTC), (), id="none"),
    ],
)
def test_all_that_live_publish(
    generations: Generations, three: tuple[Authority, ...], now: datetime, numbers: tuple[int, ...]
) -> None:
    assert generations.publishing(now) == tuple(three[number] for number in numbers)


@pytest.mark.parametrize("number", range(3))
def test_key_finds_the_issuer(generations: Generations, three: tuple[Authority, ...], number: int) -> None:
    assert generations.with_key(three[number].key_id) is three[number]


def test_unknown_key(generations: Generations) -> None:
    with pytest.raises(IssueError, match="no generation of the sign CA has the key 0000"):
        generations.with_key(bytes(20))


def test_rollover_adds_one(three: tuple[Authority, ...]) -> None:
    assert tuple(Generations(CaKind.SIGN, three[:2]).and_then(three[2])) == three


def test_same_key_twice(three: tuple[Authority, ...]) -> None:
    with pytest.raises(IssueError, match="two generations have the same key"):
        Generations(CaKind.SIGN, (three[0], three[0]))


def test_other_ca(make_authority: Callable[..., Authority]) -> None:
    with pytest.raises(IssueError, match="must never be mixed"):
        Generations(CaKind.SIGN, [make_authority(CaKind.AUTH)])


@pytest.mark.parametrize(
    ("generation", "due"),
    [(0, datetime(2019, 10, 19, 14, 59, 59, tzinfo=UTC)), (1, datetime(2023, 9, 14, 14, 59, 59, tzinfo=UTC))],
)
def test_rollover_is_due_shortly_after_the_real_one(
    three: tuple[Authority, ...], generation: int, due: datetime
) -> None:
    """JPKI rolled over in 2019-09 and 2023-07: before a renewed certificate could outlive its CA."""
    assert rollover_due(three[generation].not_after) == due
    assert BEGINNINGS[generation + 1] < due


def test_rollover_of_the_next_generation_is_due_after_nine_years() -> None:
    assert rollover_due(datetime(2048, 3, 31, 14, 59, 59, tzinfo=UTC), NEXT_TERMS).year == 2037
