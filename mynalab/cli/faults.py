"""``--fault`` of the commands that use a card, and how they tell what struck."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from mynalab.cli.output import Output
from mynalab.errors import EXPECTED_ERRORS

if TYPE_CHECKING:
    from apdu.faults.engine import FaultEngine
    from apdu.faults.plan import FaultPlan
    from readers.trace import Scribe

fault_option = click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="FAULT",
    help="Let this go wrong: words such as 'remove after READ BINARY 3', a shipped plan's name, or a TOML file.",
)


def plan_of(faults: tuple[str, ...]) -> FaultPlan | None:
    """What ``--fault`` says, or None where it says nothing."""
    if not faults:
        return None
    from mynalab.faults import load_plan

    return load_plan(faults)


def engine_for(faults: tuple[str, ...], *, scribe: Scribe | None = None) -> FaultEngine | None:
    """The engine of what ``--fault`` says, or None where it says nothing. ``scribe`` writes down what strikes."""
    plan = plan_of(faults)
    if plan is None:
        return None
    from apdu.faults.engine import FaultEngine

    if scribe is None:
        return FaultEngine(plan, sleep=time.sleep)
    return FaultEngine(plan, sleep=time.sleep, on_fired=scribe.fault)


def with_struck(document: dict[str, Any], engine: FaultEngine | None) -> dict[str, Any]:
    """The document for machines and, where faults were asked for, the list of those that struck."""
    if engine is None:
        return document
    return {**document, "faults": [firing.as_dict() for firing in engine.fired]}


def tell_struck(engine: FaultEngine | None, output: Output) -> None:
    """The same for people."""
    tell_all((firing.as_dict() for firing in engine.fired) if engine is not None else (), output)


def tell_all(fired: Iterable[Mapping[str, Any]], output: Output) -> None:
    """A line for each fault that struck, on standard error."""
    for firing in fired:
        where = f"{firing['card']}: " if "card" in firing else ""
        text = f"{where}{firing['fault']} ({firing['event']} {firing['number']})"
        output.note(f"fault: {text}", f"障害: {text}")


@contextmanager
def blamed_on(engine: FaultEngine | None) -> Iterator[None]:
    """An error in here carries a note of each fault that struck before it."""
    try:
        yield
    except EXPECTED_ERRORS as error:
        for firing in engine.fired if engine is not None else ():
            error.add_note(f"fault: {firing.fault} ({firing.event} {firing.number})")
        raise
