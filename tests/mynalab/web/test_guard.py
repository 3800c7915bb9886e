"""What stands around every application: its address, its bodies, its end."""

from __future__ import annotations

import asyncio
import http.client
import json
import threading
from collections.abc import Iterator

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mynalab.web.guard import guarded, host_name
from mynalab.web.limits import Limits
from mynalab.web.server import LoopbackServer
from tests.mynalab.pki_server.conftest import Client

LIMITS = Limits(body_bytes=100, drained_bytes=1_000, body_seconds=0.3, header_seconds=0.5, goodbye_seconds=1)


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with what it was sent."""
    await Response(await Request(scope, receive).body())(scope, receive, send)


def served(app: ASGIApp) -> Iterator[Client]:
    with LoopbackServer(app, port=0, limits=LIMITS) as server:
        yield Client(server)


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    yield from served(guarded(echo, limits=LIMITS))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "LOCALHOST:99", "127.0.0.1:8781"])
def test_is_addressed_by_a_name_of_this_machine(client: Client, host: str) -> None:
    assert client.ask("/", "POST", b"hello", {"Host": host}).body == b"hello"


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.", "[::1", "", "user@evil.example"]
)
def test_a_name_of_others_is_refused(client: Client, host: str) -> None:
    answer = client.ask("/", "POST", b"hello", {"Host": host})
    assert answer.status == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.json["status"], answer.json["code"]) == (403, "web.host.refused")


def test_whoever_allows_any_address_heeds_no_host() -> None:
    for client in served(guarded(echo, limits=LIMITS, hosts=None)):
        assert client.ask("/", headers={"Host": "lab.example"}).status == 200


def test_a_body_arrives_whole(client: Client) -> None:
    assert client.ask("/", "POST", bytes(100)).body == bytes(100)


@pytest.mark.parametrize("size", [101, 1_001, 100_000])
def test_a_longer_body_is_refused(client: Client, size: int) -> None:
    connection = http.client.HTTPConnection(client.server.host, client.server.port, timeout=5)
    connection.putrequest("POST", "/")
    connection.putheader("Content-Length", str(size))
    connection.endheaders()
    connection.send(bytes(min(size, 1_000)))
    response = connection.getresponse()
    assert response.status == 413
    problem = json.loads(response.read())
    assert problem["code"] == "web.body.too-long"
    assert problem["detail"] == "a body has at most 100 bytes here"
    assert problem["detail_ja"] == "リクエスト本文は 100 バイトまでです"
    connection.close()


def test_a_body_that_does_not_come_is_not_waited_for(client: Client) -> None:
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhel"
    answer = client.raw(head)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"web.body.too-slow"' in answer


def test_the_end_waits_for_nobody_long(caplog: pytest.LogCaptureFixture) -> None:
    begun = threading.Event()

    async def endless(_scope: Scope, _receive: Receive, _send: Send) -> None:
        begun.set()
        await asyncio.sleep(60)

    with LoopbackServer(guarded(endless, limits=LIMITS), port=0, limits=LIMITS) as server:
        connection = http.client.HTTPConnection(server.host, server.port, timeout=5)
        connection.request("GET", "/")
        assert begun.wait(5)
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        connection.getresponse()
    connection.close()
    assert not [one for one in caplog.records if one.exc_info]  # no traceback


@pytest.mark.parametrize(
    ("field", "name"), [(b"[2001:db8::1]:80", "2001:db8::1"), (b"A.Example:1", "a.example"), (b"[", "")]
)
def test_name_of_a_host(field: bytes, name: str) -> None:
    assert host_name({"headers": [(b"host", field)]}) == name


def test_no_host_is_no_name() -> None:
    assert host_name({"headers": []}) == ""
