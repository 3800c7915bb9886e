"""The person at the keyboard and her card: where the card is, and who types the PIN."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import click

from apdu.ports import Channel
from mynalab.cli.faults import blamed_on, fault_option
from mynalab.cli.opening import ensure_card
from mynalab.cli.options import DEFAULT_CARD, Settings
from mynalab.errors import LabError, ServiceError
from mynalab.lab.cards import open_card
from mynalab.lab.lab import Lab
from mynalab.persona import Persona, parse_persona
from readers.errors import PinGuardError

if TYPE_CHECKING:
    from apdu.faults.engine import FaultEngine

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class CardChoice:
    """What the options of a command say about the card."""

    card: str | None
    reader: str | None
    pin: str | None = field(repr=False)
    pin_budget: int
    engine: FaultEngine | None = None


def card_choice_options(command: Command) -> Command:
    """Add the options that choose a card, a PIN and what is to go wrong, in the names of ``CardChoice``."""
    for option in reversed(
        (
            click.option("--card", metavar="NAME", help=f"A card of the lab.  [default: {DEFAULT_CARD}]"),
            click.option("--reader", metavar="NAME", help="Whatever card is in this PC/SC reader, instead."),
            click.option("--pin", help="The PIN.  [default: the persona's for a lab card; else it is asked for]"),
            click.option(
                "--pin-budget",
                default=0,
                type=click.IntRange(0, 4),
                help="How many wrong tries a physical card may lose. Without it no PIN is sent to one.",
            ),
            fault_option,
        )
    ):
        command = option(command)
    return command


@contextmanager
def holder_with_card(
    lab: Lab, choice: CardChoice, settings: Settings, *, pin_of: Callable[[Persona], str]
) -> Iterator[tuple[Channel, str]]:
    """A channel to the chosen card and the PIN to give it; the card goes back where it was afterwards."""
    with blamed_on(choice.engine), ExitStack() as stack:
        if choice.reader is None:
            name = DEFAULT_CARD if choice.card is None else choice.card
            ensure_card(lab, name, settings)
            from readers.inprocess import InProcessChannel

            card = open_card(lab.paths, name)
            stack.callback(card.close)
            pin = pin_of(_persona(lab, name)) if choice.pin is None else choice.pin
            yield _faulty(stack.enter_context(InProcessChannel(card)), choice.engine), pin
            return
        from readers.pcsc import PcscChannel

        served = served_card(lab, choice.reader)
        channel = PcscChannel.open(choice.reader, is_lab_card=served is not None, pin_budget=choice.pin_budget)
        stack.enter_context(channel)  # nobody is asked for the PIN of a card that is not there
        if choice.pin is not None:
            pin = choice.pin
        elif served is not None:
            pin = pin_of(_persona(lab, served))
        else:
            pin = _ask_for_pin(choice)
        yield _faulty(channel, choice.engine), pin


def _faulty(channel: Channel, engine: FaultEngine | None) -> Channel:
    if engine is None:
        return channel
    from readers.faults import FaultyChannel

    return FaultyChannel(channel, engine)


def _ask_for_pin(choice: CardChoice) -> str:
    if not choice.pin_budget:
        raise PinGuardError(
            "no PIN is sent to a physical card unless a failed try is allowed",
            hint="allow one, if the card is yours to risk: --pin-budget 1",
        )
    answer: str = click.prompt("PIN", hide_input=True)
    return answer


def _persona(lab: Lab, card_name: str) -> Persona:
    path = lab.paths.persona(card_name)
    try:
        return parse_persona(path.read_text(encoding="utf-8"), origin=str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise LabError(f"{path} cannot be read, so the PIN is not known", hint="give it: --pin") from error


def served_card(lab: Lab, reader: str) -> str | None:
    """The lab card in ``reader``, when that is one of our own `mynalab serve`: only then is it surely no real card."""
    from mynalab.service import CONTROL_NAME, ask
    from mynalab.virtual_readers import SOCKET_NAME, SOCKET_VARIABLE

    if os.environ.get(SOCKET_VARIABLE) != str(lab.paths.runtime / SOCKET_NAME):
        return None
    try:
        readers: dict[str, str | None] = ask(lab.paths.runtime / CONTROL_NAME, {"operation": "list"})["readers"]
    except ServiceError:
        return None
    return readers.get(reader)
