"""The person at the keyboard and her card: where the card is, and who types the PIN."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import click

from apdu.ports import Channel
from mynalab.cli.faults import blamed_on, engine_for, fault_option, plan_of
from mynalab.cli.opening import ensure_card
from mynalab.cli.options import DEFAULT_CARD, Settings
from mynalab.cli.tracing import TraceChoice, trace_options
from mynalab.errors import CardTerminatedError, LabError, ServiceError
from mynalab.lab.cards import open_card
from mynalab.lab.lab import Lab
from mynalab.persona import Persona, parse_persona
from readers.errors import PinGuardError

if TYPE_CHECKING:
    from apdu.faults.engine import FaultEngine
    from cardsim.card import VirtualCard
    from readers.trace import Scribe

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class CardChoice:
    """What the options of a command say about the card."""

    card: str | None
    reader: str | None
    pin: str | None = field(repr=False)
    pin_budget: int
    engine: FaultEngine | None = None
    scribe: Scribe | None = None


def one_card(command: Command) -> Command:
    """Refuse ``--card`` together with ``--reader``: which of the two cards was meant?"""

    @functools.wraps(command)
    def call(*args: Any, card: str | None, reader: str | None, **kwargs: Any) -> Any:
        if card is not None and reader is not None:
            raise click.UsageError("--card and --reader name a card each: give one of them")
        return command(*args, card=card, reader=reader, **kwargs)

    return call  # type: ignore[return-value]


def card_choice_options(command: Command) -> Command:
    """Add the options that choose a card, a PIN, what is to go wrong and a trace; pass them as ``choice``."""

    @one_card
    @functools.wraps(command)
    def call(
        *args: Any,
        card: str | None,
        reader: str | None,
        pin: str | None,
        pin_budget: int,
        faults: tuple[str, ...],
        trace: TraceChoice,
        **kwargs: Any,
    ) -> Any:
        plan_of(faults)  # a mistake in it leaves no trace
        with trace.opened() as file:
            scribe = file.scribe() if file is not None else None
            choice = CardChoice(card, reader, pin, pin_budget, engine_for(faults, scribe=scribe), scribe)
            return command(*args, choice=choice, **kwargs)

    decorated: Any = call
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
            trace_options,
        )
    ):
        decorated = option(decorated)
    return decorated  # type: ignore[no-any-return]


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
            stack.enter_context(_ended_said(card, name))
            yield _layered(stack.enter_context(InProcessChannel(card)), choice), pin
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
        yield _layered(channel, choice), pin


@contextmanager
def _ended_said(card: VirtualCard, name: str) -> Iterator[None]:
    """A status that a card gives because it has ended is told so: of one of the lab's own that is known."""
    from cardsim.state import LifeCycle
    from jpki.client.errors import UnexpectedStatusError

    try:
        yield
    except UnexpectedStatusError as error:
        if card.image.life_cycle is not LifeCycle.TERMINATED:
            raise
        raise CardTerminatedError(
            f"the card {name!r} is terminated: {error}",
            hint="nothing brings it back; make a new one: mynalab card new NAME",
        ) from error


def _layered(channel: Channel, choice: CardChoice) -> Channel:
    """With its faults, and outside of these the recorder, which sees what the client sees."""
    if choice.engine is not None:
        from readers.faults import FaultyChannel

        channel = FaultyChannel(channel, choice.engine)
    if choice.scribe is not None:
        from readers.trace import RecordingChannel

        channel = RecordingChannel(channel, choice.scribe)
    return channel


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
