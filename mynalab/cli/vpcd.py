"""``mynalab vpcd``: a lab card in a slot of the real pcscd."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from mynalab.cli.faults import engine_for, fault_option, plan_of, tell_struck
from mynalab.cli.opening import card_opener, open_lab
from mynalab.cli.options import DEFAULT_CARD, Settings, shared_options
from mynalab.cli.tracing import TraceChoice, trace_options

if TYPE_CHECKING:
    from apdu.faults.engine import FaultEngine
    from apdu.ports import Card
    from readers.trace import Scribe
    from readers.vpcd import VpcdClient, VpcdListener

DEFAULT_PORT = 0x8C7B
"""Slot 0 of the vpcd driver as Debian ships it (vsmartcard src/vpcd/vpcd.h, VPCDPORT)."""

_LOOK_EVERY_SECONDS = 0.2


@click.command(
    epilog="""\b
Examples:
  mynalab vpcd                              slot 0 of the pcscd on this machine
  mynalab vpcd --card alice --port 35964    slot 1
  mynalab vpcd --listen                     reversed: the driver connects to this card. Driver 0.8 wants
                                            a card at the next port as well, and both before pcscd starts
  mynalab vpcd --fault "remove after READ BINARY 3" --trace vpcd.jsonl
"""
)
@click.option("--card", default=DEFAULT_CARD, show_default=True, metavar="NAME", help="The card to insert.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where pcscd runs.")
@click.option("--port", default=DEFAULT_PORT, show_default=True, type=click.IntRange(0, 65535), help="The slot's port.")
@click.option("--listen", is_flag=True, help="Wait on loopback for the driver, for a reader.conf that names this port.")
@click.option("--wait", default=10.0, show_default=True, metavar="SECONDS", help="How long to look for pcscd.")
@fault_option
@trace_options
@shared_options(json=False)
def command(
    card: str,
    host: str,
    port: int,
    listen: bool,
    wait: float,
    faults: tuple[str, ...],
    trace: TraceChoice,
    settings: Settings,
) -> int:
    """Insert a card into the real pcscd through its vpcd driver, until this is interrupted.

    Needs pcscd and vsmartcard-vpcd. Without them, use `mynalab run` or `mynalab serve`.
    """
    lab = open_lab(settings)
    plan_of(faults)  # a mistake in it leaves no trace
    with trace.opened() as file, ExitStack() as stack:
        scribe = file.scribe() if file is not None else None
        engine = engine_for(faults, scribe=scribe)
        virtual = card_opener(lab, settings)(card)
        stack.callback(virtual.close)
        gone = threading.Event()
        inserted = _layered(virtual, engine, scribe, gone)
        link: VpcdClient | VpcdListener
        if listen:
            link, words = _listen(card, inserted, port)
        else:
            link, words = _connect(card, inserted, host, port, wait)
        _serve(link, gone, words, settings)
        tell_struck(engine, settings.output)
        if link.error is not None:
            raise link.error
    settings.output.say(f"{card} is out.", f"{card} を取り出しました。")
    return 0


def _layered(card: Card, engine: FaultEngine | None, scribe: Scribe | None, gone: threading.Event) -> Card:
    """With its faults, and outside of these the recorder, which sees what the driver sees."""
    if engine is not None:
        from cardsim.faults import FaultyCard

        card = FaultyCard(card, engine, on_departure=lambda *_: gone.set())
    if scribe is not None:
        from readers.trace import RecordingCard

        card = RecordingCard(card, scribe)
    return card


def _listen(name: str, card: Card, port: int) -> tuple[VpcdListener, tuple[str, str]]:
    from readers.vpcd import VpcdListener

    link = VpcdListener(card, port=port)
    link.start()
    return link, (
        f"{name} waits at 127.0.0.1:{link.port} for the driver. Ctrl-C ends this.",
        f"{name} は 127.0.0.1:{link.port} でドライバを待っています。Ctrl-C で終了します。",
    )


def _connect(name: str, card: Card, host: str, port: int, wait: float) -> tuple[VpcdClient, tuple[str, str]]:
    from readers.vpcd import VpcdClient

    link = VpcdClient(card, host=host, port=port)
    link.start(deadline_s=wait)
    return link, (f"{name} is in. Ctrl-C takes it out.", f"{name} を挿入しました。Ctrl-C で取り出します。")


def _serve(link: VpcdClient | VpcdListener, gone: threading.Event, words: tuple[str, str], settings: Settings) -> None:
    """Until a signal, the driver hangs up, or a fault takes the card out."""
    # Before anybody is told that Ctrl-C is heeded, it is.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: link.stop())
    settings.output.say(*words)
    sys.stdout.flush()
    while not link.wait(_LOOK_EVERY_SECONDS):
        # a wait without limit would not let Python see the signal
        if gone.is_set():
            link.stop()
