"""The options that many commands share, and what they become."""

from __future__ import annotations

import functools
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from mynalab.cli.output import LANGUAGE_VARIABLE, Output, preferred_language
from mynalab.clock import Clock, fixed_clock, parse_moment, system_clock
from mynalab.lab.clock import LabClock
from mynalab.lab.paths import default_lab_directory

Command = TypeVar("Command", bound=Callable[..., Any])

DEFAULT_CARD = "adult-resident"
"""The card that commands use when none is named: the ordinary case."""

cards_option = click.option(
    "--card", "cards", multiple=True, metavar="NAME", help=f"A card, in a reader of its own.  [default: {DEFAULT_CARD}]"
)
empty_option = click.option(
    "--empty", default=0, type=click.IntRange(0, 16), help="How many empty readers to add.", show_default=True
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the shared options of one command say."""

    lab: Path | None
    clock: Clock
    output: Output

    @property
    def lab_words(self) -> str:
        """What the command line in a hint ends with, so that it is about the same lab."""
        return "" if self.lab is None else f" --lab {shlex.quote(str(self.lab))}"


def shared_options(*, lab: bool = True, now: bool = True, json: bool = True) -> Callable[[Command], Command]:
    """Add ``--lang`` and, where they mean something, ``--lab``, ``--now``, ``--json``; pass them as ``settings``."""

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def call(*args: Any, **kwargs: Any) -> Any:
            directory = kwargs.pop("lab", None)
            standing = LabClock(directory or default_lab_directory()) if lab else system_clock
            moment = kwargs.pop("now", None)
            settings = Settings(
                lab=directory,
                clock=fixed_clock(parse_moment(moment)) if moment is not None else standing,
                output=Output(kwargs.pop("lang"), as_json=kwargs.pop("as_json", False)),
            )
            return command(*args, settings=settings, **kwargs)

        decorated = click.option(
            "--lang",
            type=click.Choice(["en", "ja"]),
            default=preferred_language,
            show_default="by locale",
            envvar=LANGUAGE_VARIABLE,
            help="Language of the words printed.",
        )(call)
        if now:
            decorated = click.option(
                "--now", metavar="MOMENT", envvar="MYNALAB_NOW", help="Pretend that it is this moment, in ISO 8601."
            )(decorated)
        if json:
            decorated = click.option("--json", "as_json", is_flag=True, help="Answer in JSON, for machines.")(decorated)
        if lab:
            decorated = click.option(
                "--lab",
                type=click.Path(path_type=Path, readable=False),
                envvar="MYNALAB_LAB",
                help="The lab's directory.  [default: mynalab in the user's data directory]",
            )(decorated)
        return decorated  # type: ignore[return-value]

    return decorate
