"""Every operation in every situation: done, or refused by name with nothing changed."""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from jpki.errors import OperationRefusedError
from jpki.registry.effects import Desk
from jpki.registry.lifecycle import ROWS, TABLE
from jpki.registry.preconditions import CARDS_GO_ABROAD_SINCE, CODE_PREFIX, LAW_LETS_CARDS_ABROAD, WRONG_DESK
from jpki.registry.request import Operation, Question, Refusal, Request
from tests.jpki.registry.town import (
    PERSON,
    SITUATIONS,
    VECTORS,
    Towns,
    asked_at,
    born_in,
    dump,
    opened,
    request,
    situation_of,
)

MATRIX: dict[str, Any] = tomllib.loads((VECTORS / "matrix.toml").read_text("utf-8"))

REFUSED = [
    pytest.param(situation, Operation(name), CODE_PREFIX + code, id=f"{situation}-{name}")
    for situation, row in MATRIX.items()
    for code, names in row["refused"].items()
    for name in names
]
ALLOWED = [
    pytest.param(situation, Operation(name), id=f"{situation}-{name}")
    for situation, row in MATRIX.items()
    for name in row["allowed"]
]


@pytest.mark.parametrize(("situation", "operation", "code"), REFUSED)
def test_illegal_move_changes_nothing_and_says_why(
    towns: Towns, situation: str, operation: Operation, code: str
) -> None:
    path = towns.file(situation)
    before = dump(path)
    with opened(path) as town, pytest.raises(OperationRefusedError) as refused:
        town.counter.perform(PERSON, request(operation, born=born_in(situation)), now=asked_at(situation))
    assert refused.value.refusal.code == code
    assert dump(path) == before


@pytest.mark.parametrize(("situation", "operation"), ALLOWED)
def test_legal_move_is_done_as_announced_and_entered(
    towns: Towns, tmp_path: Path, situation: str, operation: Operation
) -> None:
    path = towns.copy(situation, tmp_path / "register.db")
    now = asked_at(situation)
    with opened(path) as town:
        announced = town.counter.ask(PERSON, request(operation, born=born_in(situation)), now=now)
        done = town.counter.perform(PERSON, request(operation, born=born_in(situation)), now=now)
        assert done.plan == announced
        entered = [entry for entry in town.register.timeline(person_id=PERSON) if entry.at == now]
        assert getattr(entered[0], "name", None) == operation.value


@pytest.mark.parametrize("situation", SITUATIONS)
def test_matrix_speaks_of_every_operation_once(situation: str) -> None:
    row = MATRIX[situation]
    told = Counter([*row["allowed"], *(name for names in row["refused"].values() for name in names)])
    assert told == Counter(operation.value for operation in Operation)


def test_table_has_every_operation_once() -> None:
    assert Counter(row.operation for row in ROWS) == Counter(Operation)


# What no situation alone brings about.
BY_REQUEST = {"record-unchanged", "not-yet-law"}


def test_every_refusal_of_the_table_is_met() -> None:
    met = {code for row in MATRIX.values() for code in row["refused"]}
    assert met | BY_REQUEST == {needed.name for row in ROWS for needed in row.needs}


def ask(towns: Towns, asked: Request, *, situation: str = "phone") -> str:
    """The code of the refusal."""
    with opened(towns.file(situation)) as town:
        answer = town.counter.ask(PERSON, asked, now=asked_at(situation))
    assert isinstance(answer, Refusal)
    return answer.code


@pytest.mark.parametrize(
    ("operation", "desk"),
    [(row.operation, desk) for row in ROWS for desk in Desk if desk not in row.desks],
    ids=lambda value: value.value,
)
def test_wrong_desk(towns: Towns, operation: Operation, desk: Desk) -> None:
    """Before all else: who is not asked there says nothing of the person."""
    assert ask(towns, replace(request(operation), desk=desk)) == WRONG_DESK.code


@pytest.mark.parametrize(
    "operation", [row.operation for row in ROWS if row.new_record], ids=lambda operation: operation.value
)
@pytest.mark.parametrize("given", ["nothing", "the same"])
def test_change_that_is_none(towns: Towns, operation: Operation, given: str) -> None:
    with opened(towns.file("phone")) as town:
        present = situation_of(town.register, PERSON, now=asked_at("phone")).holder
    asked = replace(request(operation), holder=present if given == "the same" else None)
    assert ask(towns, asked) == "registry.lifecycle.record-unchanged"


@pytest.mark.parametrize(("before_s", "answer"), [(0, True), (1, False)], ids=["from that second on", "not before"])
def test_cards_stayed_at_home_before_the_law_let_them_go(towns: Towns, before_s: int, answer: bool) -> None:
    """Digital Agency: since 2024-05-27, which begins at 15:00Z of the day before."""
    with opened(towns.file("in-use")) as town:
        situation = situation_of(town.register, PERSON, now=asked_at("in-use"))
    moment = CARDS_GO_ABROAD_SINCE - timedelta(seconds=before_s)
    asked = Question(situation=situation, request=request(Operation.MOVE_ABROAD), now=moment)
    assert LAW_LETS_CARDS_ABROAD.holds(asked) is answer
    assert LAW_LETS_CARDS_ABROAD in TABLE[Operation.MOVE_ABROAD].needs
