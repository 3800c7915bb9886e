"""``mynalab lab``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mynalab.lab.lab import Lab

Bench = Callable[..., Any]
LABELS = [kind + generation for kind in ("sign", "auth") for generation in ("", "-earlier", "-first")]


def test_lab_is_made_and_shown(bench: Bench) -> None:
    made = bench("lab", "init", "mine", "--seed", "a", "--now", "2026-11-20", "--json")
    assert (made.status, made.json) == (0, {"lab": "mine", "seed": "a"})
    shown = bench("lab", "show", "--lab", "mine", "--json").json
    assert (shown["seed"], shown["created"], shown["cards"]) == ("a", "2026-11-19T15:00:00+00:00", [])
    assert list(shown["cas"]) == LABELS


def test_lab_without_directory_is_the_default_one(bench: Bench, home: Path) -> None:
    assert bench("lab", "init", "--seed", "a").status == 0
    assert Lab.open(home / "data/mynalab").settings.seed == "a"


def test_drawn_seed_is_told(bench: Bench) -> None:
    seed = bench("lab", "init", "one", "--now", "2026-11-20", "--json").json["seed"]
    bench("lab", "init", "two", "--now", "2026-11-20", "--seed", seed)
    assert Path("one/register.db").read_bytes() == Path("two/register.db").read_bytes()


@pytest.mark.parametrize("seed", ["", "a b", "花", "x" * 65])
def test_seed_that_cannot_be_one_makes_no_lab(bench: Bench, seed: str) -> None:
    done = bench("lab", "init", "mine", "--seed", seed, "--json")
    assert (done.status, done.error["type"], Path("mine").exists()) == (2, "SeedError", False)


def test_production_names_are_warned_about(bench: Bench) -> None:
    done = bench("lab", "init", "mine", "--unsafe-production-names")
    assert "production names" in done.err


def test_first_use_makes_the_default_lab_and_says_so(bench: Bench, home: Path) -> None:
    done = bench("card", "list")
    assert (done.status, f"made a lab in {home / 'data/mynalab'}" in done.err) == (0, True)
    assert bench("card", "list").err == ""


def test_first_use_by_several_at_once_makes_one_lab(program: Bench, home: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(lambda name: program("card", "new", name), ["a", "b", "c"]))
    assert [one.status for one in done] == [0, 0, 0], done
    assert Lab.open(home / "data/mynalab").paths.card_names() == ["a", "b", "c"]


def test_lists_are_published_as_of_now(bench: Bench, lab: Lab) -> None:
    done = bench("lab", "publish", "--lab", lab.paths.root, "--now", "2026-12-01", "--json")
    assert done.json == {"crls": [str(lab.paths.crl(label)) for label in LABELS]}


def test_environment_names_the_lab(bench: Bench, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MYNALAB_LAB", str(lab.paths.root))
    assert bench("card", "list").out == "alice\n"


def test_it_says_where_the_register_is(bench: Bench) -> None:
    bench("lab", "init", "mine", "--seed", "a", "--now", "2026-11-20")
    assert bench("lab", "show", "--lab", "mine", "--json").json["register"] == "mine/register.db"
    assert "register: mine/register.db\n" in bench("lab", "show", "--lab", "mine").out


def test_register_that_is_nowhere(bench: Bench) -> None:
    done = bench("lab", "init", "mine", "--register", "", "--json")
    assert (done.status, done.error["type"], Path("mine").exists()) == (2, "UsageError", False)
