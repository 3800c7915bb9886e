"""The server: where it listens, how it ends, and what bad clients get."""

from __future__ import annotations

import contextlib
import http.client
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from jpki.errors import RegistryError
from jpki.repository.messages import Delivery
from mynalab.errors import PortInUseError, ServerAddressError
from mynalab.pki_server.app import pki_app
from mynalab.web.limits import Limits
from mynalab.web.server import LoopbackServer, check_address

AT = datetime(2027, 4, 1, 0, 30, tzinfo=UTC)


# --- where


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_loopback_is_allowed(host: str) -> None:
    check_address(host, unsafe_any_address=False)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "2001:db8::1"])
def test_other_addresses_need_the_unsafe_option(host: str) -> None:
    with pytest.raises(ServerAddressError, match="can be reached by others"):
        check_address(host, unsafe_any_address=False)
    check_address(host, unsafe_any_address=True)


@pytest.mark.parametrize("host", ["", "example.com", "127.0.0", "fe80::1%eth0x"])
def test_name_is_no_address(host: str) -> None:
    with pytest.raises(ServerAddressError):
        check_address(host, unsafe_any_address=False)


def test_port_zero_is_any_and_told(client: Any) -> None:
    assert client.server.port > 0
    assert client.server.url == f"http://127.0.0.1:{client.server.port}"


def test_sixth_version_of_ip(echo: Any) -> None:
    with LoopbackServer(pki_app(echo, clock=lambda: AT), host="::1", port=0) as server:
        assert server.url == f"http://[::1]:{server.port}"
        connection = http.client.HTTPConnection("::1", server.port, timeout=5)
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"hello"
        connection.close()


def test_port_in_use_is_said_with_a_way_out(client: Any, echo: Any) -> None:
    with pytest.raises(PortInUseError, match=f"port {client.server.port} of 127.0.0.1 is in use") as caught:
        LoopbackServer(pki_app(echo, clock=lambda: AT), port=client.server.port)
    assert "--port 0" in caught.value.hint
    assert "8781" not in caught.value.hint


def test_address_that_is_not_this_machines_is_refused(echo: Any) -> None:
    with pytest.raises(ServerAddressError, match="cannot be served"):
        LoopbackServer(pki_app(echo, clock=lambda: AT), host="192.0.2.1", port=0, unsafe_any_address=True)


# --- requests


def test_clock_of_the_lab_is_on_every_answer(client: Any, echo: Any) -> None:
    assert client.ask("/").headers["date"] == "Thu, 01 Apr 2027 00:30:00 GMT"
    assert echo.asked[0][1] == AT


def test_request_arrives_as_it_was_sent(client: Any, echo: Any) -> None:
    client.ask("/crl/a/CN=%2f%41,C=JP?x=1", "POST", b"body", {"X-Two": "a", "If-None-Match": '"x"'})
    request = echo.asked[0][0]
    assert (request.method, request.path, request.body) == ("POST", "/crl/a/CN=%2f%41,C=JP", b"body")
    assert request.headers["if-none-match"] == '"x"'


def test_fields_of_one_name_are_joined(client: Any, echo: Any) -> None:
    client.raw(b"GET / HTTP/1.1\r\nHost: x\r\nX-A: 1\r\nX-A: 2\r\nConnection: close\r\n\r\n")
    assert echo.asked[0][0].headers["x-a"] == "1, 2"


def test_head_has_a_length_and_no_body(client: Any) -> None:
    answer = client.ask("/", "HEAD")
    assert (answer.headers["content-length"], answer.body) == ("5", b"")


def test_answers_do_not_wait_for_a_delayed_acknowledgement(client: Any) -> None:
    connection = http.client.HTTPConnection(client.server.host, client.server.port, timeout=5)
    begin = time.monotonic()
    for _ in range(50):
        connection.request("POST", "/", b"x")
        connection.getresponse().read()
    connection.close()
    assert time.monotonic() - begin < 1.5  # with Nagle's algorithm 2.2 seconds: 44 ms each


def test_connection_is_kept(client: Any) -> None:
    connection = http.client.HTTPConnection(client.server.host, client.server.port, timeout=5)
    bodies = []
    for _ in range(3):
        connection.request("GET", "/")
        bodies.append(connection.getresponse().read())
    own = connection.sock
    connection.close()
    assert bodies == [b"hello"] * 3
    assert own is not None


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("http://ocspauthnorm.mynalab.invalid/ocsp/auth", "/ocsp/auth"),
        ("HTTP://ocspauthnorm.mynalab.invalid:80/", "/"),
        ("http://ocspauthnorm.mynalab.invalid", "/"),
    ],
)
def test_server_is_a_proxy_for_the_urls_in_certificates(client: Any, echo: Any, target: str, path: str) -> None:
    client.raw(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    assert echo.asked[0][0].path == path


def test_large_body_comes_whole(client: Any, echo: Any) -> None:
    echo.body = os.urandom(5_000_000)
    assert client.ask("/").body == echo.body


def test_trouble_of_the_lab_is_said(client: Any, echo: Any, caplog: pytest.LogCaptureFixture) -> None:
    echo.error = RegistryError("the register is locked", hint="wait")
    with caplog.at_level(logging.WARNING):
        answer = client.ask("/crl/x.crl")
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert (answer.json["detail"], answer.json["hint"]) == ("the register is locked", "wait")
    assert "/crl/x.crl: the register is locked" in caplog.text


# --- deliveries


def test_dropped_answer_is_no_answer(client: Any, echo: Any) -> None:
    echo.delivery = Delivery(dropped=True)
    with pytest.raises(http.client.RemoteDisconnected):
        client.ask("/")


@pytest.mark.parametrize("keep", [0, 1, 4])
def test_cut_answer_promises_more_than_it_has(client: Any, echo: Any, keep: int) -> None:
    echo.delivery = Delivery(keep=keep)
    with pytest.raises(http.client.IncompleteRead) as caught:
        client.ask("/")
    assert (caught.value.partial, caught.value.expected) == (b"hello"[:keep], 5 - keep)


def test_answer_that_is_shorter_than_the_cut_is_whole(client: Any, echo: Any) -> None:
    echo.delivery = Delivery(keep=5)
    assert client.ask("/").body == b"hello"


@pytest.mark.parametrize("delivery", [Delivery(delay_ms=300), Delivery(bytes_per_second=10)], ids=["late", "drips"])
def test_slow_answer_is_slow_and_whole(client: Any, echo: Any, delivery: Delivery) -> None:
    echo.delivery = delivery
    begin = time.monotonic()
    assert client.ask("/").body == b"hello"
    assert 0.25 < time.monotonic() - begin < 3


def test_slow_answer_holds_up_nobody_else(client: Any, echo: Any) -> None:
    echo.delivery = Delivery(delay_ms=1000)
    waiting = threading.Thread(target=client.ask, args=("/",))
    waiting.start()
    while not echo.asked:
        time.sleep(0.005)
    echo.delivery = Delivery()
    begin = time.monotonic()
    client.ask("/")
    assert time.monotonic() - begin < 0.7
    waiting.join()


# --- bad clients

NO_HTTP = {
    "empty": b"\r\n\r\n\r\nx",
    "no target": b"GET\r\n\r\n",
    "tls": b"\x16\x03\x01\x02\x00\x01\x00",
    "bytes": b"\xff" * 100 + b"\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "negative": b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "two lengths": b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "long header": b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 20_000,
}


@pytest.mark.parametrize("name", NO_HTTP)
def test_what_is_no_http_is_told_so(client: Any, echo: Any, name: str) -> None:
    assert client.raw(NO_HTTP[name]).startswith((b"HTTP/1.1 400", b"HTTP/1.1 408"))
    assert echo.asked == []


@pytest.mark.parametrize(("size", "status"), [(15_000, 200), (17_000, 400), (30_000, 400)])
def test_header_has_a_length_also_when_it_comes_in_one_piece(client: Any, size: int, status: int) -> None:
    assert client.ask("/", headers={"X": "x" * size}).status == status


@pytest.mark.parametrize("sent", [b"", b"G", b"GET / HTTP/1.1\r\nHost: x\r\n"])
def test_header_that_never_ends_is_not_waited_for(client: Any, sent: bytes) -> None:
    begin = time.monotonic()
    assert client.raw(sent).startswith(b"HTTP/1.1 408")
    assert time.monotonic() - begin < 3


def test_header_that_drips_is_not_waited_for(client: Any) -> None:
    begin = time.monotonic()
    with client.connect() as connection:
        connection.settimeout(0.05)
        while not (got := _read_or_drip(connection)):
            assert time.monotonic() - begin < 3
    assert got.startswith(b"HTTP/1.1 408")


def _read_or_drip(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65_536)
    except TimeoutError:
        connection.sendall(b"x")
        return b""


def test_second_header_on_a_connection_has_a_deadline_as_well(client: Any) -> None:
    with client.connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
        connection.sendall(b"GET / HT")
        assert b"HTTP/1.1 408" in connection.recv(65_536) + connection.recv(65_536)


def test_header_that_begins_behind_a_request_has_a_deadline_as_well(client: Any) -> None:
    begin = time.monotonic()
    assert client.raw(b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HT").count(b"HTTP/1.1 200") == 1
    assert time.monotonic() - begin < 3


@pytest.mark.parametrize("sent", [b"", b"x" * 99])
def test_body_that_never_ends_is_not_waited_for(client: Any, echo: Any, sent: bytes) -> None:
    got = client.raw(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n" + sent)
    assert got.startswith(b"HTTP/1.1 408")
    assert b"the body did not come in time" in got
    assert echo.asked == []


@pytest.mark.parametrize("size", [10_001, 500_000])
def test_body_that_is_too_long_is_refused_in_words(client: Any, echo: Any, size: int) -> None:
    answer = client.ask("/", "POST", bytes(size))
    assert (answer.status, answer.headers["connection"]) == (413, "close")
    assert "10000 bytes" in answer.json["detail"]
    assert echo.asked == []


def test_body_that_says_it_is_huge_is_not_read(client: Any) -> None:
    got = client.raw(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 413")


def test_chunks_without_end_are_not_read_on(client: Any, echo: Any) -> None:
    with client.connect() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        got = b""
        try:
            for _ in range(2000):
                connection.sendall(b"2000\r\n" + bytes(0x2000) + b"\r\n")
        except OSError:
            got = b"closed"
    assert got == b"closed"
    assert echo.asked == []


def test_body_of_the_longest_is_taken(client: Any, echo: Any) -> None:
    assert client.ask("/", "POST", bytes(10_000)).status == 200
    assert len(echo.asked[0][0].body) == 10_000


def test_client_that_does_not_read_is_left(serve: Callable[..., Any], echo: Any) -> None:
    echo.body = bytes(50_000_000)
    client = serve(echo)
    with client.connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(1.2)
        assert _count(connection) < len(echo.body)


def _count(connection: socket.socket) -> int:
    """How many bytes come before the connection ends, in peace or not."""
    size = 0
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(1 << 20):
            size += len(part)
    return size


def test_too_many_clients_are_told(serve: Callable[..., Any], echo: Any) -> None:
    client = serve(echo, limits=Limits(connections=5, header_seconds=5))
    idle = [client.connect() for _ in range(6)]
    time.sleep(0.2)
    try:
        assert client.ask("/").status == 503
    finally:
        for connection in idle:
            connection.close()


def test_client_that_goes_away_hurts_nobody(client: Any, echo: Any, capfd: pytest.CaptureFixture[str]) -> None:
    echo.delivery = Delivery(delay_ms=200)
    for sent in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx"):
        connection = client.connect()
        connection.sendall(sent)
        connection.close()
    time.sleep(0.5)
    echo.delivery = Delivery()
    assert client.ask("/").status == 200
    assert "Traceback" not in capfd.readouterr().err


# --- the end


def test_stopping_finishes_what_is_being_answered(echo: Any) -> None:
    server = LoopbackServer(pki_app(echo, clock=lambda: AT), port=0)
    echo.delivery = Delivery(delay_ms=600)
    with socket.create_connection((server.host, server.port), timeout=5) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        while not echo.asked:
            time.sleep(0.005)
        server.stop()
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
    assert not server.alive
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((server.host, server.port), timeout=1)


def test_stopping_does_not_wait_for_ever(echo: Any, caplog: pytest.LogCaptureFixture) -> None:
    limits = Limits(goodbye_seconds=1)
    server = LoopbackServer(pki_app(echo, clock=lambda: AT, limits=limits), port=0, limits=limits)
    echo.delivery = Delivery(delay_ms=60_000)
    with socket.create_connection((server.host, server.port), timeout=5) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        while not echo.asked:
            time.sleep(0.005)
        begin = time.monotonic()
        server.stop()
    assert time.monotonic() - begin < 5
    assert not [record.getMessage() for record in caplog.records if record.exc_info]  # and nothing that is no failure


def test_port_is_free_again_at_once(echo: Any) -> None:
    with LoopbackServer(pki_app(echo, clock=lambda: AT), port=0) as server:
        port = server.port
    with LoopbackServer(pki_app(echo, clock=lambda: AT), port=port) as server:
        assert server.port == port


def test_signals_are_left_to_the_program(monkeypatch: pytest.MonkeyPatch, serve: Any, echo: Any) -> None:
    taken: list[object] = []
    monkeypatch.setattr(signal, "signal", lambda number, handler: taken.append((number, handler)))
    assert serve(echo).ask("/").status == 200
    assert taken == []


def test_command_line_starts_without_it() -> None:
    code = "import sys, mynalab.cli.main; assert not {'starlette', 'uvicorn', 'asyncio'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
