"""``mynalab vpcd``: what does not need pcscd; the rest is in tests/interop."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
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


SELECT = bytes.fromhex("00A4040C0AD392F000260100000001")
VERIFY = bytes.fromhex("00200080")


def frame(payload: bytes) -> bytes:
    return len(payload).to_bytes(2) + payload


def answer(link: socket.socket) -> bytes | None:
    """The next answer, or None when the card has left."""
    head = link.recv(2, socket.MSG_WAITALL)
    return link.recv(int.from_bytes(head), socket.MSG_WAITALL) if head else None


@pytest.mark.parametrize(
    ("fault", "answers"),
    [
        ("answer 6F00 before VERIFY", [b"\x90\x00", b"\x6f\x00"]),
        ("remove before VERIFY", [b"\x90\x00", None]),
        ("remove after SELECT", [b"\x90\x00", None]),
        ("vanish during VERIFY", [b"\x90\x00", None]),
    ],
)
def test_driver_meets_the_fault_and_the_trace_tells_of_it(
    lab: Lab, home: Path, fault: str, answers: list[bytes | None]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as driver:
        words = ("vpcd", "--card", "alice", "--lab", str(lab.paths.root), "--port", str(driver.getsockname()[1]))
        more = ("--fault", fault, "--trace", "t.jsonl")
        with subprocess.Popen([*PROGRAM, *words, *more], stderr=subprocess.PIPE, text=True) as process:
            link, _ = driver.accept()
            with link:
                link.sendall(frame(b"\x01"))  # power on (vsmartcard src/vpcd/vpcd.h, VPCD_CTRL_ON)
                found = []
                for raw in (SELECT, VERIFY):
                    if None not in found:
                        link.sendall(frame(raw))
                        found.append(answer(link))
            assert process.stderr is not None
            err = process.stderr.read()
    assert (process.returncode, found) == (0, answers)
    assert f"fault: {fault} 1, once" in err or f"fault: {fault}, once" in err
    lines = [json.loads(line) for line in (home / "t.jsonl").read_text("utf-8").splitlines()]
    assert ("atr" in lines[1], [line["fault"].startswith(fault) for line in lines if "fault" in line]) == (True, [True])


def test_mistake_in_a_fault_is_named_before_the_card_is_touched(bench: Bench, lab: Lab) -> None:
    done = bench("vpcd", "--card", "nobody", "--lab", lab.paths.root, "--fault", "remove after LUNCH")
    assert (done.status, "LUNCH" in done.err) == (3, True)
