"""A desk with readers on it, at which programs that know nothing of mynalab are run.

Two kinds of readers, one interface: those of the rootless server, and those of a real pcscd with the vpcd driver.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Protocol

from apdu.ports import Card
from readers.pcsclite import PcscLiteServer
from readers.vpcd import VpcdClient

PROGRAMS = Path(__file__).with_name("programs")
PRIVATE_PCSCD = Path(__file__).parents[2] / "tools" / "private-pcscd.sh"
PCSCD_PARTS = ("pcscd", "unshare", "/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
TIMEOUT_S = 30.0
_SEARCH_PATH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))


class WatchedCard:
    """A card that can be waited for: ``wait_until_unpowered`` returns once a reader took its supply away."""

    def __init__(self, card: Card) -> None:
        self._card = card
        self._unpowered = threading.Event()

    @property
    def atr(self) -> bytes:
        return self._card.atr

    def power_off(self) -> None:
        self._card.power_off()
        self._unpowered.set()

    def reset(self) -> None:
        self._unpowered.clear()
        self._card.reset()

    def process(self, raw: bytes) -> bytes:
        self._unpowered.clear()
        return self._card.process(raw)

    def wait_until_unpowered(self) -> None:
        assert self._unpowered.wait(10.0), "no reader has taken the card's supply away"


class Readers(Protocol):
    """Readers of one kind, and how programs find them."""

    socket_path: Path

    def insert(self, card: Card, slot: int) -> str:
        """Put a card into a slot, return the reader's name."""
        ...

    def remove(self, slot: int) -> None:
        """Take the card out again."""
        ...

    def name(self, slot: int) -> str:
        """What PC/SC calls the reader."""
        ...


class RootlessReaders:
    """The rootless server: as many readers as are wanted, and no process but ours."""

    def __init__(self, directory: Path) -> None:
        self.socket_path = directory / "pcscd.comm"
        self._server = PcscLiteServer(self.socket_path)
        self._count = 0

    def __enter__(self) -> RootlessReaders:
        self._server.start()
        self._add_readers_up_to(0)
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._server.stop()

    def _add_readers_up_to(self, slot: int) -> None:
        while self._count <= slot:
            self._server.add_reader(self.name(self._count))
            self._count += 1

    def insert(self, card: Card, slot: int) -> str:
        self._add_readers_up_to(slot)
        self._server.insert(self.name(slot), card)
        return self.name(slot)

    def remove(self, slot: int) -> None:
        self._server.remove(self.name(slot))

    def name(self, slot: int) -> str:
        return f"mynalab Virtual Reader {slot:02d} 00"


class Pcscd:
    """A real pcscd of our own, with the vpcd driver and its two slots.

    With ``cards_at`` the driver is reversed: it connects to cards that wait at ``port`` and ``port + 1`` there.
    """

    def __init__(self, directory: Path, *, port: int, cards_at: str = "") -> None:
        self.directory = directory
        self.socket_path = directory / "run" / "pcscd.comm"
        self.port = port
        self._cards_at = cards_at
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and ask until the driver's readers are there."""
        command = [PRIVATE_PCSCD, self.directory, str(self.port), *([self._cards_at] if self._cards_at else [])]
        log = self.directory / "log"
        with log.open("wb") as output:
            self._process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + TIMEOUT_S
        while time.monotonic() < deadline and self._process.poll() is None:
            if ask_reader(self.socket_path, "Virtual PCD 00 01", "known", deadline_s=1.0) == 0:
                return
        raise AssertionError(f"pcscd does not come up:\n{log.read_text(errors='replace')}")

    def stop(self) -> None:
        """End it. May be called twice."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(TIMEOUT_S)
            self._process = None

    def __enter__(self) -> Pcscd:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()


@functools.cache
def machine_has_namespaces() -> bool:
    """Whether several pcscd can run side by side (tools/private-pcscd.sh tries the same two)."""
    tries = [["unshare", "-m", "true"], ["unshare", "-Urm", "true"]]
    return any(subprocess.run(words, stderr=subprocess.DEVNULL, check=False).returncode == 0 for words in tries)


@contextlib.contextmanager
def room_for_pcscd() -> Iterator[None]:
    """Wait for one's turn where the machine has room for only one pcscd and several processes run tests."""
    if machine_has_namespaces():
        yield
        return
    with Path(tempfile.gettempdir(), "mynalab-test-pcscd.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class PcscdReaders:
    """The two slots of a real pcscd."""

    def __init__(self, pcscd: Pcscd) -> None:
        self._pcscd = pcscd
        self.socket_path = pcscd.socket_path
        self._cards: dict[int, VpcdClient] = {}

    def __enter__(self) -> PcscdReaders:
        return self

    def __exit__(self, *exc_info: object) -> None:
        for slot in list(self._cards):
            self.remove(slot)

    def insert(self, card: Card, slot: int) -> str:
        client = VpcdClient(card, port=self._pcscd.port + slot)
        client.start()
        self._cards[slot] = client
        self._await(slot, "present")
        return self.name(slot)

    def remove(self, slot: int) -> None:
        # Without waiting, the next card would come within one poll of pcscd and pass for this one.
        self._cards.pop(slot).stop()
        self._await(slot, "empty")

    def _await(self, slot: int, state: str) -> None:
        status = ask_reader(self.socket_path, self.name(slot), state, deadline_s=10.0)
        assert status == 0, f"{self.name(slot)} does not become {state}"

    def name(self, slot: int) -> str:
        return f"Virtual PCD 00 {slot:02d}"


def ask_reader(socket_path: Path, reader: str, state: str, *, deadline_s: float) -> int:
    """Status 0 as soon as PC/SC calls ``reader`` known, present or empty. A process of its own, as libpcsclite
    reads its environment only once."""
    command = [sys.executable, PROGRAMS / "await_reader.py", reader, state, str(deadline_s)]
    environment = {**os.environ, "PCSCLITE_CSOCK_NAME": str(socket_path)}
    return subprocess.run(command, env=environment, timeout=TIMEOUT_S, check=False).returncode


class Desk:
    """Programs with a home of their own, so that no cache of one test meets the card of another."""

    def __init__(self, home: Path, readers: Readers) -> None:
        self.home = home
        self._readers = readers
        self.environment = {
            "PATH": _SEARCH_PATH,
            "HOME": str(home),
            "XDG_CACHE_HOME": str(home / ".cache"),
            "LANG": "C.UTF-8",
            "USER": os.environ.get("USER", "user"),
            "PCSCLITE_CSOCK_NAME": str(readers.socket_path),
        }

    def insert(self, card: Card, slot: int = 0) -> str:
        """Put a card into a reader, return the reader's name."""
        return self._readers.insert(card, slot)

    def remove(self, slot: int = 0) -> None:
        """Take it out again."""
        self._readers.remove(slot)

    def reader(self, slot: int = 0) -> str:
        """What PC/SC calls the reader."""
        return self._readers.name(slot)

    def run(
        self,
        *command: str | Path,
        status: int | None = 0,
        stdin: str = "",
        env: Mapping[str, str] | None = None,
    ) -> str:
        """Run a program to its end, return what it printed. It has to end with ``status``, unless that is None."""
        done = subprocess.run(
            [str(word) for word in command],
            env={**self.environment, **(env or {})},
            cwd=self.home,
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=TIMEOUT_S,
            check=False,
        )
        assert status in (None, done.returncode), f"{command}: status {done.returncode}\n{done.stdout}"
        return done.stdout

    def python(self, program: str, *arguments: str | Path, status: int | None = 0) -> str:
        """Run one of ``programs/``."""
        return self.run(sys.executable, PROGRAMS / program, *arguments, status=status)

    @contextlib.contextmanager
    def running(self, *command: str | Path, env: Mapping[str, str] | None = None) -> Iterator[Lines]:
        """A program that goes on beside the test, ended with the block."""
        process = subprocess.Popen(
            [str(word) for word in command],
            env={**self.environment, **(env or {})},
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        assert process.stdout is not None
        try:
            yield Lines(process.stdout)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # its own session: it and its children, nobody else
            process.stdout.close()
            process.wait(TIMEOUT_S)


class Lines:
    """The output of a running program, waited for piece by piece."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._text = ""
        os.set_blocking(stream.fileno(), False)

    def wait_for(self, text: str) -> str:
        """Wait until ``text`` was printed; return everything up to its end and forget it."""
        deadline = time.monotonic() + TIMEOUT_S
        while text not in self._text:
            assert time.monotonic() < deadline, f"{text!r} was not printed, only:\n{self._text}"
            chunk = self._stream.read()
            if chunk == b"":
                raise AssertionError(f"the program ended without {text!r}:\n{self._text}")
            if chunk is None:
                time.sleep(0.01)  # a pipe has nothing to wait on that stops at a deadline on every system
                continue
            self._text += chunk.decode(errors="replace")
        before, _, self._text = self._text.partition(text)
        return before + text


@contextlib.contextmanager
def short_directory() -> Iterator[Path]:
    """A directory whose path leaves room for a socket's name: pytest's own may be too deep for 107 bytes."""
    directory = Path(tempfile.mkdtemp(prefix="mynalab-"))
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def free_pair_of_ports() -> int:
    """Two free ports in a row, below those that Linux hands out by itself."""
    while True:
        port = random.randrange(20_000, 32_000)
        with contextlib.suppress(OSError), socket.create_server(("", port)), socket.create_server(("", port + 1)):
            return port
