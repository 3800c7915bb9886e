"""``mynalab run``: a program, and virtual readers that only it can see."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from mynalab.cli.opening import card_opener, open_lab, reader_contents
from mynalab.cli.options import Settings, cards_option, empty_option, shared_options

NOT_FOUND = 127
NOT_EXECUTABLE = 126
_SIGNAL_BASE = 128


@click.command(
    context_settings={"ignore_unknown_options": True},
    epilog="""\b
Examples:
  mynalab run -- pkcs11-tool -L
  mynalab run --card adult-resident -- pkcs15-tool --dump
  mynalab run --card alice --card bob -- python my_test.py
  mynalab run --empty 1 -- pcsc_scan
""",
)
@cards_option
@empty_option
@click.argument("program", nargs=-1, required=True, type=click.UNPROCESSED, metavar="COMMAND...")
@shared_options(json=False)
def command(cards: tuple[str, ...], empty: int, program: tuple[str, ...], settings: Settings) -> int:
    """Run COMMAND with virtual PC/SC readers that hold lab cards, and end with its status.

    One reader for each card. No root, no driver, no daemon: the readers live as long as COMMAND and are
    seen by it and its children alone.
    """
    lab = open_lab(settings)
    open_card = card_opener(lab, settings)
    from mynalab.virtual_readers import SOCKET_NAME, SOCKET_VARIABLE, VirtualReaders

    with (
        tempfile.TemporaryDirectory(prefix="mynalab-") as directory,
        VirtualReaders(Path(directory) / SOCKET_NAME, open_card) as readers,
    ):
        for card in reader_contents(cards, empty):
            readers.add_reader(card)
        return _run_program(program, {**os.environ, SOCKET_VARIABLE: str(readers.socket_path)}, settings)


def _run_program(program: tuple[str, ...], environment: dict[str, str], settings: Settings) -> int:
    try:
        process = subprocess.Popen(program, env=environment)
    except FileNotFoundError:
        settings.output.note(f"{program[0]}: command not found", f"{program[0]}: コマンドが見つかりません")
        return NOT_FOUND
    except PermissionError:
        settings.output.note(f"{program[0]}: not executable", f"{program[0]}: 実行できません")
        return NOT_EXECUTABLE
    with _signals_go_to(process):
        status = process.wait()
    return status if status >= 0 else _SIGNAL_BASE - status


@contextmanager
def _signals_go_to(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """The program decides about SIGINT (which a terminal sends it as well) and gets a SIGTERM of its own."""
    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, signal.SIG_IGN),
        signal.SIGTERM: signal.signal(signal.SIGTERM, lambda *_: process.terminate()),
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
