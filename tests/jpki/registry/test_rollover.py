"""Rollover of a CA: same name, another key, the next number of the counter, entered once."""

from __future__ import annotations

import threading
from collections import Counter as Tally
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from jpki.ca.authority import Authority
from jpki.errors import OperationRefusedError
from jpki.kinds import CaKind
from jpki.profiles import TEST
from jpki.registry.interfaces import Register
from jpki.registry.opening import create_register
from jpki.registry.rollover import Foundation, begin, rollover
from jpki.signer import SoftwareSigner
from tests.jpki.registry.postgresql import POSTGRESQL, Cluster
from tests.jpki.registry.town import KEYS

NOW = datetime(2026, 4, 1, tzinfo=UTC)
YEARS = timedelta(days=4 * 365)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=POSTGRESQL)])
def register(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Register]:
    """An empty one."""
    if request.param == "sqlite":
        place: Path | str = tmp_path / "register.db"
    else:
        cluster: Cluster = request.getfixturevalue("cluster")
        place = cluster.new_place()
    with create_register(place) as register:
        yield register


def foundation(key: int, kind: CaKind = CaKind.SIGN) -> Foundation:
    """With a key of the pool."""
    return Foundation(kind=kind, hierarchy=TEST, signer=SoftwareSigner(KEYS[key]))


def refusal(action: Callable[[], Authority]) -> str:
    """The code."""
    with pytest.raises(OperationRefusedError) as refused:
        action()
    return refused.value.refusal.code


def test_three_generations(register: Register) -> None:
    made = [
        begin(register, foundation(0), now=NOW, first_serial=41_000),
        rollover(register, foundation(1), now=NOW + YEARS),
        rollover(register, foundation(2), now=NOW + 2 * YEARS),
    ]
    entered = register.authorities(CaKind.SIGN)
    assert [(each.generation, each.serial, each.key_id) for each in entered] == [
        (number, 40_999 + number, authority.key_id) for number, authority in enumerate(made, start=1)
    ]
    assert [each.certificate_der for each in entered] == [authority.certificate_der for authority in made]
    assert len({authority.name for authority in made}) == 1
    assert len({authority.key_id for authority in made}) == 3


def test_counter_goes_on_between_generations(register: Register) -> None:
    """CA serials sit in the sequence of the others (production: auth CA 3 is 114,393,094)."""
    begin(register, foundation(0), now=NOW, first_serial=41_000)
    register.reserve(CaKind.SIGN, 500)
    second = rollover(register, foundation(1), now=NOW + YEARS)
    assert second.serial == 41_501
    assert register.reserve(CaKind.SIGN)[0] == 41_502


def test_both_cas_count_for_themselves(register: Register) -> None:
    begin(register, foundation(0), now=NOW, first_serial=41_000)
    assert begin(register, foundation(1, CaKind.AUTH), now=NOW, first_serial=7).serial == 7


def test_first_generation_has_to_be_begun(register: Register) -> None:
    assert refusal(lambda: rollover(register, foundation(0), now=NOW)) == "registry.rollover.no-generation"


def test_ca_begins_once(register: Register) -> None:
    begin(register, foundation(0), now=NOW)
    assert refusal(lambda: begin(register, foundation(1), now=NOW + YEARS)) == "registry.rollover.generation-exists"


@pytest.mark.parametrize("later", [timedelta(0), timedelta(seconds=-1)], ids=["at the same second", "before"])
def test_not_before_the_newest(register: Register, later: timedelta) -> None:
    begin(register, foundation(0), now=NOW)
    assert refusal(lambda: rollover(register, foundation(1), now=NOW + later)) == "registry.rollover.not-after-newest"


def test_key_of_its_own(register: Register) -> None:
    begin(register, foundation(0), now=NOW)
    assert refusal(lambda: rollover(register, foundation(0), now=NOW + YEARS)) == "registry.rollover.key-in-use"


def test_refusal_takes_no_number(register: Register) -> None:
    begin(register, foundation(0), now=NOW)
    refusal(lambda: rollover(register, foundation(0), now=NOW + YEARS))
    assert register.reserve(CaKind.SIGN)[0] == 2


def test_two_at_once(register: Register) -> None:
    """One of them rolls over, the other hears of it."""
    begin(register, foundation(0), now=NOW)
    together, answers = threading.Barrier(2), []

    def attempt(key: int) -> None:
        together.wait()
        try:
            rollover(register, foundation(key), now=NOW + YEARS)
            answers.append("done")
        except OperationRefusedError as error:
            answers.append(error.refusal.code)

    threads = [threading.Thread(target=attempt, args=(key,)) for key in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Tally(answer == "done" for answer in answers) == {True: 1, False: 1}
    assert set(answers) < {"done", "registry.rollover.not-after-newest", "registry.rollover.others-faster"}
    assert len(register.authorities(CaKind.SIGN)) == 2


def test_other_process_is_faster(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    """It begins its generation while this one is being signed."""
    begin(register, foundation(0), now=NOW)
    sign = Authority.create_root

    def signed_late(*arguments: Any, **named: Any) -> Authority:
        monkeypatch.setattr(Authority, "create_root", sign)
        rollover(register, foundation(1), now=NOW + YEARS)
        return sign(*arguments, **named)

    monkeypatch.setattr(Authority, "create_root", signed_late)
    code = refusal(lambda: rollover(register, foundation(2), now=NOW + YEARS + timedelta(days=1)))
    assert code == "registry.rollover.others-faster"
    assert len(register.authorities(CaKind.SIGN)) == 2
