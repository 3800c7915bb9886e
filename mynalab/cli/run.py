"""``mynalab run``: a program, and virtual readers that only it can see."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any

import click

from mynalab.cli.faults import fault_option, plan_of, tell_all
from mynalab.cli.opening import card_opener, note_on_real_time, open_lab, reader_contents
from mynalab.cli.options import Settings, cards_option, empty_option, shared_options
from mynalab.cli.tracing import TraceChoice, trace_options

if TYPE_CHECKING:
    from mynalab.virtual_readers import Insertable
    from readers.replay import ReplayCard

RECORDED = "recorded"
"""The name of a card whose trace has none, as `mynalab login` writes it."""
NOT_FOUND = 127
NOT_EXECUTABLE = 126
_SIGNAL_BASE = 128
_FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@click.command(
    context_settings={"ignore_unknown_options": True},
    epilog="""\b
Examples:
  mynalab run -- pkcs11-tool -L
  mynalab run --card adult-resident -- pkcs15-tool --dump
  mynalab run --card alice --card bob -- python my_test.py
  mynalab run --empty 1 -- pcsc_scan
  mynalab run --fault "remove after READ BINARY 3" -- pkcs15-tool --dump
  mynalab run --trace dump.jsonl -- pkcs15-tool --dump     then: mynalab explain dump.jsonl
  mynalab run --replay dump.jsonl -- pkcs15-tool --dump    the same again, without the card
""",
)
@cards_option
@empty_option
@fault_option
@trace_options
@click.option(
    "--replay",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="In place of cards, those that --trace recorded in FILE: they answer to the same commands in the same order.",
)
@click.argument("program", nargs=-1, required=True, type=click.UNPROCESSED, metavar="COMMAND...")
@shared_options(json=False)
def command(
    cards: tuple[str, ...],
    empty: int,
    faults: tuple[str, ...],
    trace: TraceChoice,
    replay: Path | None,
    program: tuple[str, ...],
    settings: Settings,
) -> int:
    """Run COMMAND with virtual PC/SC readers that hold lab cards, and end with its status.

    One reader for each card. No root, no driver, no daemon: the readers live as long as COMMAND and are
    seen by it and its children alone. COMMAND sees the real time, whatever the lab's clock says.
    """
    if replay is not None and cards:
        raise click.UsageError("--replay brings its own cards: leave --card out")
    plan = plan_of(faults)
    recorded = _recorded(replay) if replay is not None else {}
    open_card: Callable[[str], Insertable] = recorded.__getitem__
    if replay is None:
        lab = open_lab(settings)
        note_on_real_time(settings)
        open_card = card_opener(lab, settings)
    from mynalab.sockets import socket_directory
    from mynalab.virtual_readers import SOCKET_NAME, SOCKET_VARIABLE, VirtualReaders

    with (
        _Courier() as courier,
        trace.opened(on_broken=settings.output.note) as file,
        socket_directory(SOCKET_NAME) as directory,
        VirtualReaders(
            Path(directory) / SOCKET_NAME, open_card, faults=plan, trace=file.trace if file is not None else None
        ) as readers,
    ):
        for card in reader_contents(cards or tuple(recorded), empty):
            readers.add_reader(card)
        environment = {**os.environ, SOCKET_VARIABLE: str(readers.socket_path)}
        status = _run_program(program, environment, courier, settings)
        tell_all(readers.struck, settings.output)
        for name, played in recorded.items():
            if played.complaint:
                settings.output.note(f"{name}: {played.complaint}", f"{name}: {played.complaint}")
        return status


def _recorded(path: Path) -> dict[str, ReplayCard]:
    """The cards of a trace by their names."""
    from readers.replay import ReplayCard, by_card

    text = path.read_text("utf-8", errors="replace")
    return {name or RECORDED: ReplayCard(lines) for name, lines in by_card(text.splitlines()).items()}


def _run_program(program: tuple[str, ...], environment: dict[str, str], courier: _Courier, settings: Settings) -> int:
    if courier.waiting is not None:
        return _SIGNAL_BASE + courier.waiting
    try:
        process = subprocess.Popen(program, env=environment)
    except (FileNotFoundError, NotADirectoryError):
        settings.output.note(f"{program[0]}: command not found", f"{program[0]}: コマンドが見つかりません")
        return NOT_FOUND
    except OSError as error:  # no permission, no format that the system executes
        settings.output.note(
            f"{program[0]}: not executable: {error.strerror}", f"{program[0]}: 実行できません: {error.strerror}"
        )
        return NOT_EXECUTABLE
    courier.deliver_to(process)
    status = process.wait()
    return status if status >= 0 else _SIGNAL_BASE - status


class _Courier:
    """Takes the signals that would end mynalab before its program, and brings them to the program, which decides.

    A handler, unlike SIG_IGN, is not inherited by the program.
    """

    def __init__(self) -> None:
        self.waiting: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> _Courier:
        # What nohup or a shell made us ignore, the program inherits as ignored.
        heeded = [number for number in _FORWARDED if signal.getsignal(number) is not signal.SIG_IGN]
        self._before = {number: signal.signal(number, self._take) for number in heeded}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def deliver_to(self, process: subprocess.Popen[bytes]) -> None:
        """From now on, ``process`` gets what comes, and first what came while it was being started."""
        self._process = process
        if self.waiting is not None:
            process.send_signal(self.waiting)

    def _take(self, number: int, _frame: FrameType | None) -> None:
        if self._process is None:
            self.waiting = number
        elif number != signal.SIGINT or not _terminal_interrupts_us():
            self._process.send_signal(number)


def _terminal_interrupts_us() -> bool:
    """Whether Ctrl-C reaches the program by itself: a terminal interrupts its whole foreground process group."""
    try:
        descriptor = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(descriptor)
