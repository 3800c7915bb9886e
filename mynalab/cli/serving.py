"""What commands that serve until Ctrl-C have in common."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import click


def served_options(port: int) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """--host, --port and --unsafe-any-address, passed by these names."""

    def decorate(command: Callable[..., int]) -> Callable[..., int]:
        for option in (
            click.option(
                "--unsafe-any-address",
                is_flag=True,
                help="Allow --host to be an address that others can reach.",
            ),
            click.option(
                "--port", default=port, show_default=True, type=click.IntRange(0, 65535), help="0 takes any free one."
            ),
            click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen."),
        ):
            command = option(command)
        return command

    return decorate


def until_signal() -> Callable[[], None]:
    """Heed Ctrl-C and its like from now on; what is returned waits for the first of them."""
    woken, waker = os.pipe()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: os.write(waker, b"."))

    def wait() -> None:
        os.read(woken, 1)

    return wait
