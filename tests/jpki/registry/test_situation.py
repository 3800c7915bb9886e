"""Ages, ends and lives: what the preconditions count on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from jpki.birthdate import BirthDate
from jpki.kinds import CaKind
from jpki.registry.records import CardState, CertificateId, CertificateState, Medium
from jpki.registry.situation import HeldCertificate, Slot, Token, has_reached

END = datetime(2031, 4, 15, 14, 59, 59, tzinfo=UTC)
SECOND = timedelta(seconds=1)

AGES = [
    pytest.param("420130820", datetime(2028, 8, 19, 15, tzinfo=UTC), True, id="the birthday begins in Japan"),
    pytest.param("420130820", datetime(2028, 8, 19, 14, 59, 59, tzinfo=UTC), False, id="a second before"),
    pytest.param("420120229", datetime(2027, 2, 27, 15, tzinfo=UTC), True, id="born on 29 February: the 28th"),
    pytest.param("420120229", datetime(2027, 2, 27, 14, 59, 59, tzinfo=UTC), False, id="and not before"),
    pytest.param("420130000", datetime(2028, 12, 30, 14, 59, 59, tzinfo=UTC), False, id="a year alone: its last day"),
    pytest.param("420130000", datetime(2028, 12, 30, 15, tzinfo=UTC), True, id="from its last day on"),
    pytest.param("000000000", datetime(2028, 1, 1, tzinfo=UTC), True, id="unknown is old"),
]


@pytest.mark.parametrize(("born", "now", "reached"), AGES)
def test_fifteen(born: str, now: datetime, reached: bool) -> None:
    assert has_reached(15, BirthDate.decode(born), now=now) is reached


def held(state: CertificateState) -> HeldCertificate:
    """A certificate in a state."""
    return HeldCertificate(id=CertificateId(CaKind.AUTH, 7), state=state, not_after=END)


LIVES = [
    (CertificateState.GOOD, END, True, True),
    (CertificateState.GOOD, END + SECOND, False, False),
    (CertificateState.ON_HOLD, END, True, False),
    (CertificateState.ON_HOLD, END + SECOND, False, False),
    (CertificateState.REVOKED, END, False, False),
    (CertificateState.NOT_YET_ISSUED, END, False, False),
]


@pytest.mark.parametrize(
    ("state", "now", "lives", "good"),
    LIVES,
    ids=[f"{state.value}-{'alive' if now == END else 'past its end'}" for state, now, *_ in LIVES],
)
def test_life_of_a_certificate(state: CertificateState, now: datetime, lives: bool, good: bool) -> None:
    """A hold is not the end, but nobody accepts it; the last second belongs to it."""
    certificate = held(state)
    assert (certificate.lives(now), certificate.is_good(now)) == (lives, good)
    token = Token(card_id=1, name="c", medium=Medium.CARD, state=CardState.IN_USE, expires=END.date(), auth=certificate)
    assert (token.has_living(CaKind.AUTH, now), token.has_good(CaKind.AUTH, now)) == (lives, good)
    assert not token.has_living(CaKind.SIGN, now)


@pytest.mark.parametrize(
    ("now", "ended"),
    [(END, False), (END + SECOND, True)],
    ids=["its last second in Japan", "the day after"],
)
def test_end_of_a_card(now: datetime, ended: bool) -> None:
    token = Token(card_id=1, name="c", medium=Medium.CARD, state=CardState.IN_USE, expires=date(2031, 4, 15))
    assert token.is_past_its_end(now) is ended


def test_slots_are_every_medium_with_every_kind() -> None:
    assert {(slot.medium, slot.kind) for slot in Slot} == {(medium, kind) for medium in Medium for kind in CaKind}
