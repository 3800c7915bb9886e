"""Persona files that are written are read again."""

from __future__ import annotations

import json
import tomllib
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mynalab.personas.write import to_json, to_toml
from mynalab.resources import persona_files

TEXTS = st.text(st.characters(exclude_categories=("Cs",)))
PLAIN = TEXTS | st.integers(-(2**63), 2**63 - 1) | st.booleans() | st.dates(min_value=date(1, 1, 1)) | st.lists(TEXTS)
TABLES = st.dictionaries(
    st.from_regex(r"[a-z_]{1,8}", fullmatch=True), PLAIN | st.dictionaries(TEXTS, TEXTS, min_size=1), min_size=1
)


@pytest.mark.parametrize("name", persona_files())
def test_shipped_persona_survives_writing(name: str) -> None:
    document = tomllib.loads(persona_files()[name].read_text("utf-8"))
    assert tomllib.loads(to_toml(document)) == document


@given(TABLES, st.lists(TABLES, min_size=1))
def test_any_table_survives_writing(table: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    document = {"schema": 1, "table": table, "rows": rows}
    assert tomllib.loads(to_toml(document)) == document


def test_json_is_one_line_with_dates_as_text() -> None:
    line = to_json({"person": {"birth": date(1990, 4, 15), "name": "見本\n花子"}})
    assert "\n" not in line
    assert json.loads(line) == {"person": {"birth": "1990-04-15", "name": "見本\n花子"}}
