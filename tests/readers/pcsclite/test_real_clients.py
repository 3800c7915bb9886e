"""Through the real libpcsclite, three generations of it: 1.9.9 speaks 4:4, 2.3.3 4:5, 2.5.3 4:6.

The system's own is one of them; ``tools/fetch-pcsclite.sh`` fetches the others.
"""

from __future__ import annotations

import itertools
import json
import os
import queue
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from readers.pcsclite import PcscLiteServer
from readers.pcsclite.constants import Command
from readers.pcsclite.session import Session
from readers.pcsclite.wire import Request
from tests.readers.pcsclite.client import ASK, NOT_VERIFIED, OK, VERIFY, TellingCard

scard = pytest.importorskip("smartcard.scard", reason="pyscard is not installed (make setup says why)")

AGENT = Path(__file__).with_name("agent.py")
MULTIARCH = str(sysconfig.get_config_var("MULTIARCH"))
SYSTEM = Path("/usr/lib") / MULTIARCH
FETCHED = Path(sys.prefix) / "pcsclite"
ANY = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
PNP = "\\\\?PnP?\\Notification"
TIMEOUT_S = 20.0
EMPTY, PRESENT, CHANGED, INUSE = 0x10, 0x20, 0x02, 0x100


def _command(library: str) -> list[str]:
    """This Python, with that libpcsclite and the C library that it needs."""
    if library == "system":
        return [sys.executable]
    libc, lib = FETCHED / library / "libc", FETCHED / library / "lib"
    (loader,) = libc.glob("ld-linux*.so.*")
    return [str(loader), "--library-path", f"{lib}:{libc}:{SYSTEM}", sys.executable]


class Agent:
    """PC/SC calls in another process: ``agent.SCardConnect(…)``, or ``agent.start("SCardConnect", …)`` and later the
    result by calling what that returned."""

    def __init__(self, server: PcscLiteServer, library: str) -> None:
        self._process = subprocess.Popen(
            [*_command(library), str(AGENT)],
            env={**os.environ, **server.environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._numbers = itertools.count()
        self._results: dict[int, queue.Queue[Any]] = {}
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.kill()

    def kill(self) -> None:
        """SIGKILL: the client's own clean-up never runs."""
        self._process.kill()
        self._process.wait()
        self._reader.join(TIMEOUT_S)
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()

    def start(self, function: str, *arguments: Any) -> Callable[..., Any]:
        number = next(self._numbers)
        results = self._results[number] = queue.Queue()
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([number, function, arguments]) + "\n")
        self._process.stdin.flush()
        return lambda timeout=TIMEOUT_S: results.get(timeout=timeout)

    def __getattr__(self, function: str) -> Callable[..., Any]:
        return lambda *arguments: self.start(function, *arguments)()

    def establish(self) -> int:
        rv, context = self.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        assert rv == scard.SCARD_S_SUCCESS
        return int(context)

    def connect(self, context: int, share: int = scard.SCARD_SHARE_SHARED) -> int:
        rv, handle, protocol = self.SCardConnect(context, "Lab", share, ANY)
        assert (rv, protocol) == (scard.SCARD_S_SUCCESS, scard.SCARD_PROTOCOL_T1)
        return int(handle)

    def transmit(self, handle: int, command: bytes) -> tuple[int, bytes]:
        rv, response = self.SCardTransmit(handle, scard.SCARD_PROTOCOL_T1, list(command))
        return rv, bytes(response)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            number, result = json.loads(line)
            self._results[number].put(result)


def _fetched(suite: str, *values: object) -> Any:
    return pytest.param(suite, *values, marks=pytest.mark.real_part(str(FETCHED / suite / "lib/libpcsclite.so.1")))


@pytest.fixture(
    params=[
        pytest.param("system", marks=pytest.mark.real_part(str(SYSTEM / "libpcsclite.so.1"))),
        *(_fetched(suite) for suite in ("trixie", "sid")),
    ]
)
def library(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def agent(server: PcscLiteServer, library: str) -> Iterator[Agent]:
    with Agent(server, library) as agent:
        yield agent


@pytest.fixture
def second(server: PcscLiteServer, library: str) -> Iterator[Agent]:
    with Agent(server, library) as agent:
        yield agent


@pytest.fixture
def context(agent: Agent) -> int:
    return agent.establish()


def _state(agent: Agent, context: int, known: int = 0, *, reader: str = "Lab", timeout_ms: int = 0) -> tuple[int, int]:
    """rv and event state."""
    rv, states = agent.SCardGetStatusChange(context, timeout_ms, [(reader, known)])
    return rv, states[0][1]


def test_the_library_is_the_one_meant(agent: Agent, library: str) -> None:
    home = str(SYSTEM if library == "system" else FETCHED / library)
    assert agent.libraries()
    assert all(path.startswith(home) for path in agent.libraries())


@pytest.mark.parametrize(
    ("library", "minor", "youngest"),
    [_fetched("trixie", 5, Command.GET_READER_EVENTS), _fetched("sid", 6, Command.GET_READERS_STATE_ARRAY)],
    indirect=["library"],
)
def test_each_generation_speaks_its_protocol(
    server: PcscLiteServer, library: str, minor: int, youngest: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: set[tuple[int, int]] = set()
    answer = Session.answer

    def watch(session: Session, request: Request) -> bytes | None:
        reply = answer(session, request)
        used.add((session._decoder.minor, request.command))
        return reply

    monkeypatch.setattr(Session, "answer", watch)
    with Agent(server, library) as agent:
        context = agent.establish()
        _, known = _state(agent, context, reader=PNP)
        _state(agent, context, known, reader=PNP, timeout_ms=10)
    assert {spoken for spoken, command in used if command != Command.VERSION} == {minor}
    assert (minor, youngest) in used


def test_readers_are_listed(agent: Agent, context: int, server: PcscLiteServer) -> None:
    for number in range(1, 16):
        server.add_reader(f"Reader {number}")
    assert agent.SCardListReaders(context, []) == [0, list(server.readers)]


def test_no_readers(agent: Agent, context: int, server: PcscLiteServer) -> None:
    server.remove_reader("Lab")
    assert agent.SCardListReaders(context, [])[0] == scard.SCARD_E_NO_READERS_AVAILABLE


def test_card_is_used(agent: Agent, context: int, card: TellingCard) -> None:
    handle = agent.connect(context)
    rv, name, state, protocol, atr = agent.SCardStatus(handle)
    assert (rv, name, state & 0xFFFF, protocol, bytes(atr)) == (0, "Lab", 0x34, 2, card.atr)
    assert agent.transmit(handle, VERIFY) == (0, OK)
    assert agent.transmit(handle, ASK) == (0, OK)
    assert agent.SCardDisconnect(handle, scard.SCARD_UNPOWER_CARD) == 0
    assert agent.SCardReleaseContext(context) == 0
    assert card.log == ["reset", "off"]


@pytest.mark.parametrize("size", [261, 4102, 65536])
def test_extended_length(agent: Agent, context: int, size: int) -> None:
    command = bytes(5) + bytes(i & 0xFF for i in range(size - 5))
    assert agent.transmit(agent.connect(context), command) == (0, command[5:] + OK)


def test_longest_command(agent: Agent, context: int) -> None:
    rv, response = agent.transmit(agent.connect(context), bytes(65544))
    assert (rv, len(response)) == (0, 65541)


def test_wait_times_out(agent: Agent, context: int) -> None:
    _, known = _state(agent, context)
    started = time.monotonic()
    rv, after = _state(agent, context, known, timeout_ms=150)
    assert (rv, after | CHANGED) == (scard.SCARD_E_TIMEOUT, known | CHANGED)
    assert 0.1 < time.monotonic() - started < 5


def test_removal_and_insertion_wake_a_wait(
    agent: Agent, context: int, server: PcscLiteServer, card: TellingCard
) -> None:
    _, known = _state(agent, context)
    result = agent.start("SCardGetStatusChange", context, 10_000, [("Lab", known)])
    time.sleep(0.1)
    server.remove("Lab")
    rv, ((_, known, atr),) = result()
    assert (rv, known & 0x32, atr) == (0, EMPTY | CHANGED, [])
    result = agent.start("SCardGetStatusChange", context, 10_000, [("Lab", known)])
    time.sleep(0.1)
    server.insert("Lab", card)
    rv, ((_, known, atr),) = result()
    assert (rv, known & 0x32, bytes(atr)) == (0, PRESENT | CHANGED, card.atr)


def test_quick_swap_is_noticed(agent: Agent, context: int, server: PcscLiteServer) -> None:
    _, known = _state(agent, context)
    server.remove("Lab")
    server.insert("Lab", TellingCard())
    rv, after = _state(agent, context, known & ~CHANGED, timeout_ms=10_000)
    assert (rv, after & (PRESENT | CHANGED)) == (0, PRESENT | CHANGED)


def test_use_by_another_is_noticed(agent: Agent, second: Agent, context: int) -> None:
    second.connect(second.establish())
    assert _state(agent, context)[1] & INUSE


def test_wait_is_cancelled(agent: Agent, context: int) -> None:
    _, known = _state(agent, context)
    result = agent.start("SCardGetStatusChange", context, 10_000, [("Lab", known)])
    # libpcsclite ignores a cancel that comes before the wait, so it is repeated until the wait is over
    for _ in range(100):
        assert agent.SCardCancel(context) in (0, scard.SCARD_E_INVALID_HANDLE)
        try:
            assert result(0.1)[0] == scard.SCARD_E_CANCELLED
            break
        except queue.Empty:
            continue
    else:
        pytest.fail("the wait goes on")
    assert _state(agent, context)[0] == 0  # the context is good for another wait


def test_new_reader_wakes_a_pnp_wait(agent: Agent, context: int, server: PcscLiteServer) -> None:
    _, known = _state(agent, context, reader=PNP)
    result = agent.start("SCardGetStatusChange", context, 10_000, [(PNP, known)])
    time.sleep(0.1)
    server.add_reader("Second")
    rv, ((_, after, _),) = result()
    assert (rv, after & CHANGED) == (0, CHANGED)
    assert agent.SCardListReaders(context, [])[1] == ["Lab", "Second"]


def test_unplugged_reader_is_unknown_to_a_wait(agent: Agent, context: int, server: PcscLiteServer) -> None:
    _, known = _state(agent, context)
    result = agent.start("SCardGetStatusChange", context, 10_000, [("Lab", known)])
    time.sleep(0.1)
    server.remove_reader("Lab")
    rv, ((_, after, _),) = result()
    assert (rv, after & 0x0E) == (0, 0x0E)  # unknown, unavailable, changed
    assert _state(agent, context)[0] == scard.SCARD_E_UNKNOWN_READER


def test_transaction_holds_others_back(agent: Agent, second: Agent, context: int) -> None:
    mine, theirs = agent.connect(context), second.connect(second.establish())
    assert agent.SCardBeginTransaction(mine) == 0
    waiting = second.start("SCardTransmit", theirs, scard.SCARD_PROTOCOL_T1, list(ASK))
    with pytest.raises(queue.Empty):
        waiting(0.3)
    assert agent.transmit(mine, VERIFY) == (0, OK)
    assert agent.SCardEndTransaction(mine, scard.SCARD_LEAVE_CARD) == 0
    assert waiting() == [0, list(OK)]


def test_transaction_of_a_killed_client_ends(agent: Agent, second: Agent, context: int) -> None:
    mine, theirs = agent.connect(context), second.connect(second.establish())
    assert agent.transmit(mine, VERIFY) == (0, OK)
    assert agent.SCardBeginTransaction(mine) == 0
    waiting = second.start("SCardBeginTransaction", theirs)
    with pytest.raises(queue.Empty):
        waiting(0.2)
    agent.kill()
    assert waiting() == scard.SCARD_W_RESET_CARD
    assert second.SCardReconnect(theirs, 2, ANY, scard.SCARD_LEAVE_CARD) == [0, 2]
    assert second.transmit(theirs, ASK) == (0, NOT_VERIFIED)


def test_exclusive_use(agent: Agent, second: Agent, context: int) -> None:
    handle = agent.connect(context, scard.SCARD_SHARE_EXCLUSIVE)
    other = second.establish()
    shared = (other, "Lab", scard.SCARD_SHARE_SHARED, ANY)
    assert second.SCardConnect(*shared)[0] == scard.SCARD_E_SHARING_VIOLATION
    assert agent.SCardDisconnect(handle, scard.SCARD_LEAVE_CARD) == 0
    assert second.SCardConnect(*shared)[0] == 0


def test_reset_by_another(agent: Agent, second: Agent, context: int) -> None:
    mine, theirs = agent.connect(context), second.connect(second.establish())
    assert agent.transmit(mine, VERIFY) == (0, OK)
    assert second.SCardDisconnect(theirs, scard.SCARD_RESET_CARD) == 0
    assert agent.transmit(mine, ASK)[0] == scard.SCARD_W_RESET_CARD
    assert agent.SCardReconnect(mine, 2, ANY, scard.SCARD_LEAVE_CARD) == [0, scard.SCARD_PROTOCOL_T1]
    assert agent.transmit(mine, ASK) == (0, NOT_VERIFIED)


def test_swapped_card(agent: Agent, context: int, server: PcscLiteServer) -> None:
    handle, successor = agent.connect(context), TellingCard()
    server.remove("Lab")
    server.insert("Lab", successor)
    assert agent.transmit(handle, VERIFY)[0] == scard.SCARD_W_REMOVED_CARD
    assert agent.SCardStatus(handle)[0] == scard.SCARD_W_REMOVED_CARD
    assert agent.SCardDisconnect(handle, scard.SCARD_RESET_CARD) == 0
    assert successor.log == []
    assert agent.transmit(agent.connect(context), ASK) == (0, NOT_VERIFIED)


def test_attributes_and_control(agent: Agent, context: int, card: TellingCard) -> None:
    handle = agent.connect(context)
    assert agent.SCardGetAttrib(handle, scard.SCARD_ATTR_ATR_STRING) == [0, list(card.atr)]
    assert bytes(agent.SCardGetAttrib(handle, scard.SCARD_ATTR_VENDOR_NAME)[1]) == b"mynalab\0"
    assert agent.SCardControl(handle, 0x42000D48, []) == [0, [0x12, 4, 0x42, 0x33, 0, 0x12]]
    assert agent.SCardControl(handle, 0x42000001, [])[0] == scard.SCARD_E_UNSUPPORTED_FEATURE


def test_several_contexts_in_one_process(agent: Agent, context: int) -> None:
    other = agent.establish()
    handles = [agent.connect(context), agent.connect(other)]
    assert [agent.transmit(handle, VERIFY) for handle in handles] == [(0, OK)] * 2
    assert agent.SCardReleaseContext(other) == 0
    assert agent.transmit(handles[0], ASK) == (0, OK)


def test_service_that_stops(agent: Agent, context: int, server: PcscLiteServer) -> None:
    handle = agent.connect(context)
    result = agent.start("SCardGetStatusChange", agent.establish(), 10_000, [("Lab", _state(agent, context)[1])])
    server.stop()
    # Clients are dropped one after the other: who waits may first hear that the one before has let go of the card.
    assert result()[0] in (scard.SCARD_S_SUCCESS, scard.SCARD_F_COMM_ERROR, scard.SCARD_E_NO_SERVICE)
    assert agent.transmit(handle, ASK)[0] in (scard.SCARD_F_COMM_ERROR, scard.SCARD_E_NO_SERVICE)
    assert agent.SCardEstablishContext(scard.SCARD_SCOPE_USER)[0] == scard.SCARD_E_NO_SERVICE
