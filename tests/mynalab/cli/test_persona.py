"""``mynalab persona``."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mynalab.lab.lab import Lab
from mynalab.persona import load_persona
from mynalab.resources import persona_files

Bench = Callable[..., Any]
AT = ("--now", "2026-11-20")


def test_every_shipped_persona_is_listed_with_its_reason(bench: Bench) -> None:
    listed = {one["name"]: one["why"] for one in bench("persona", "list", "--json").json["personas"]}
    assert listed == {name: load_persona(name).why for name in persona_files()}
    assert all(name in bench("persona", "list").out for name in listed)


def test_persona_is_shown(bench: Bench) -> None:
    assert bench("persona", "show", "moved").out == persona_files()["moved"].read_text("utf-8")
    assert bench("persona", "show", "moved", "--json").json["revoked"][0]["reason"] == "affiliationChanged"


def test_persona_is_written_by_options(bench: Bench, lab: Lab) -> None:
    options = ("--yes", "--like", "moved", "--full-name", "例示　次郎", "--sex", "male", "--birth", "1969-12-31")
    assert bench("persona", "new", "jiro", *options, "--valid-years", "5", "--json").json == {
        "persona": "jiro",
        "file": "jiro.toml",
    }
    written = load_persona("jiro.toml")
    assert (written.full_name, written.birth.encode(), written.card_valid_years) == ("例示　次郎", "319691231", 5)
    assert written.revoked == load_persona("moved").revoked
    assert bench("card", "new", "jiro", "--persona", "jiro.toml", "--lab", lab.paths.root, *AT).status == 0


def test_persona_is_asked_for(program: Bench) -> None:
    answers = ["for a test", "例示　次郎", "male", "f", "1948-00-00", "", "", "", "", "", "", "9876", "SECRET1"]
    answers[2:4] = ["m", "male"]  # the first is refused, and asked again
    done = program("persona", "new", "jiro", "--out", "her.toml", stdin="\n".join(answers) + "\n")
    assert done.status == 0, done.err
    assert "has to be male or female or unknown" in done.out + done.err
    written = load_persona("her.toml")
    assert (written.why, written.sex, written.birth.encode()) == ("for a test", "male", "319480000")
    assert (written.authentication_pin, written.signature_pin) == ("9876", "SECRET1")


@pytest.mark.parametrize(
    "options",
    [("--birth", "yesterday"), ("--valid-years", "x"), ("--authentication-pin", "12345"), ("--sex", "f")],
    ids=" ".join,
)
def test_answer_that_does_not_fit_is_refused(bench: Bench, options: tuple[str, str]) -> None:
    done = bench("persona", "new", "jiro", "--yes", *options)
    assert done.status == 2
    assert "has to be" in done.err
    assert not Path("jiro.toml").exists()


@pytest.mark.parametrize("name", ["Jiro", "", "../x"])
def test_name_that_cannot_be_is_refused_before_anything_is_asked(program: Bench, name: str) -> None:
    done = program("persona", "new", name)
    assert (done.status, done.out) == (3, "")
    assert "name has to be" in done.err


def test_no_file_is_overwritten(bench: Bench) -> None:
    Path("her.toml").write_text("dear")
    for words in (("new", "jiro", "--yes"), ("generate", "3", "--seed", "town")):
        done = bench("persona", *words, "--out", "her.toml")
        assert (done.status, Path("her.toml").read_text()) == (3, "dear")


def test_residents_are_lines_of_json(bench: Bench) -> None:
    lines = bench("persona", "generate", "3", "--seed", "town", *AT).out.splitlines()
    assert [json.loads(line)["name"] for line in lines] == [f"resident-{number:06d}" for number in (1, 2, 3)]
    assert bench("persona", "generate", "3", "--seed", "town", *AT, "--out", "town.jsonl").status == 0
    assert Path("town.jsonl").read_text("utf-8").splitlines() == lines


def test_residents_are_files_for_cards(bench: Bench, lab: Lab) -> None:
    bench("persona", "generate", "3", "--seed", "town", *AT, "--out", "town/")
    files = sorted(Path("town").iterdir())
    assert [tomllib.loads(file.read_text("utf-8"))["name"] for file in files] == [file.stem for file in files]
    assert len(files) == 3
    for file in files:
        assert bench("card", "new", file.stem, "--persona", file, "--lab", lab.paths.root, *AT).status == 0


def test_seed_that_cannot_be_is_refused(bench: Bench) -> None:
    assert "cannot be a seed" in bench("persona", "generate", "3", "--seed", "a b").err


@pytest.mark.parametrize("name", ["held", "moved", "child"])
def test_shipped_persona_becomes_a_card_when_it_is_first_used(bench: Bench, lab: Lab, name: str) -> None:
    done = bench("login", "--card", name, "--lab", lab.paths.root, *AT, "--json")
    codes = [finding["code"] for finding in done.json["findings"]]
    assert codes == ([] if (expected := load_persona(name).expect["log_in"]) == "accepted" else [expected])
