"""The same certificate in the register, by OCSP and on the list, at three times; and the lists themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from jpki.ca.crl import crl_number_at
from jpki.kinds import CaKind
from jpki.verify.crl_index import CrlIndex
from mynalab.cli.pki_words import ocsp_word
from mynalab.errors import PkiQuestionError
from mynalab.lab.lists import standing_list
from mynalab.lab.outside import Outside
from tests.mynalab.lab.town import Town, day

DONE = datetime(2026, 11, 25, 9, 7, tzinfo=UTC)
ON = (DONE - day(0)) / timedelta(days=1)


@pytest.fixture
def outside(town: Town) -> Outside:
    return Outside(town.lab, town.register)


def views(outside: Outside, at: datetime, kind: CaKind = CaKind.SIGN) -> tuple[str, str, bool]:
    """The register's word, that of OCSP, and whether the list has it."""
    seen = outside.seen(outside.certificates(card="alice", kind=kind)[0], at=at)
    return seen.truth.state.value, ocsp_word(seen.ocsp)[0], seen.listed is not None


@pytest.mark.parametrize(
    ("operation", "at", "expected"),
    [
        ("move", DONE - timedelta(seconds=1), ("good", "good", False)),
        ("move", DONE, ("revoked", "good", False)),
        ("move", datetime(2026, 11, 25, 9, 14, 59, tzinfo=UTC), ("revoked", "good", False)),
        ("move", datetime(2026, 11, 25, 9, 15, tzinfo=UTC), ("revoked", "revoked", False)),
        ("move", datetime(2026, 11, 25, 17, 59, 59, tzinfo=UTC), ("revoked", "revoked", False)),
        ("move", datetime(2026, 11, 25, 18, 0, tzinfo=UTC), ("revoked", "revoked", True)),  # 03:00 in Japan
        ("lose-card", DONE, ("on-hold", "good", False)),
        ("lose-card", datetime(2026, 11, 25, 18, 0, tzinfo=UTC), ("on-hold", "on-hold", True)),
    ],
)
def test_news_takes_its_time(
    town: Town, outside: Outside, operation: str, at: datetime, expected: tuple[str, str, bool]
) -> None:
    more = {"address": "東京都架空区架空町1"} if operation == "move" else {}
    town.do(operation, ON, card="alice", **more)
    assert views(outside, at) == expected


def test_the_other_certificate_lives_through_a_move(town: Town, outside: Outside) -> None:
    town.do("move", ON, card="alice", address="東京都架空区架空町1")
    assert views(outside, DONE + timedelta(days=2), CaKind.AUTH) == ("good", "good", False)


def test_a_phone_comes_back_from_hold(town: Town, outside: Outside) -> None:
    town.do("enrol-phone", 1, card="alice", new_card="phone")
    town.do("lose-phone", 2, card="phone")
    town.do("find-phone", 3, card="phone")
    (certificate,) = outside.certificates(card="phone", kind=CaKind.AUTH)
    listed = [outside.seen(certificate, at=day(on)).listed is not None for on in (2, 2.9, 4)]
    assert listed == [False, True, False]  # RFC 5280 clause 5.3.1: what is released leaves the list


@pytest.mark.parametrize("asked", [{"card": "nobody"}, {"person_id": "000009"}], ids=["card", "person"])
def test_nobody_is_no_answer(outside: Outside, asked: dict[str, str]) -> None:
    with pytest.raises(PkiQuestionError):
        outside.certificates(**asked)  # type: ignore[arg-type]


def test_a_kind_that_she_has_not(town: Town, outside: Outside) -> None:
    town.do("apply", 1, persona="child", new_card="hana")
    town.do("issue", 2, card="hana")
    with pytest.raises(PkiQuestionError, match="no sign certificate of the card hana"):
        outside.certificates(card="hana", kind=CaKind.SIGN)


def test_before_the_ca_there_is_no_question(outside: Outside) -> None:
    with pytest.raises(PkiQuestionError, match="had not begun"):
        outside.seen(outside.certificates(card="alice")[0], at=day(-9000))


def test_the_list_of_a_moment_is_always_the_same(town: Town, outside: Outside) -> None:
    before = standing_list(outside, "sign", None, at=DONE)
    town.do("move", ON, card="alice", address="東京都架空区架空町1")
    again = standing_list(Outside(town.lab, town.register), "sign", None, at=DONE)
    assert again == before
    frame = CrlIndex(before.der).frame
    assert (frame.this_update, frame.number) == (before.this_update, crl_number_at(before.this_update))
    assert before.this_update == datetime(2026, 11, 24, 18, tzinfo=UTC)


def test_the_hour_is_the_cas(town: Town) -> None:
    noon = Outside(town.lab, town.register, crl_hour_jst=12)
    assert standing_list(noon, "sign", None, at=DONE).this_update == datetime(2026, 11, 25, 3, tzinfo=UTC)


def test_partitions_are_by_municipality(town: Town, outside: Outside) -> None:
    town.do("move", ON, card="alice", address="東京都架空区架空町1")
    index = CrlIndex(standing_list(outside, "sign", "Mihon-ken/Mihon-shi", at=DONE + timedelta(days=1)).der)
    assert len(index) == 1


@pytest.mark.parametrize(
    ("label", "point", "at", "says"),
    [
        ("x", None, DONE, "there is no CA 'x'"),
        ("sign-4", None, DONE, "there is no CA 'sign-4'"),
        ("sign", "Nowhere/Shi", DONE, "names a list of Nowhere/Shi"),
        ("sign", None, day(-9000), "at that moment"),
    ],
)
def test_no_such_list(outside: Outside, label: str, point: str | None, at: datetime, says: str) -> None:
    with pytest.raises(PkiQuestionError, match=says):
        standing_list(outside, label, point, at=at)


def test_a_generation_that_begins_later_is_seen(town: Town, outside: Outside) -> None:
    standing_list(outside, "sign", None, at=day(1))
    town.roll_over(2)
    labels = [authority.label for authority in outside.publications.authorities(at=day(3))]
    assert labels[0] == "sign-4"
    assert "sign-4" not in [authority.label for authority in outside.publications.authorities(at=day(1))]
    with pytest.raises(PkiQuestionError, match="had issued no list by then"):
        standing_list(outside, "sign-4", None, at=day(2))
