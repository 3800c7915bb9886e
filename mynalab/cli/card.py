"""``mynalab card``: the drawer of cards, and the readers of `mynalab serve`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mynalab.cli import card_state, face
from mynalab.cli.opening import ensure_card, open_lab
from mynalab.cli.options import Settings, shared_options
from mynalab.cli.unblock import unblock
from mynalab.errors import ServiceError
from mynalab.words import KIND_JA


@click.group(
    epilog="""\b
Examples:
  mynalab card new alice                          the ordinary persona under another name
  mynalab card new bob --persona my-persona.toml
  mynalab card new nina --profile next            次期個人番号カード as we design it: for our own client alone
  mynalab card list
  mynalab card show alice
  mynalab card face alice --out pictures          front and back as SVG and PNG
  mynalab card tamper bob                         an illicit attempt to read the chip: the card is lost
  mynalab card unblock alice --pin auth           what the municipal counter does
  mynalab card snapshot alice before.json         then: diff before.json alice, restore alice before.json
  mynalab card fork alice twin
  mynalab card remove alice && mynalab card insert alice      in the readers of `mynalab serve`
"""
)
def command() -> None:
    """Make, list, show, keep, copy and compare cards; insert them into the readers of `mynalab serve`."""


command.add_command(unblock)


@command.command(short_help="Issue the card NAME: register, certify, personalise.")
@click.argument("name")
@click.option(
    "--persona", default="adult-resident", show_default=True, help="A shipped persona, or the path of a TOML file."
)
@click.option(
    "--profile",
    help="The card profile, instead of the persona's. next: our design of the next generation.",
)
@shared_options()
def new(name: str, persona: str, profile: str | None, settings: Settings) -> int:
    """Issue the card NAME: register its holder, certify two keys, personalise."""
    from mynalab.lab.issue import issue_card
    from mynalab.persona import load_persona

    lab = open_lab(settings)
    issued = issue_card(lab, name=name, persona=load_persona(persona), profile=profile, now=settings.clock())
    output = settings.output
    output.document(
        {"card": name, "serial": issued.card_serial, "certificates": issued.serials, "image": str(issued.path)}
    )
    output.say(
        f"issued the card {name}, number {issued.card_serial}",
        f"カード {name} を発行しました（製造番号 {issued.card_serial}）",
    )
    for kind, serial in issued.serials.items():
        output.say(f"  {kind} certificate {serial}", f"  {KIND_JA[kind]}電子証明書 {serial}")
    return 0


@command.command("list", short_help="List the lab's cards and the readers they sit in.")
@shared_options()
def list_cards(settings: Settings) -> int:
    """List the lab's cards, and which of them sit in a reader of `mynalab serve`."""
    lab = open_lab(settings)
    where = {card: reader for reader, card in _served(lab.paths.runtime).items() if card}
    names = lab.paths.card_names()
    settings.output.document({"cards": [{"name": name, "reader": where.get(name)} for name in names]})
    for name in names:
        in_reader = f"  [{where[name]}]" if name in where else ""
        settings.output.say(name + in_reader, name + in_reader)
    if not names:
        settings.output.say("no cards yet: mynalab card new NAME", "カードはまだありません: mynalab card new NAME")
    return 0


@command.command()
@click.argument("name")
@shared_options()
def show(name: str, settings: Settings) -> int:
    """Show what is on a card: number, ATR, tries left, certificates. Looks at the image, costs no try."""
    from mynalab.lab.cards import require_card
    from mynalab.lab.show import describe_card

    lab = open_lab(settings)
    require_card(lab.paths, name)
    description = describe_card(lab, name, at=settings.clock())
    settings.output.document(description.as_dict())
    for english, japanese in description.lines():
        settings.output.say(english, japanese)
    return 0


@command.command()
@click.argument("name")
@click.option("--reader", help="Into this reader.  [default: the first empty one]")
@shared_options()
def insert(name: str, reader: str | None, settings: Settings) -> int:
    """Insert a card into a reader of `mynalab serve`."""
    lab = open_lab(settings)
    ensure_card(lab, name, settings)
    answer = _ask(lab.paths.runtime, {"operation": "insert", "card": name, "reader": reader}, "reader")
    settings.output.document(answer)
    settings.output.say(f"{name} is in {answer['reader']}", f"{name} を {answer['reader']} に挿入しました")
    return 0


@command.command()
@click.argument("name")
@shared_options()
def remove(name: str, settings: Settings) -> int:
    """Remove a card from its reader of `mynalab serve`."""
    lab = open_lab(settings)
    answer = _ask(lab.paths.runtime, {"operation": "remove", "card": name}, "reader")
    settings.output.document(answer)
    settings.output.say(f"{name} is out of {answer['reader']}", f"{name} を {answer['reader']} から取り出しました")
    return 0


@command.command()
@click.argument("name")
@shared_options()
def tamper(name: str, settings: Settings) -> int:
    """Force the chip of a card: it destroys itself, for good.

    As the makers of the real card promise. Whatever it is asked from now on, it refuses.
    """
    lab = open_lab(settings)
    from mynalab.lab.cards import open_card

    with open_card(lab.paths, name) as card:
        card.tamper()
    settings.output.document({"card": name, "life_cycle": "terminated"})
    settings.output.say(f"{name} has destroyed itself", f"{name} は自らを使えなくしました")
    return 0


for _each in card_state.COMMANDS:
    command.add_command(_each)


command.add_command(face.command)


def _ask(runtime: Path, request: dict[str, Any], wanted: str) -> dict[str, Any]:
    from mynalab.service import CONTROL_NAME, ask

    answer = ask(runtime / CONTROL_NAME, request)
    if wanted not in answer:
        raise ServiceError("`mynalab serve` answers in another way", hint="both sides must be the same release")
    return answer


def _served(runtime: Path) -> dict[str, str | None]:
    try:
        readers: dict[str, str | None] = _ask(runtime, {"operation": "list"}, "readers")["readers"]
    except ServiceError:
        return {}
    return readers if isinstance(readers, dict) else {}
