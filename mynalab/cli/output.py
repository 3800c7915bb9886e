"""How commands speak: two languages, colours on a terminal only, JSON for machines."""

from __future__ import annotations

import itertools
import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import click

LANGUAGE_VARIABLE = "MYNALAB_LANG"


def language_of(arguments: Iterable[str]) -> str:
    """The language that a command line chooses, well-formed or not: by ``--lang``, the environment, the locale."""
    chosen = os.environ.get(LANGUAGE_VARIABLE, "")
    for before, argument in itertools.pairwise(["", *arguments]):
        if before == "--lang":
            chosen = argument
        elif argument.startswith("--lang="):
            chosen = argument.removeprefix("--lang=")
    return chosen if chosen in ("en", "ja") else preferred_language()


def preferred_language() -> str:
    """``ja`` where the locale is Japanese, else ``en``."""
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "ja" if re.match(r"ja(?![A-Za-z])", locale) else "en"


@dataclass(frozen=True, slots=True)
class Output:
    """Where the words of one command go. With ``as_json``, words are dropped and one document is printed."""

    language: str
    as_json: bool = False

    def text(self, english: str, japanese: str) -> str:
        """The one of two sentences that the reader reads."""
        return japanese if self.language == "ja" else english

    def say(self, english: str, japanese: str, *, colour: str | None = None, bold: bool = False) -> None:
        """Print a sentence on standard output, unless JSON is wanted."""
        if not self.as_json:
            click.secho(self.text(english, japanese), fg=colour, bold=bold)

    def note(self, english: str, japanese: str) -> None:
        """Tell what was done along the way, on standard error, so that pipes stay clean; machines need not know."""
        if not self.as_json:
            click.secho(self.text(english, japanese), err=True, dim=True)

    def document(self, value: dict[str, Any], *, one_line: bool = False) -> None:
        """Print the machine's answer, when one is wanted; on one line where it is read while the command goes on."""
        if self.as_json:
            click.echo(json.dumps(value, ensure_ascii=False, indent=None if one_line else 2))
