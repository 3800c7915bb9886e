"""The unknowns as values, and that the documents list them all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jpki.attributes import Sex
from mynalab.authapp.abnormal import ABNORMAL
from mynalab.authapp.ceremony import birthdate_claim, gender_claim
from mynalab.authapp.config import UNVERIFIED, ServiceConfig, unknowns
from mynalab.errors import AuthAppConfigError

PAGE = (Path(__file__).parents[3] / "docs/authapp.md").read_text("utf-8")


def test_values_are_read() -> None:
    config = ServiceConfig.read({"code_seconds": 5, "acr_known": ["aal3"], "has_discovery": False})
    assert (config.code_seconds, config.acr_known, config.has_discovery) == (5, ("aal3",), False)


@pytest.mark.parametrize(
    "table",
    [
        {"code_second": 5},
        {"code_seconds": "5"},
        {"code_seconds": 0},
        {"code_seconds": True},
        {"has_discovery": 1},
        {"acr_known": "aal3"},
        {"sub_encoding": "serial"},
        {"jwe_alg": "RSA1_5"},
        {"jwe_enc": "none"},
    ],
    ids=str,
)
def test_value_that_cannot_be_one(table: dict[str, Any]) -> None:
    with pytest.raises(AuthAppConfigError):
        ServiceConfig.read(table)


@pytest.mark.parametrize(("name", "default", "meaning"), unknowns(), ids=[name for name, _, _ in unknowns()])
def test_page_lists_each_unknown(name: str, default: str, meaning: str) -> None:
    assert f"| `{name}` | `{default}` | {meaning} | {UNVERIFIED} |" in PAGE


@pytest.mark.parametrize("row", ABNORMAL, ids=[row.name for row in ABNORMAL])
def test_page_lists_each_abnormal_answer(row: Any) -> None:
    assert f"| `{row.name}` | {row.stage.value} | {row.en} | {row.ja} |" in PAGE


@pytest.mark.parametrize(
    ("digits", "form", "written"),
    [
        ("19850315", "%Y-%m-%d", "1985-03-15"),
        ("19850315", "%Y%m%d", "19850315"),
        ("19850000", "%Y-%m-%d", "1985-00-00"),
        ("00000000", "%Y-%m-%d", "0000-00-00"),
    ],
)
def test_birthdate_is_written_as_it_is_wanted(digits: str, form: str, written: str) -> None:
    assert birthdate_claim(digits, ServiceConfig(birthdate_format=form)) == written


@pytest.mark.parametrize(("sex", "claim"), list(zip(Sex, ("1", "2", "0", "9"), strict=True)), ids=str)
def test_gender_is_written_as_it_is_wanted(sex: Sex, claim: str) -> None:
    assert gender_claim(sex, ServiceConfig()) == claim
