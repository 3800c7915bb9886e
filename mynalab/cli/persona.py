"""``mynalab persona``: the people that cards are issued to."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mynalab.cli.options import DEFAULT_CARD, Settings, shared_options
from mynalab.errors import PersonaError
from mynalab.resources import persona_files

if TYPE_CHECKING:
    from mynalab.personas.fields import Field
    from mynalab.personas.write import Document

Command = TypeVar("Command", bound=Callable[..., Any])

# What `persona new` asks for: option → (field, what the question says).
_ASKED = {
    "why": ("why", "why she exists, in a sentence"),
    "full_name": ("person.name", "name, with a full-width space"),
    "sex": ("person.sex", "male, female or unknown"),
    "birth": ("person.birth", "birth date, 00 for what is unknown"),
    "address": ("person.address", "address, from the prefecture on"),
    "prefecture": ("person.prefecture", "prefecture in Latin letters"),
    "municipality": ("person.municipality", "municipality in Latin letters"),
    "municipality_code": ("person.municipality_code", "municipality code, five digits"),
    "profile": ("card.profile", "card profile"),
    "valid_years": ("card.valid_years", "years that the card is valid"),
    "authentication_pin": ("pins.authentication", "PIN for log-in, four digits"),
    "signature_pin": ("pins.signature", "password for signatures, 6 to 16 A-Z and 0-9"),
}


def _asked_options(command: Command) -> Command:
    for name, (_, text) in reversed(_ASKED.items()):
        command = click.option(f"--{name.replace('_', '-')}", help=f"{text[0].upper()}{text[1:]}.")(command)
    return command


@click.group(
    epilog="""\b
Examples:
  mynalab persona list
  mynalab persona show moved
  mynalab persona new jiro                                        asks for what the options leave open
  mynalab persona new jiro --yes --like moved --birth 1969-12-31
  mynalab persona generate 1000 --seed town > residents.jsonl
  mynalab persona generate 50 --seed town --out town/             TOML files for mynalab card new --persona
"""
)
def command() -> None:
    """List, show, make and generate the people that cards are issued to."""


@command.command("list")
@shared_options(lab=False, now=False)
def list_personas(settings: Settings) -> int:
    """List the shipped personas, each with the sentence why it exists."""
    from mynalab.persona import load_persona

    personas = [load_persona(name) for name in persona_files()]
    settings.output.document({"personas": [{"name": one.name, "why": one.why} for one in personas]})
    width = max(len(one.name) for one in personas)
    for one in personas:
        settings.output.say(f"{one.name:{width}}  {one.why}", f"{one.name:{width}}  {one.why}")
    return 0


@command.command()
@click.argument("name")
@shared_options(lab=False, now=False)
def show(name: str, settings: Settings) -> int:
    """Show the file of a persona: a shipped one by its NAME, or any by the path of its TOML file."""
    from mynalab.persona import load_persona
    from mynalab.personas.write import to_json

    persona = load_persona(name)
    if settings.output.as_json:
        click.echo(to_json(tomllib.loads(persona.source)))
    settings.output.say(persona.source.rstrip("\n"), persona.source.rstrip("\n"))
    return 0


@command.command()
@click.argument("name")
@click.option("--like", default=DEFAULT_CARD, show_default=True, help="The persona that she is like in all else.")
@click.option("--yes", is_flag=True, help="Ask nothing: what no option says is as in --like.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="The file.  [default: NAME.toml]")
@_asked_options
@shared_options(lab=False, now=False)
def new(name: str, like: str, yes: bool, out: Path | None, settings: Settings, **answers: str | None) -> int:
    """Write the persona NAME into a TOML file, field by field, checked as it is typed."""
    from mynalab.lab.files import write_atomically
    from mynalab.persona import load_persona, parse_persona
    from mynalab.personas.write import to_toml

    file = out or Path(f"{name}.toml")
    if file.exists():
        raise PersonaError(f"{file} exists already", hint="name another file: --out FILE")
    document: Document = tomllib.loads(load_persona(like).source)
    document["name"] = name
    parse_persona(to_toml(document), origin=name)  # a name that cannot be is refused before anything is asked
    fields = _fields()
    asks = not (yes or settings.output.as_json)
    for option, (place, question) in _ASKED.items():
        _put(document, fields[place], question, answers[option], asks=asks)
    source = to_toml(document)
    parse_persona(source, origin=str(file))
    write_atomically(file, source.encode())
    settings.output.document({"persona": name, "file": str(file)})
    settings.output.say(
        f"wrote {file}; a card for her: mynalab card new {name} --persona {file}",
        f"{file} に書き込みました。カードを作るには: mynalab card new {name} --persona {file}",
    )
    return 0


@command.command()
@click.argument("count", type=click.IntRange(1, 10_000_000))
@click.option("--seed", required=True, help="Any word: the same word gives the same people on the same day.")
@click.option("--out", help="A file of JSON lines, or a directory (ending in /) of TOML files.")
@shared_options(lab=False, json=False)
def generate(count: int, seed: str, out: str | None, settings: Settings) -> int:
    """Generate COUNT residents with plausible ages, places, cards and troubles, one JSON line each.

    Resident 17 of a seed is the same person however many are generated. Nobody has these names and addresses.
    """
    from jpki.validity import JST
    from mynalab.lab.settings import require_seed
    from mynalab.personas.residents import residents
    from mynalab.personas.write import to_json

    today = settings.clock().astimezone(JST).date()
    people = residents(count, require_seed(seed), today=today)
    if out is None:
        for one in people:
            click.echo(to_json(one))
        return 0
    target = Path(out)
    write = _write_files if out.endswith("/") or target.is_dir() else _write_lines
    if target.exists() and not target.is_dir():
        raise PersonaError(f"{out} exists already", hint="name another file, or a directory")
    with click.progressbar(people, length=count, file=sys.stderr, hidden=not sys.stderr.isatty()) as shown:
        write(shown, target)
    settings.output.note(f"wrote {count} residents to {out}", f"{count} 人分を {out} に書き込みました")
    return 0


def _fields() -> dict[str, Field]:
    from mynalab.personas.fields import FIELDS

    return {str(field): field for field in FIELDS}


def _put(document: Document, field: Field, question: str, answer: str | None, *, asks: bool) -> None:
    """Put an answer into its place: that of the option, else the one that is typed, else what is there."""
    table = document[field.table] if field.table else document

    def read(text: str) -> Any:
        value = _typed(field, text)
        try:
            field.read(value)
        except ValueError as error:
            raise click.BadParameter(f"{field} has to be {field.wants}") from error
        return value

    if answer is not None:
        table[field.name] = read(answer)
    elif asks:
        table[field.name] = click.prompt(question, default=str(table[field.name]), value_proc=read)


def _typed(field: Field, text: str) -> Any:
    """A text as the TOML value of its field."""
    try:
        if field.name == "birth":
            return date.fromisoformat(text)
        if field.name == "valid_years":
            return int(text)
    except ValueError:
        pass  # the check of the field says what is wrong, or takes the text: an unknown day of birth is one
    return text


def _write_lines(people: Iterable[Document], file: Path) -> None:
    from mynalab.lab.files import refusals_explained
    from mynalab.personas.write import to_json

    part = file.with_name(f".{file.name}.part")
    with refusals_explained(file):
        try:
            with part.open("w", encoding="utf-8") as lines:
                lines.writelines(f"{to_json(one)}\n" for one in people)
            part.replace(file)
        finally:
            part.unlink(missing_ok=True)


def _write_files(people: Iterable[Document], directory: Path) -> None:
    from mynalab.lab.files import refusals_explained
    from mynalab.personas.write import to_toml

    with refusals_explained(directory):
        directory.mkdir(parents=True, exist_ok=True)
        for one in people:
            with (directory / f"{one['name']}.toml").open("x", encoding="utf-8") as file:
                file.write(to_toml(one))
