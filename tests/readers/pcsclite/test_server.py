"""The socket: who may listen where, clients that misbehave or die, and many at once."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from readers.errors import ReaderClosedError, SocketInUseError, SocketPathError
from readers.pcsclite import PcscLiteServer
from readers.pcsclite.constants import Command, Rv, Share
from readers.pcsclite.server import _send_at_once
from readers.pcsclite.wire import HEADER, encode_request
from tests.readers.pcsclite.client import BLOCK, OK, TIMEOUT_S, VERIFY, RawClient, TellingCard, until

Clients = Callable[..., RawClient]


# --- the socket


def test_socket_is_private_and_usable_at_once(socket_path: Path) -> None:
    server = PcscLiteServer(socket_path)
    server.add_reader("Before the start", TellingCard())
    with server:
        assert stat.S_IMODE(socket_path.stat().st_mode) == 0o600
        with RawClient(socket_path) as client:
            client.establish()
            assert client.connect("Before the start")


def test_environment(server: PcscLiteServer, socket_path: Path) -> None:
    assert server.environment == {"PCSCLITE_CSOCK_NAME": str(socket_path)}


def test_environment_is_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert PcscLiteServer(Path("s")).environment == {"PCSCLITE_CSOCK_NAME": str(tmp_path / "s")}


def test_live_socket_is_refused(server: PcscLiteServer, socket_path: Path, client: RawClient) -> None:
    with pytest.raises(SocketInUseError, match="a server listens at") as error:
        PcscLiteServer(socket_path).start()
    assert error.value.path == socket_path
    assert client.states()[0].name == "Lab"


def test_stale_socket_is_replaced(socket_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(socket_path))
    with PcscLiteServer(socket_path), RawClient(socket_path) as client:
        assert client.establish()


@pytest.mark.parametrize("stale", [False, True], ids=["first", "after-a-dead-one"])
def test_of_two_that_start_at_once_one_is_refused(
    socket_path: Path, monkeypatch: pytest.MonkeyPatch, *, stale: bool
) -> None:
    """A socket that is bound and not yet listened at is no dead one's."""
    if stale:
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(socket_path))
    refusals: list[SocketInUseError] = []

    def start_another() -> None:
        with pytest.raises(SocketInUseError) as refusal:
            PcscLiteServer(socket_path).start()
        refusals.append(refusal.value)

    another = threading.Thread(target=start_another)
    chmod = Path.chmod

    def slow_chmod(path: Path, mode: int) -> None:
        if not another.ident:
            another.start()
            another.join(0.1)
        chmod(path, mode)

    monkeypatch.setattr(Path, "chmod", slow_chmod)
    with PcscLiteServer(socket_path), RawClient(socket_path) as client:
        another.join(TIMEOUT_S)
        assert client.establish()
        assert len(refusals) == 1


@pytest.mark.parametrize("kind", ["file", "directory", "dangling-link"])
def test_what_is_no_socket_is_left_alone(socket_path: Path, kind: str) -> None:
    if kind == "file":
        socket_path.write_text("precious")
    elif kind == "directory":
        socket_path.mkdir()
    else:
        socket_path.symlink_to("nowhere")
    with pytest.raises(SocketPathError, match="is not a socket"):
        PcscLiteServer(socket_path).start()
    assert socket_path.is_symlink() or socket_path.exists()


@pytest.mark.parametrize("excess", [0, 1])
def test_longest_path(socket_path: Path, excess: int) -> None:
    path = socket_path.with_name("s" * (107 - len(os.fsencode(socket_path.parent)) - 1 + excess))
    server = PcscLiteServer(path)
    if excess:
        with pytest.raises(SocketPathError, match="at most 107 bytes, this one 108"):
            server.start()
        return
    with server, RawClient(path) as client:
        assert client.establish()


def test_missing_directory(socket_path: Path) -> None:
    with pytest.raises(SocketPathError, match="cannot listen at"):
        PcscLiteServer(socket_path / "not" / "there").start()


# --- stopping


def test_stop_removes_the_socket_and_powers_off(
    server: PcscLiteServer, client: RawClient, card: TellingCard, socket_path: Path
) -> None:
    client.connect()
    threads = threading.active_count()
    server.stop()
    assert client.is_dropped()
    assert not socket_path.exists()
    assert card.log == ["reset", "off"]
    assert threading.active_count() == threads - 2
    server.stop()


def test_stop_leaves_the_socket_of_a_successor(socket_path: Path) -> None:
    first = PcscLiteServer(socket_path)
    first.start()
    socket_path.unlink()
    with PcscLiteServer(socket_path), RawClient(socket_path) as client:
        first.stop()
        assert client.establish()
        assert socket_path.exists()


def test_stop_ends_waits(server: PcscLiteServer, client: RawClient, new_client: Clients) -> None:
    waiting = new_client()
    client.begin(client.connect())
    waiting.send(Command.CONNECT, waiting.context, b"Lab", Share.SHARED, 3, 0, 0, 0)
    time.sleep(0.02)
    started = time.monotonic()
    server.stop()
    assert time.monotonic() - started < 1


def test_stop_does_not_wait_for_a_card_that_hangs(
    server: PcscLiteServer, client: RawClient, card: TellingCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("readers.pcsclite.server.STOP_TIMEOUT_S", 0.05)
    client.send_transmit(client.connect(), BLOCK)
    assert card.entered.wait(TIMEOUT_S)
    started = time.monotonic()
    server.stop()
    assert time.monotonic() - started < 1
    card.let_go.set()
    until(lambda: card.log[-1:] == ["off"])


def test_server_starts_once(server: PcscLiteServer) -> None:
    with pytest.raises(ReaderClosedError, match="was started before"):
        server.start()
    server.stop()
    with pytest.raises(ReaderClosedError, match="was started before"):
        server.start()


def test_stop_before_start_touches_nothing(socket_path: Path, card: TellingCard) -> None:
    server = PcscLiteServer(socket_path)
    server.add_reader("Lab", card)
    server.stop()
    assert (card.log, server.readers) == ([], ())


# --- clients that misbehave: they are dropped, the others notice nothing

FRAME = encode_request(Command.TRANSMIT, 1, 2, 16, 5, 2, 16, 258, 0, data=bytes(5))


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(HEADER.pack(0, 0), id="command-0"),
        pytest.param(HEADER.pack(0, 0xFFFFFFFF), id="command-unknown"),
        pytest.param(HEADER.pack(0xFFFFFFFF, Command.TRANSMIT), id="size-huge"),
        pytest.param(HEADER.pack(4, Command.STATUS) + bytes(4), id="body-short"),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", id="another-protocol"),
        pytest.param(FRAME[:20] + b"\xff\xff\xff\xff" + FRAME[24:], id="data-huge"),
    ],
)
def test_malformed_message_drops_its_client_alone(client: RawClient, new_client: Clients, message: bytes) -> None:
    handle, rogue = client.connect(), new_client()
    rogue.socket.sendall(message)
    assert rogue.is_dropped()
    assert client.transmit(handle, VERIFY) == (Rv.SUCCESS, OK)
    assert new_client().connect()


@pytest.mark.parametrize("length", range(len(FRAME)), ids=lambda length: f"{length}-bytes")
def test_client_that_dies_in_mid_message(client: RawClient, new_client: Clients, length: int) -> None:
    """With the lock held and a message cut anywhere: the lock goes on."""
    dying = new_client()
    dying.begin(dying.connect())
    dying.socket.sendall(FRAME[:length])
    dying.close()
    assert client.transmit(client.connect(), VERIFY) == (Rv.SUCCESS, OK)


def test_client_that_dies_before_its_answer(client: RawClient, new_client: Clients, card: TellingCard) -> None:
    dying = new_client()
    handle = dying.connect()
    dying.begin(handle)
    dying.send_transmit(handle, BLOCK)
    assert card.entered.wait(TIMEOUT_S)
    dying.close()
    card.let_go.set()
    assert client.transmit(client.connect(), VERIFY) == (Rv.SUCCESS, OK)
    assert client.states()[0].sharing == 1


def test_client_that_reads_nothing_stalls_nobody(
    client: RawClient, new_client: Clients, server: PcscLiteServer
) -> None:
    deaf = new_client()
    deaf.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.socket.setblocking(False)
    ask = encode_request(Command.GET_READERS_STATE) + encode_request(Command.WAIT_READER_STATE_CHANGE)
    with contextlib.suppress(BlockingIOError):
        while deaf.socket.send(ask):
            pass
    client.wait()
    started = time.monotonic()
    server.remove("Lab")
    assert client.signal() == Rv.SUCCESS
    assert time.monotonic() - started < 1


def test_signal_to_a_client_that_reads_nothing_drops_it() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        with contextlib.suppress(BlockingIOError):
            while ours.send(bytes(4096), socket.MSG_DONTWAIT):
                pass
        _send_at_once(ours, bytes(8))
        theirs.settimeout(TIMEOUT_S)
        while theirs.recv(1 << 20):
            pass  # what was sent before, then the end


def test_pipelined_requests_are_answered_in_order(client: RawClient) -> None:
    handle = client.connect()
    client.send_transmit(handle, bytes(5) + b"first")
    client.send_transmit(handle, bytes(5) + b"second")
    assert client.receive_transmit() == (Rv.SUCCESS, b"first" + OK)
    assert client.receive_transmit() == (Rv.SUCCESS, b"second" + OK)


def test_message_in_single_bytes(client: RawClient) -> None:
    handle = client.connect()
    for byte in encode_request(Command.TRANSMIT, handle, 2, 16, 7, 2, 16, 258, 0, data=bytes(5) + b"hi"):
        client.socket.sendall(bytes((byte,)))
    assert client.receive_transmit() == (Rv.SUCCESS, b"hi" + OK)


def test_too_many_clients(socket_path: Path) -> None:
    with PcscLiteServer(socket_path, max_clients=2), RawClient(socket_path) as first, RawClient(socket_path):
        with RawClient(socket_path, version=False) as third:
            assert third.is_dropped()
        first.close()
        until(lambda: _is_served(socket_path))


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENOMEM, errno.ENOBUFS, errno.EPROTO])
def test_accepting_goes_on_after_a_failure(socket_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """accept(2): out of descriptors or memory, or an error of the connection that was pending."""
    failures, accept = [OSError(number, "simulated")], socket.socket.accept

    def failing_accept(listener: socket.socket) -> tuple[socket.socket, Any]:
        if failures:
            raise failures.pop()
        return accept(listener)

    monkeypatch.setattr(socket.socket, "accept", failing_accept)
    with PcscLiteServer(socket_path), RawClient(socket_path) as client:
        assert client.establish()
        assert not failures


def test_client_that_gets_no_thread_is_dropped_alone(
    server: PcscLiteServer, socket_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with RawClient(socket_path, version=False) as unlucky:
            assert unlucky.is_dropped()
    with RawClient(socket_path) as client:
        assert client.establish()
    server.stop()


def _is_served(path: Path) -> bool:
    with RawClient(path, version=False) as client:
        try:
            return client.call(Command.VERSION, 4, 4, 0)[2] == Rv.SUCCESS
        except (EOFError, ConnectionError):
            return False


# --- many at once


def test_eight_clients_with_transactions(server: PcscLiteServer, socket_path: Path, card: TellingCard) -> None:
    """Each client's three commands stay together, whoever else wants the card."""
    failures: list[str] = []
    end = time.monotonic() + 1.0

    def work(number: int) -> None:
        with RawClient(socket_path, minor=4 + number % 3) as client:
            client.establish()
            rounds = 0
            while time.monotonic() < end:
                handle = client.connect()
                while client.begin(handle) == Rv.SHARING_VIOLATION:
                    pass
                secret = bytes(5) + os.urandom(8)
                client.transmit(handle, secret)
                rv, answer = client.transmit(handle, secret)
                if (rv, answer) != (Rv.SUCCESS, secret[5:] + OK) or client.end(handle) != Rv.SUCCESS:
                    failures.append(f"client {number}: {Rv(rv).name}")
                client.disconnect(handle)
                rounds += 1
            if not rounds:
                failures.append(f"client {number} never had its turn")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(TIMEOUT_S)
    assert failures == []
    assert not card.overlapped
    with RawClient(socket_path) as client:
        assert client.states()[0].sharing == 0


def test_storm_of_swaps(server: PcscLiteServer, socket_path: Path, card: TellingCard) -> None:
    """Clients that work, wait and die while the card comes and goes: every answer is one of the expected."""
    seen: set[int] = set()
    end = time.monotonic() + 1.0

    def work(number: int) -> None:
        while time.monotonic() < end:
            with RawClient(socket_path, minor=4 + number % 3) as client:
                client.establish()
                client.wait()
                client.send(Command.STOP_WAITING_READER_STATE_CHANGE)
                assert client.signal() == Rv.SUCCESS
                handle, _, rv = client.try_connect()
                seen.add(rv)
                if rv == Rv.SUCCESS:
                    seen.update(client.transmit(handle, VERIFY)[0] for _ in range(20))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    while time.monotonic() < end:
        server.remove("Lab")
        server.insert("Lab", card)
    for thread in threads:
        thread.join(TIMEOUT_S)
    assert seen <= {Rv.SUCCESS, Rv.NO_SMARTCARD, Rv.REMOVED_CARD}
    assert Rv.SUCCESS in seen
    assert not card.overlapped
    with RawClient(socket_path) as client:
        client.establish()
        until(lambda: client.states()[0].sharing == 0)
        assert client.transmit(client.connect(), VERIFY) == (Rv.SUCCESS, OK)
