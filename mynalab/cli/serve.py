"""``mynalab serve``: virtual readers for other terminals, until it is interrupted."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mynalab.cli.faults import fault_option, plan_of, tell_all
from mynalab.cli.opening import card_opener, note_on_real_time, open_lab, reader_contents
from mynalab.cli.options import Settings, cards_option, empty_option, shared_options
from mynalab.cli.tracing import TraceChoice, trace_options
from mynalab.errors import ServiceError
from mynalab.sockets import is_too_deep
from readers.errors import SocketInUseError, SocketPathError

if TYPE_CHECKING:
    from apdu.faults.plan import FaultPlan
    from mynalab.lab.lab import Lab
    from mynalab.trace_file import TraceFile
    from mynalab.virtual_readers import VirtualReaders


@click.command(
    epilog="""\b
Examples:
  mynalab serve
  mynalab serve --card alice --empty 1
  eval "$(mynalab serve --print-export)"     in another terminal
  mynalab serve --fault "delay nfc, always"  as slow as a card on a phone
  mynalab serve --trace cards.jsonl          every exchange, to be read with `mynalab explain cards.jsonl`
  mynalab card remove alice                  in another terminal
""",
)
@cards_option
@empty_option
@fault_option
@trace_options
@click.option("--print-export", is_flag=True, help="Only print the line that other terminals need, and end.")
@shared_options()
def command(
    cards: tuple[str, ...],
    empty: int,
    faults: tuple[str, ...],
    trace: TraceChoice,
    print_export: bool,
    settings: Settings,
) -> int:
    """Keep virtual readers up, and print the one line that makes other terminals use them."""
    from mynalab.service import private_directory
    from mynalab.virtual_readers import SOCKET_NAME, SOCKET_VARIABLE

    lab = open_lab(settings)
    runtime = lab.paths.runtime
    export = f"export {SOCKET_VARIABLE}={shlex.quote(str(runtime / SOCKET_NAME))}"
    if print_export:
        settings.output.document({"export": export, "socket": str(runtime / SOCKET_NAME)})
        settings.output.say(export, export)
        return 0
    note_on_real_time(settings)
    plan = plan_of(faults)
    private_directory(runtime)
    _require_shallow(runtime / SOCKET_NAME)
    with trace.opened() as file:
        with _readers(lab, plan, file, settings) as readers:
            _serve(readers, reader_contents(cards, empty), export, settings)
        if plan is not None:
            settings.output.document({"faults": readers.struck}, one_line=True)
        tell_all(readers.struck, settings.output)
        settings.output.say("The readers are gone.", "リーダーを終了しました。")
    return 0


def _serve(readers: VirtualReaders, contents: list[str | None], export: str, settings: Settings) -> None:
    """Until a signal."""
    from mynalab.service import CONTROL_NAME, ControlServer

    # A pipe, not a threading.Event: a handler that runs inside Event.wait must not call Event.set.
    woken, waker = os.pipe()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: os.write(waker, b"."))
    for card in contents:
        readers.add_reader(card)
    control = ControlServer(readers.socket_path.with_name(CONTROL_NAME), lambda request: _answer(readers, request))
    try:
        _announce(readers, export, settings)
        os.read(woken, 1)
    finally:
        control.stop()


def _require_shallow(socket_path: Path) -> None:
    if is_too_deep(socket_path):
        raise SocketPathError(
            f"XDG_RUNTIME_DIR lies too deep for a socket: {socket_path}",
            path=socket_path,
            hint="set XDG_RUNTIME_DIR to a directory of yours with a shorter path",
        )


@contextmanager
def _readers(lab: Lab, plan: FaultPlan | None, file: TraceFile | None, settings: Settings) -> Iterator[VirtualReaders]:
    from mynalab.virtual_readers import SOCKET_NAME, VirtualReaders

    try:
        with VirtualReaders(
            lab.paths.runtime / SOCKET_NAME,
            card_opener(lab, settings),
            faults=plan,
            trace=file.trace if file is not None else None,
        ) as readers:
            yield readers
    except SocketInUseError as error:
        line = f"mynalab serve --print-export{settings.lab_words}"
        raise SocketInUseError(
            str(error), path=error.path, hint=f'use the readers already served: eval "$({line})"'
        ) from error


def _announce(readers: VirtualReaders, export: str, settings: Settings) -> None:
    output = settings.output
    document = {"export": export, "socket": str(readers.socket_path), "readers": readers.contents}
    output.document(document, one_line=True)
    output.say(export, export)
    for reader, card in readers.contents.items():
        output.note(f"{reader}: {card or 'empty'}", f"{reader}: {card or '空'}")
    output.note("Ctrl-C ends this.", "Ctrl-C で終了します。")
    sys.stdout.flush()


def _answer(readers: VirtualReaders, request: Mapping[str, Any]) -> dict[str, Any]:
    operation, card = request.get("operation"), request.get("card")
    if operation == "list":
        return {"readers": readers.contents, "faults": readers.struck}
    if operation == "insert" and isinstance(card, str):
        return {"reader": readers.insert(card, request.get("reader")), "card": card}
    if operation == "remove" and isinstance(card, str):
        return {"reader": readers.remove(card), "card": card}
    raise ServiceError(f"{operation!r} is no operation of this service", hint="both sides must be the same release")
