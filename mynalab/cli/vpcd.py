"""``mynalab vpcd``: a lab card in a slot of the real pcscd."""

from __future__ import annotations

import signal
import sys

import click

from mynalab.cli.opening import card_opener, open_lab
from mynalab.cli.options import DEFAULT_CARD, Settings, shared_options

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
"""
)
@click.option("--card", default=DEFAULT_CARD, show_default=True, metavar="NAME", help="The card to insert.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where pcscd runs.")
@click.option("--port", default=DEFAULT_PORT, show_default=True, type=click.IntRange(0, 65535), help="The slot's port.")
@click.option("--listen", is_flag=True, help="Wait on loopback for the driver, for a reader.conf that names this port.")
@click.option("--wait", default=10.0, show_default=True, metavar="SECONDS", help="How long to look for pcscd.")
@shared_options(json=False)
def command(card: str, host: str, port: int, listen: bool, wait: float, settings: Settings) -> int:
    """Insert a card into the real pcscd through its vpcd driver, until this is interrupted.

    Needs pcscd and vsmartcard-vpcd. Without them, use `mynalab run` or `mynalab serve`.
    """
    from readers.vpcd import VpcdClient, VpcdListener

    lab = open_lab(settings)
    virtual = card_opener(lab, settings)(card)
    try:
        link: VpcdClient | VpcdListener
        if listen:
            link = VpcdListener(virtual, port=port)
            link.start()
            words = (
                f"{card} waits at 127.0.0.1:{link.port} for the driver. Ctrl-C ends this.",
                f"{card} は 127.0.0.1:{link.port} でドライバを待っています。Ctrl-C で終了します。",
            )
        else:
            link = VpcdClient(virtual, host=host, port=port)
            link.start(deadline_s=wait)
            words = (f"{card} is in. Ctrl-C takes it out.", f"{card} を挿入しました。Ctrl-C で取り出します。")
        # Before anybody is told that Ctrl-C is heeded, it is.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: link.stop())
        settings.output.say(*words)
        sys.stdout.flush()
        while not link.wait(_LOOK_EVERY_SECONDS):
            pass  # a wait without limit would not let Python see the signal
        if link.error is not None:
            raise link.error
    finally:
        virtual.close()
    settings.output.say(f"{card} is out.", f"{card} を取り出しました。")
    return 0
