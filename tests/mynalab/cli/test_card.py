"""``mynalab card``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mynalab.lab.cards import open_card
from mynalab.lab.lab import Lab
from mynalab.resources import persona_files

Bench = Callable[..., Any]
AT = ("--now", "2026-11-21")


def test_card_is_made_listed_and_shown(bench: Bench, lab: Lab) -> None:
    here = ("--lab", lab.paths.root, *AT)
    made = bench("card", "new", "bob", *here, "--json").json
    assert bench("card", "list", *here, "--json").json == {
        "cards": [{"name": "alice", "reader": None}, {"name": "bob", "reader": None}]
    }
    shown = bench("card", "show", "bob", *here, "--json").json
    assert shown["serial"] == made["serial"]
    assert {one["ca"]: one["serial"] for one in shown["certificates"]} == made["certificates"]


def test_empty_drawer_says_how_to_fill_it(bench: Bench) -> None:
    bench("lab", "init", "mine")
    assert "mynalab card new NAME" in bench("card", "list", "--lab", "mine").out


def test_persona_of_a_file_is_named_when_it_is_wrong(bench: Bench, lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "her.toml"
    path.write_text(persona_files()["adult-resident"].read_text("utf-8").replace('"1234"', '"98765"'), "utf-8")
    done = bench("card", "new", "bob", "--persona", path, "--lab", lab.paths.root, "--json")
    assert (done.status, done.error["message"]) == (
        3,
        f"{path}:20: pins.authentication has to be four digits in quotes",
    )
    assert "98765" not in done.err


@pytest.mark.parametrize("name", ["../x", "", "x" * 300, "Alice", "a b", "花子"])
@pytest.mark.parametrize(
    "words",
    [["card", "new"], ["card", "show"], ["card", "insert"], ["revoke", "--card"], ["login", "--card"]],
    ids=" ".join,
)
def test_hostile_card_name_is_refused_everywhere(bench: Bench, lab: Lab, words: list[str], name: str) -> None:
    done = bench(*words, name, "--lab", lab.paths.root, "--json")
    assert (done.status, done.error["type"]) == (2, "CardNameFormatError")
    assert lab.paths.card_names() == ["alice"]


def test_card_from_before_the_lab_has_a_next_step_that_works(bench: Bench, lab: Lab, tmp_path: Path) -> None:
    register = lab.paths.register.read_bytes()
    words = ("card", "new", "bob", "--now", "2020-01-01", "--json", "--lab")
    done = bench(*words, lab.paths.root)
    assert (done.status, done.error["type"], lab.paths.register.read_bytes()) == (3, "IssueError", register)
    assert done.error["message"].startswith("the lab's CAs are valid from 2025-11-20T00:00:00Z on")
    line = done.error["hint"].partition(" mynalab ")[2].replace("DIR", str(tmp_path / "older"))
    assert bench(*line.split()).status == 0
    assert bench(*words, tmp_path / "older").status == 0


def test_card_in_use_names_who_has_it(bench: Bench, program: Bench, lab: Lab) -> None:
    import os

    with open_card(lab.paths, "alice"):
        done = program("run", "--card", "alice", "--lab", lab.paths.root, "--", "true")
    assert (done.status, f"card alice is in another reader (pid {os.getpid()})" in done.err) == (3, True)
    assert program("run", "--card", "alice", "--lab", lab.paths.root, "--", "true").status == 0


@pytest.mark.parametrize("words", [["card", "insert", "alice"], ["card", "remove", "alice"]], ids=" ".join)
def test_readers_that_are_not_served_are_named(bench: Bench, lab: Lab, words: list[str]) -> None:
    done = bench(*words, "--lab", lab.paths.root, "--json")
    assert (done.status, done.error["type"]) == (3, "ServiceError")
    assert "mynalab serve" in done.error["hint"]
