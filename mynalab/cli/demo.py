"""``mynalab demo``: the five-minute story, in a lab of its own that is gone afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mynalab.cli.options import DEFAULT_CARD, Settings, shared_options
from mynalab.cli.output import Output

if TYPE_CHECKING:
    from mynalab.lab.lab import Lab

# What is shown at work where it is installed (Debian package opensc): none of them costs a try of a PIN.
_PROGRAMS = (("opensc-tool", "--list-readers", "--atr", "--name"), ("pkcs11-tool", "--list-token-slots"))
_PROGRAM_SECONDS = 30


@click.command(
    epilog="""\b
Examples:
  mynalab demo
  mynalab demo --lang ja
  mynalab demo --pictures .                       keep the pictures of her card
  mynalab demo --json
"""
)
@click.option(
    "--pictures",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Draw her card into this directory, as SVG.",
)
@shared_options(lab=False)
def command(pictures: Path | None, settings: Settings) -> int:
    """Tell the five-minute story: a card is issued, used, reported lost and refused; then its PIN is blocked.

    Happens in a temporary lab. Needs no root and no PC/SC packages; shows OpenSC at work where it is installed.
    """
    from mynalab.lab.create import create_lab
    from mynalab.lab.files import refusals_explained
    from mynalab.persona import load_persona
    from mynalab.scenarios.five_minutes import Story

    output = settings.output
    with tempfile.TemporaryDirectory(prefix="mynalab-demo-") as directory:
        lab = create_lab(Path(directory) / "lab", now=settings.clock())
        output.say(
            "A laboratory for the Individual Number Card. Nothing here is a real card, person or certificate.",
            "マイナンバーカードの実験室です。本物のカード・人物・証明書は一つも出てきません。",
            bold=True,
        )
        if pictures is not None:
            with refusals_explained(pictures):
                pictures.mkdir(parents=True, exist_ok=True)
        story = Story(lab, load_persona(DEFAULT_CARD), output, settings.clock, _show_programs, pictures)
        facts = story.tell()
    output.document(facts)
    _invite(output)
    return 0


def _show_programs(lab: Lab, card: str, output: Output) -> list[str]:
    """Run the unmodified programs that are installed against a virtual reader; return their names."""
    installed = [program for program in _PROGRAMS if shutil.which(program[0])]
    if not installed:
        output.say(
            "  (with OpenSC installed, its tools are shown here: apt-get install opensc)",
            "  （OpenSC があれば、ここで実際に動かします: apt-get install opensc）",
        )
        return []
    from mynalab.lab.cards import open_card
    from mynalab.sockets import socket_directory
    from mynalab.virtual_readers import SOCKET_NAME, SOCKET_VARIABLE, VirtualReaders

    with (
        socket_directory(SOCKET_NAME) as directory,
        VirtualReaders(Path(directory) / SOCKET_NAME, lambda name: open_card(lab.paths, name)) as readers,
    ):
        readers.add_reader(card)
        environment = {**os.environ, SOCKET_VARIABLE: str(readers.socket_path)}
        for program in installed:
            output.say(f"  $ {' '.join(program)}", f"  $ {' '.join(program)}", bold=True)
            said = _said_by(program, environment)
            output.say(said, said)
    return [program[0] for program in installed]


def _said_by(program: tuple[str, ...], environment: dict[str, str]) -> str:
    try:
        ran = subprocess.run(
            program,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=_PROGRAM_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return f"    (no answer within {_PROGRAM_SECONDS} seconds)"
    return "\n".join(f"    {line}" for line in ran.stdout.splitlines())


def _invite(output: Output) -> None:
    output.say("", "")
    output.say("Now you:", "次はあなたの番です:", bold=True, colour="cyan")
    for line in (
        ". .venv/bin/activate",
        f"mynalab run --card {DEFAULT_CARD} -- pkcs11-tool -L",
        f"mynalab card face {DEFAULT_CARD}",
        "mynalab login",
        "mynalab revoke --reason lost",
        "mynalab login",
    ):
        output.say(f"  {line}", f"  {line}")
