"""From what a command line says of the repository's faults to a plan: a file, a shipped plan, or a fault in words."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from jpki.repository.errors import PkiFaultError
from jpki.repository.faults.plan import PkiFault, PkiFaultPlan
from jpki.repository.faults.read import build_fault, parse_fault
from mynalab.personas.lines import key_lines, line_of
from mynalab.resources import pki_fault_files

SCHEMA: Final = 1
# Field of a plan → what it has to be, and a check.
_HEAD: Final[Mapping[str, tuple[str, Callable[[Any], bool]]]] = {
    "schema": (f"the number {SCHEMA}", lambda value: type(value) is int and value == SCHEMA),
    "name": ("a name, in quotes", lambda value: isinstance(value, str) and bool(value)),
    "why": ("a sentence that says what the plan is good for", lambda value: isinstance(value, str) and bool(value)),
    "seed": ("a text, in quotes", lambda value: value is None or isinstance(value, str)),
    "fault": ("at least one table [[fault]]", lambda value: isinstance(value, list) and bool(value)),
}


def load_pki_plan(faults: Iterable[str]) -> PkiFaultPlan:
    """All of them as one plan, in their order, with the seed of the first that has one."""
    plans = [_load_one(text) for text in faults]
    return PkiFaultPlan(
        faults=tuple(fault for plan in plans for fault in plan.faults),
        seed=next((plan.seed for plan in plans if plan.seed), ""),
    )


def parse_pki_plan(source: str, *, origin: str) -> PkiFaultPlan:
    """Read a plan from TOML text; ``PkiFaultError`` names ``origin``, the line and the field."""
    try:
        document = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise PkiFaultError(f"{origin}: not TOML: {error}", hint="compare it with a shipped plan") from error
    lines = key_lines(source)

    def at_line(field: str, complaint: str, hint: str = "mend that line and try again") -> PkiFaultError:
        return PkiFaultError(f"{origin}:{line_of(lines, field)}: {complaint}", hint=hint)

    for field in document:
        if field not in _HEAD:
            raise at_line(field, f"{field} is no field of a plan", f"fields: {', '.join(_HEAD)}")
    for field, (wants, check) in _HEAD.items():
        if not check(document.get(field)):
            raise at_line(field, f"{field} has to be {wants}")
    built = []
    for number, table in enumerate(document["fault"]):
        try:
            built.append(_fault(table))
        except PkiFaultError as error:
            field = f"fault[{number}].{error.field}" if f"fault[{number}]" in lines else "fault"
            raise at_line(field, f"fault[{number}]: {error}", error.hint or "mend that line and try again") from error
    return PkiFaultPlan(faults=tuple(built), seed=document.get("seed", document["name"]))


def _fault(table: Any) -> PkiFault:
    if not isinstance(table, Mapping):
        raise PkiFaultError("has to be a table")
    return build_fault(table)


def _load_one(text: str) -> PkiFaultPlan:
    shipped = pki_fault_files()
    if text in shipped:
        return _read(shipped[text])
    if text.endswith(".toml"):
        return _read(Path(text))
    try:
        return PkiFaultPlan(faults=(parse_fault(text),))
    except PkiFaultError as error:
        hint = f"{error.hint}; or a shipped plan: {', '.join(shipped)}; or the path of a TOML file".removeprefix("; ")
        raise PkiFaultError(str(error), hint=hint) from error


def _read(path: Path) -> PkiFaultPlan:
    try:
        source = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise PkiFaultError(f"{path}: cannot be read: {error}", hint="a plan is a TOML file in UTF-8") from error
    return parse_pki_plan(source, origin=str(path))
