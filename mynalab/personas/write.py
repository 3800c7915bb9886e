"""Writing persona files: TOML of the few kinds of values that a persona has."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any, TypeAlias

Document: TypeAlias = dict[str, Any]
"""A persona as ``tomllib`` reads it: values, tables of values, and lists of tables."""


def to_toml(document: Mapping[str, Any]) -> str:
    """The text of a persona file: plain values first, then a table at a time."""
    blocks = [_lines({key: value for key, value in document.items() if not _is_table(value)})]
    for name, value in document.items():
        if isinstance(value, Mapping) and value:
            blocks.append([f"[{name}]", *_lines(value)])
        elif _is_table(value) and not isinstance(value, Mapping):
            blocks += [[f"[[{name}]]", *_lines(row)] for row in value]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def to_json(document: Mapping[str, Any]) -> str:
    """The same on one line of JSON; dates as text."""
    return json.dumps(document, ensure_ascii=False, default=date.isoformat)


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping) or (isinstance(value, list) and bool(value) and isinstance(value[0], Mapping))


def _lines(table: Mapping[str, Any]) -> list[str]:
    return [f"{name} = {_value(value)}" for name, value in table.items()]


def _value(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{_value(key)} = {_value(one)}" for key, one in value.items())
        return f"{{ {pairs} }}"
    # JSON's texts, numbers, truth values and lists of them are TOML's, too; only DEL is escaped by TOML alone.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
