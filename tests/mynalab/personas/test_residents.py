"""Residents from a seed: reproducible, plausible, and as many as one likes in the same memory."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from jpki.client.errors import CardClientError
from mynalab.lab.cards import open_card
from mynalab.lab.create import create_lab
from mynalab.lab.issue import IssuingDesk
from mynalab.lab.lab import Lab
from mynalab.lab.register import open_register
from mynalab.lab.relying_party import log_in
from mynalab.persona import parse_persona
from mynalab.personas.residents import resident, residents
from mynalab.personas.write import to_toml
from readers.inprocess import InProcessChannel

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, tzinfo=UTC)
MANY = list(residents(4000, "town", today=TODAY))


def share(holds: list[bool]) -> float:
    return sum(holds) / len(holds)


def age(one: dict[str, Any]) -> int:
    return int((TODAY - one["person"]["birth"]).days // 365.25)


def test_resident_is_the_same_however_many_are_drawn() -> None:
    assert list(residents(3, "town", today=TODAY, first=17)) == MANY[16:19]
    assert resident("town", 4000, today=TODAY) == MANY[-1]


def test_another_seed_gives_other_people() -> None:
    others = residents(len(MANY), "village", today=TODAY)
    assert share([one["person"] == other["person"] for one, other in zip(MANY, others, strict=True)]) < 0.01


@pytest.mark.parametrize("number", range(0, len(MANY), 100))
def test_resident_is_a_persona(number: int) -> None:
    persona = parse_persona(to_toml(MANY[number]), origin="resident.toml")
    assert persona.name == f"resident-{number + 1:06d}"


@pytest.mark.parametrize(
    ("what", "holds", "least", "most"),
    [
        ("children under 15", lambda one: age(one) < 15, 0.09, 0.14),  # 11.4 % in 2023 (Statistics Bureau)
        ("65 and older", lambda one: age(one) >= 65, 0.26, 0.33),  # 29.1 % in 2023
        ("women", lambda one: one["person"]["sex"] == "female", 0.49, 0.57),
        ("the largest town", lambda one: one["person"]["municipality"] == "Mihon-shi", 0.26, 0.34),
        ("foreign residents", lambda one: "ＳＰＥＣＩＭＥＮ" in one["person"]["name"], 0.01, 0.04),
        ("with both certificates", lambda one: len(one["card"]["certificates"]) == 2, 0.7, 0.9),
        ("in trouble", lambda one: "revoked" in one or "tries_left" in one, 0.02, 0.09),
        ("expired", lambda one: "jpki.validity.expired" in one["expect"].values(), 0.005, 0.04),
    ],
)
def test_shares_are_plausible(what: str, holds: Any, least: float, most: float) -> None:
    assert least < share([holds(one) for one in MANY]) < most


@pytest.mark.parametrize("one", [one for one in MANY if age(one) < 15][::25], ids=lambda one: one["name"])
def test_no_child_under_15_has_a_signing_certificate(one: dict[str, Any]) -> None:
    assert "sign" not in one["card"]["certificates"]
    assert one["card"]["valid_years"] == 5


def test_everybody_is_born_in_the_past_and_no_older_than_the_oldest() -> None:
    assert all(timedelta(0) < TODAY - one["person"]["birth"] < timedelta(days=109 * 366) for one in MANY)


def test_pins_are_not_all_the_same() -> None:
    assert max(Counter(one["pins"]["authentication"] for one in MANY).values()) < 10


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return create_lab(tmp_path_factory.mktemp("town") / "lab", now=NOW, seed="town")


TROUBLED = [one for one in MANY[8:] if one["expect"]["log_in"] != "accepted" and one["card"]["certificates"]][:8]


@pytest.mark.parametrize("one", [*MANY[:8], *TROUBLED], ids=lambda one: one["name"])
def test_card_of_a_resident_logs_in_as_foretold(town: Lab, one: dict[str, Any]) -> None:
    persona = parse_persona(to_toml(one), origin="resident.toml")
    with open_register(town) as register:
        IssuingDesk(town, register).issue(name=persona.name, persona=persona, now=NOW)
    with closing(open_card(town.paths, persona.name)) as card, InProcessChannel(card) as channel:
        if persona.expect["log_in"].endswith("Error"):
            with pytest.raises(CardClientError) as caught:
                log_in(town, channel, persona.authentication_pin, now=NOW)
            assert type(caught.value).__name__ == persona.expect["log_in"]
        else:
            verdict = log_in(town, channel, persona.authentication_pin, now=NOW).verdict
            assert " ".join(verdict.codes) == persona.expect["log_in"].replace("accepted", "")


MEASURED = """
import resource, sys
from mynalab.cli.main import _run
assert _run(["persona", "generate", sys.argv[1], "--seed", "town"]) == 0
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
"""


def peak_kib(count: int, tmp_path: Path) -> int:
    with (tmp_path / "lines").open("wb") as lines:
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, str(count)], stdout=lines, stderr=subprocess.PIPE, check=True, timeout=110
        )
    assert (tmp_path / "lines").read_bytes().count(b"\n") == count
    return int(done.stderr)


def test_a_hundred_thousand_fit_where_a_hundred_do(tmp_path: Path) -> None:
    few = peak_kib(100, tmp_path)
    assert peak_kib(100_000, tmp_path) < few + 4096
