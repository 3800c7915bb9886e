"""Where a key stands in a TOML text: ``tomllib`` tells no lines, and a complaint without one is a riddle."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

_HEADER = re.compile(r"\s*\[(?P<name>[A-Za-z0-9_-]+)\]\s*(?:#.*)?")
_ARRAY_HEADER = re.compile(r"\s*\[\[(?P<name>[A-Za-z0-9_-]+)\]\]\s*(?:#.*)?")
_KEY = re.compile(r"\s*(?P<name>[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)?)\s*=")


def key_lines(text: str) -> Mapping[str, int]:
    """The line of each key and table, by ``table.key``, ``table``, ``array[0].key`` or ``key``, counted from 1.

    For plain files of one level of tables, which personas are. A key in another notation is not found.
    """
    lines: dict[str, int] = {}
    arrays: Counter[str] = Counter()
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if found := _ARRAY_HEADER.fullmatch(line):
            name = found["name"]
            table = f"{name}[{arrays[name]}]"
            arrays[name] += 1
            lines.setdefault(name, number)
            lines[table] = number
        elif found := _HEADER.fullmatch(line):
            table = found["name"]
            lines.setdefault(table, number)
        elif found := _KEY.match(line):
            lines.setdefault(f"{table}.{found['name']}" if table else found["name"], number)
    return lines


def line_of(lines: Mapping[str, int], field: str) -> int:
    """The line of a field, else that of its table, else the first: where to look for what is missing."""
    return lines.get(field) or lines.get(field.rpartition(".")[0]) or 1
