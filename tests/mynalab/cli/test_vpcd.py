"""``mynalab vpcd``: what does not need pcscd; the rest is in tests/interop."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from mynalab.lab.cards import open_card
from mynalab.lab.lab import Lab

Bench = Callable[..., Any]
PROGRAM = (sys.executable, "-c", "from mynalab.cli.main import main; main()")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def test_nobody_there_is_a_sentence_with_a_next_step(bench: Bench, lab: Lab) -> None:
    words = ("vpcd", "--card", "alice", "--lab", lab.paths.root, "--port", free_port(), "--wait", "0.1")
    done = bench(*words)
    assert (done.status, done.err.startswith("error: "), "next step: " in done.err) == (3, True, True)
    open_card(lab.paths, "alice").close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_card_that_waits_goes_when_told(lab: Lab, number: signal.Signals) -> None:
    words = ("vpcd", "--listen", "--port", "0", "--card", "alice", "--lab", str(lab.paths.root))
    with subprocess.Popen([*PROGRAM, *words], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("alice waits at 127.0.0.1:")
        process.send_signal(number)
        assert process.stdout.read() == "alice is out.\n"
    assert process.returncode == 0
    open_card(lab.paths, "alice").close()
