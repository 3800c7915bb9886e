"""From what a command line says of faults to a plan: a file, a shipped plan by its name, or a fault in words."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from apdu.errors import FaultPlanError
from apdu.faults.plan import FaultPlan
from apdu.faults.read import parse_fault, parse_plan
from mynalab.resources import fault_files


def load_plan(faults: Iterable[str]) -> FaultPlan:
    """All of them as one plan, in their order, with the seed of the first that has one."""
    plans = [_load_one(text) for text in faults]
    return FaultPlan(
        faults=tuple(fault for plan in plans for fault in plan.faults),
        seed=next((plan.seed for plan in plans if plan.seed), ""),
    )


def _load_one(text: str) -> FaultPlan:
    shipped = fault_files()
    if text in shipped:
        return _read(shipped[text])
    if text.endswith(".toml"):
        return _read(Path(text))
    try:
        return FaultPlan(faults=(parse_fault(text),))
    except FaultPlanError as error:
        hint = error.hint or f"shipped plans: {', '.join(shipped)}; or the path of a TOML file"
        raise FaultPlanError(str(error), hint=hint) from error


def _read(path: Path) -> FaultPlan:
    try:
        source = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise FaultPlanError(f"{path}: cannot be read: {error}", hint="a plan is a TOML file in UTF-8") from error
    return parse_plan(source, origin=str(path))
