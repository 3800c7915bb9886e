"""How a command says that something went wrong: on standard error, with a next step, in words or in JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass

import click

from mynalab.cli.japanese import COMMAND_LINE, FAULT, INTERRUPTION, SYSTEM, sentence_for


@dataclass(frozen=True, slots=True)
class Complaint:
    """Complaints of one run, in the language and form that its command line asks for."""

    language: str
    as_json: bool = False

    def of(self, error: Exception, hint: str) -> None:
        """Something that a command needs is missing, broken or busy."""
        message = _describe(error) if isinstance(error, OSError) else str(error)
        notes = tuple(getattr(error, "__notes__", ()))
        self._tell(type(error).__name__, message, hint, sentence_for(type(error)) or SYSTEM, notes)

    def of_command_line(self, error: click.ClickException) -> None:
        """What click found wrong with the command line."""
        hint = ""
        if isinstance(error, click.UsageError) and error.ctx is not None:
            hint = f"see how it is written: {error.ctx.command_path} --help"
        self._tell(type(error).__name__, error.format_message(), hint, COMMAND_LINE)

    def of_interruption(self) -> None:
        """Ctrl-C."""
        self._tell("Interrupted", "interrupted", "", INTERRUPTION)

    def of_fault(self, error: Exception) -> None:
        """Something that should never be seen."""
        message = f"a fault of mynalab itself: {type(error).__name__}: {error}"
        self._tell("Fault", message, "please report it; MYNALAB_DEBUG=1 shows where it happened", FAULT)

    def _tell(self, kind: str, message: str, hint: str, japanese: str, notes: tuple[str, ...] = ()) -> None:
        if self.as_json:
            told = {"type": kind, "message": message, "hint": hint}
            document = {"error": {**told, "notes": list(notes)} if notes else told}
            click.echo(json.dumps(document, ensure_ascii=False), err=True)
        elif self.language == "ja":
            click.secho(f"エラー: {japanese}", err=True, fg="red")
            click.echo(f"  詳細: {message}", err=True)
            if hint:
                click.echo(f"  次の一手: {hint}", err=True)
        else:
            click.secho(f"error: {message}", err=True, fg="red")
            if hint:
                click.echo(f"  next step: {hint}", err=True)
        if not self.as_json:
            for note in notes:
                click.echo(f"  {note}", err=True)


def _describe(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}"
