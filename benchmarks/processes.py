"""The processes beside the benchmark's own: PC/SC clients, and a private pcscd."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.common import ROOT, Round
from benchmarks.report import SEARCH_PATH
from mynalab.virtual_readers import SOCKET_VARIABLE

_PRIVATE_PCSCD = ROOT / "tools" / "private-pcscd.sh"
_VPCD_DRIVER = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
_END_DEADLINE_S = 10.0


class ClientProcess:
    """``benchmarks.client`` talking to the service at ``socket_path``."""

    def __init__(self, socket_path: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.client"],
            cwd=ROOT,
            env={**os.environ, SOCKET_VARIABLE: str(socket_path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._receive()  # it has imported everything and waits

    def measure(self, reader: str, way: str, prepare: Sequence[bytes], call: bytes, count: int) -> Round:
        """Let it send ``call`` ``count`` times."""
        prepared = [raw.hex() for raw in prepare]
        self.ask({"reader": reader, "way": way, "prepare": prepared, "call": call.hex(), "count": count})
        return Round(**self.answer()["round"])

    def ask(self, request: dict[str, Any]) -> None:
        """Send a request; ``answer`` waits for what comes of it."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """The answer to the last request."""
        return self._receive()

    def _receive(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the PC/SC client died; its error stands above")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def __enter__(self) -> ClientProcess:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(BrokenPipeError):
            self._process.communicate(timeout=_END_DEADLINE_S)


@contextlib.contextmanager
def on_one_processor() -> Iterator[None]:
    """This process, its threads and those that it starts share the last processor that it may use."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextlib.contextmanager
def private_pcscd() -> Iterator[tuple[Path, int]]:
    """A pcscd with the vpcd driver: its socket, and the port of the first of its two slots."""
    with tempfile.TemporaryDirectory(prefix="mynalab-") as directory:
        port = _free_pair_of_ports()
        process = subprocess.Popen([_PRIVATE_PCSCD, directory, str(port)], stdout=subprocess.DEVNULL)
        try:
            yield Path(directory) / "run" / "pcscd.comm", port
        finally:
            process.terminate()
            process.wait(_END_DEADLINE_S)


def missing_for_pcscd() -> str:
    """What the machine lacks for ``private_pcscd``; empty when it lacks nothing."""
    if shutil.which("pcscd", path=SEARCH_PATH) is None:
        return "pcscd"
    return "" if _VPCD_DRIVER.exists() else "vsmartcard-vpcd"


def _free_pair_of_ports() -> int:
    """Two free ports in a row, below those that Linux hands out by itself."""
    while True:
        port = random.randrange(20_000, 32_000)
        with contextlib.suppress(OSError), socket.create_server(("", port)), socket.create_server(("", port + 1)):
            return port
