"""The shipped plans of the repository's faults, and how a mistake in a plan is told: file, line, field."""

from __future__ import annotations

from pathlib import Path

import pytest

from jpki.repository.errors import PkiFaultError
from jpki.repository.faults.effects import WORDS
from mynalab.pki_faults import load_pki_plan, parse_pki_plan
from mynalab.resources import pki_fault_files

SHIPPED = pki_fault_files()
HEAD = 'schema = 1\nname = "x"\nwhy = "Because."\n'


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_plan_bears_the_name_of_its_file(name: str) -> None:
    assert f'\nname = "{name}"\n' in SHIPPED[name].read_text("utf-8")
    assert load_pki_plan([name]) == load_pki_plan([str(SHIPPED[name])])


def test_shipped_plans_show_every_effect() -> None:
    assert {fault.word for name in SHIPPED for fault in load_pki_plan([name]).faults} == set(WORDS)


def test_plans_and_words_add_up_with_the_first_seed() -> None:
    plan = load_pki_plan(["down number=9", "stale-crl", "noise"])
    assert [fault.word for fault in plan.faults] == ["down", "stale", "corrupt"]
    assert plan.seed == "stale-crl"


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("= 1", "p.toml: not TOML: "),
        ("", "p.toml:1: schema has to be the number 1"),
        ("schema = 2", "p.toml:1: schema has to be the number 1"),
        ("schema = true", "p.toml:1: schema has to be the number 1"),
        ('schema = 1\nname = ""', "p.toml:2: name has to be a name"),
        ('schema = 1\nname = "x"', "p.toml:1: why has to be a sentence"),
        (f"{HEAD}seed = 5", "p.toml:4: seed has to be a text"),
        (HEAD, "p.toml:1: fault has to be at least one table"),
        (f"{HEAD}fault = []", "p.toml:4: fault has to be at least one table"),
        (f"{HEAD}fault = [5]", "p.toml:4: fault[0]: has to be a table"),
        (f"{HEAD}colour = 1", "p.toml:4: colour is no field of a plan"),
        (f"{HEAD}[[fault]]\nhours = 1", "p.toml:4: fault[0]: effect is missing"),
        (f'{HEAD}[[fault]]\neffect = "boom"', "p.toml:5: fault[0]: effect 'boom' is not known"),
        (
            f'{HEAD}[[fault]]\neffect = "down"\n\n[[fault]]\neffect = "stale"\nhours = 0',
            "p.toml:9: fault[1]: hours has",
        ),
        (f'{HEAD}[[fault]]\neffect = "stale"\non = "ca"', "p.toml:6: fault[0]: on cannot be ca for stale"),
        (f'{HEAD}[[fault]]\neffect = "down"\ncease = 0', "p.toml:6: fault[0]: cease has to be"),
        (f'{HEAD}[[fault]]\neffect = "down"\ncolour = "red"', "p.toml:6: fault[0]: colour is no field of down"),
    ],
)
def test_mistake_is_told_with_file_line_and_field(source: str, complaint: str) -> None:
    with pytest.raises(PkiFaultError) as caught:
        parse_pki_plan(source, origin="p.toml")
    assert str(caught.value).startswith(complaint)
    assert caught.value.hint


def test_missing_file_is_named() -> None:
    with pytest.raises(PkiFaultError, match=r"^no/such\.toml: cannot be read"):
        load_pki_plan(["no/such.toml"])


def test_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(b"\xff")
    with pytest.raises(PkiFaultError, match=r"x\.toml: cannot be read"):
        load_pki_plan([str(path)])


def test_unknown_word_names_what_there_is() -> None:
    with pytest.raises(PkiFaultError, match="'stail' is not known") as caught:
        load_pki_plan(["stail"])
    assert "stale" in caught.value.hint
    assert "stale-crl" in caught.value.hint
