"""Which of a lab's CAs issues, and which publish, at a moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from jpki.algorithms import P_384
from jpki.kinds import CaKind
from mynalab.errors import LabBrokenError
from mynalab.lab.generations import ca_at, ca_with_key, publishing_cas, standing_cas
from mynalab.lab.lab import Lab

NOW = datetime(2026, 11, 20, tzinfo=UTC)
DAY = timedelta(days=1)
# The roots of JPKI's signing CA began 2015-10-20, 2019-09-15 and 2023-07-16: 1426 and 1400 days between them.
THIRD = NOW - timedelta(days=365)
SECOND = THIRD - timedelta(days=1400)
FIRST = SECOND - timedelta(days=1426)


@pytest.mark.parametrize("kind", CaKind)
@pytest.mark.parametrize(
    ("moment", "label"),
    [
        pytest.param(FIRST - DAY, None, id="before-the-first"),
        pytest.param(FIRST, "-first", id="first"),
        pytest.param(SECOND - DAY, "-first", id="until-the-second"),
        pytest.param(SECOND, "-earlier", id="second"),
        pytest.param(THIRD - DAY, "-earlier", id="until-the-third"),
        pytest.param(THIRD, "", id="third"),
        pytest.param(NOW, "", id="now"),
    ],
)
def test_youngest_that_has_begun_issues(lab: Lab, kind: CaKind, moment: datetime, label: str | None) -> None:
    found = ca_at(standing_cas(lab), kind, moment)
    assert (found and found.label) == (None if label is None else kind.value + label)


def test_nobody_issues_to_the_next_cards_before_there_is_one(lab: Lab) -> None:
    assert ca_at(standing_cas(lab), CaKind.SIGN, NOW, P_384) is None


def test_generations_have_one_name_and_different_keys(lab: Lab) -> None:
    cas = standing_cas(lab)
    assert [ca.label for ca in cas] == [kind + age for kind in ("sign", "auth") for age in ("", "-earlier", "-first")]
    assert len({ca.key_id for ca in cas}) == len({(ca.kind, ca.serial) for ca in cas}) == 6


def test_all_that_live_publish(lab: Lab) -> None:
    assert publishing_cas(lab, NOW) == standing_cas(lab)


def test_expired_generation_publishes_no_longer(lab: Lab) -> None:
    first = next(ca for ca in standing_cas(lab) if ca.label == "sign-first")
    last = {ca.label for ca in publishing_cas(lab, first.not_after)}
    after = {ca.label for ca in publishing_cas(lab, first.not_after + timedelta(seconds=1))}
    assert ("sign-first" in last, "sign-first" in after, "sign" in after) == (True, False, True)


def test_ca_is_found_by_its_key(lab: Lab) -> None:
    cas = standing_cas(lab)
    assert [ca_with_key(cas, ca.key_id) for ca in cas] == list(cas)


def test_key_that_no_ca_has_is_told(lab: Lab) -> None:
    with pytest.raises(LabBrokenError, match="a CA with the key 0000, and the lab has none"):
        ca_with_key(standing_cas(lab), bytes(2))
