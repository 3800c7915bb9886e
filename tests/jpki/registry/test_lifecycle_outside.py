"""The life-cycle table looked at from outside: what CRLs and OCSP say before an operation, just after, the next day.

The operation is done once, at 10:07 in Japan; every question takes its time, so each is asked afterwards.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from jpki.registry.lifecycle import ROWS
from jpki.registry.opening import create_register
from jpki.registry.records import CertificateId, CertificateState
from jpki.registry.request import Operation
from tests.jpki.registry.postgresql import POSTGRESQL, Cluster
from tests.jpki.registry.town import (
    PERSON,
    VECTORS,
    Town,
    Towns,
    asked_at,
    born_in,
    bring_into,
    found,
    opened,
    request,
)

CASES: list[dict[str, Any]] = tomllib.loads((VECTORS / "outside.toml").read_text("utf-8"))["case"]
BEFORE, AFTER = 0, 1


@dataclass(frozen=True)
class Look:
    """A moment, counted from the operation, and how far CRL and OCSP have come by then."""

    name: str
    later: timedelta
    crl: int
    ocsp: int


LOOKS = (
    Look("before", timedelta(minutes=-1), BEFORE, BEFORE),
    Look("just-after", timedelta(minutes=1), BEFORE, BEFORE),  # OCSP tells of 10:00, the CRL of three in the night
    Look("after-15-minutes", timedelta(minutes=15), BEFORE, AFTER),
    Look("next-day", timedelta(days=1), AFTER, AFTER),
)


@dataclass(frozen=True)
class Seen:
    """A case that was played: the certificates that there were, and those that are new."""

    town: Town
    moment: datetime
    old: dict[str, CertificateId]
    new: dict[str, CertificateId]


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=POSTGRESQL)])
def play(
    request: pytest.FixtureRequest, towns: Towns, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[dict[str, Any]], Seen]]:
    """Play a case, once."""
    played: dict[str, Seen] = {}
    with ExitStack() as stack:

        def in_file(case: dict[str, Any]) -> Town:
            path = tmp_path_factory.mktemp("played") / "register.db"
            return stack.enter_context(opened(towns.copy(case["in"], path)))

        def in_database(case: dict[str, Any]) -> Town:
            cluster: Cluster = request.getfixturevalue("cluster")
            register = stack.enter_context(create_register(cluster.new_place()))
            town = found(register, born=born_in(case["in"]))
            bring_into(town, case["in"])
            return town

        town_of = in_file if request.param == "sqlite" else in_database

        def play(case: dict[str, Any]) -> Seen:
            if case["what"] not in played:
                played[case["what"]] = perform(town_of(case), case)
            return played[case["what"]]

        yield play


def perform(town: Town, case: dict[str, Any]) -> Seen:
    """Do what the case is about, and see what became of whose place."""
    moment = asked_at(case["in"])
    old = town.certificates(moment)
    done = town.counter.perform(PERSON, request(Operation(case["operation"]), born=born_in(case["in"])), now=moment)
    signed = {one.id for one in done.certificates}
    new = {place: id_ for place, id_ in town.certificates(moment).items() if id_ in signed}
    return Seen(town, moment, old, new)


every_case = pytest.mark.parametrize("case", CASES, ids=[f"{case['operation']}-{case['in']}" for case in CASES])
every_look = pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)


@every_case
@every_look
def test_certificates_that_there_were(play: Callable[..., Seen], case: dict[str, Any], look: Look) -> None:
    seen = play(case)
    at = seen.moment + look.later
    told = {
        place: (seen.town.in_crl(id_, at), seen.town.in_crl(id_, at, partition=True), seen.town.in_ocsp(id_, at))
        for place, id_ in seen.old.items()
    }
    assert told == {
        place: (course[look.crl], course[look.crl], course[look.ocsp]) for place, course in case["certificates"].items()
    }


@every_case
@every_look
def test_certificates_that_are_new(play: Callable[..., Seen], case: dict[str, Any], look: Look) -> None:
    """On no list ever; the responder does not know them before its data has caught up."""
    seen = play(case)
    at = seen.moment + look.later
    told = {place: (seen.town.in_crl(id_, at), seen.town.in_ocsp(id_, at)) for place, id_ in seen.new.items()}
    assert told == dict.fromkeys(case["new"], ("good", ("unknown", "good")[look.ocsp]))


@every_case
def test_register_itself_knows_at_once(play: Callable[..., Seen], case: dict[str, Any]) -> None:
    seen = play(case)
    states = {place: seen.town.register.status(id_, at=seen.moment).state for place, id_ in seen.old.items()}
    wanted = {"good": CertificateState.GOOD, "certificateHold": CertificateState.ON_HOLD}
    assert states == {
        place: wanted.get(course[AFTER], CertificateState.REVOKED) for place, course in case["certificates"].items()
    }


def test_every_row_of_the_table_is_looked_at() -> None:
    assert {case["operation"] for case in CASES} == {row.operation.value for row in ROWS}
