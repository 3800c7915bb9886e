"""What `--fault` takes, and the shipped plans."""

from __future__ import annotations

from pathlib import Path

import pytest

from apdu.errors import FaultPlanError
from apdu.faults.effects import EFFECTS
from mynalab.faults import load_plan
from mynalab.resources import fault_files

SHIPPED = fault_files()


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_plan_bears_the_name_of_its_file(name: str) -> None:
    assert f'\nname = "{name}"\n' in SHIPPED[name].read_text("utf-8")
    assert load_plan([name]) == load_plan([str(SHIPPED[name])])


def test_shipped_plans_show_every_effect() -> None:
    assert {fault.effect.word for name in SHIPPED for fault in load_plan([name]).faults} == set(EFFECTS)


def test_plans_and_words_add_up_with_the_first_seed() -> None:
    plan = load_plan(["drop during VERIFY", "noisy-line", "slow-as-nfc"])
    assert [fault.effect.word for fault in plan.faults] == ["drop", "corrupt", "truncate", "duplicate", "drop", "delay"]
    assert plan.seed == "noise"


def test_missing_file_is_named() -> None:
    with pytest.raises(FaultPlanError, match=r"^no/such\.toml: cannot be read"):
        load_plan(["no/such.toml"])


def test_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(b"\xff")
    with pytest.raises(FaultPlanError, match=r"x\.toml: cannot be read"):
        load_plan([str(path)])


def test_unknown_word_names_what_there_is() -> None:
    with pytest.raises(FaultPlanError, match="'pulled' cannot be read") as caught:
        load_plan(["pulled"])
    assert "remove after READ BINARY 3" in caught.value.hint
