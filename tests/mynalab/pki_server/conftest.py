"""A server on a free port of loopback, in front of whatever a test puts there."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from jpki.repository.messages import Delivery, Request, Response, http_date
from mynalab.pki_server.app import pki_app
from mynalab.pki_server.counter import Argument, ArgumentKind, CounterRefusal, Document, OperationSpec
from mynalab.web.limits import Limits
from mynalab.web.server import LoopbackServer

AT = datetime(2027, 4, 1, 0, 30, tzinfo=UTC)
SHORT = Limits(
    header_seconds=0.4,
    body_seconds=0.4,
    write_seconds=0.4,
    body_bytes=10_000,
    drained_bytes=1_000_000,
    connections=40,
    idle_seconds=1,
    goodbye_seconds=2,
)


@dataclass
class Echo:
    """Answers with a body and a delivery of the test's choice, and keeps what it was asked."""

    body: bytes = b"hello"
    delivery: Delivery = field(default_factory=Delivery)
    error: Exception | None = None
    asked: list[tuple[Request, datetime]] = field(default_factory=list)

    def handle(self, request: Request, *, at: datetime) -> Response:
        self.asked.append((request, at))
        if self.error is not None:
            raise self.error
        headers = (("Content-Length", str(len(self.body))), ("Date", http_date(at)))
        return Response(
            status=200, headers=headers, body=b"" if request.method == "HEAD" else self.body, delivery=self.delivery
        )


@dataclass
class StubCounter:
    """Two operations; keeps what was done."""

    answer: Document | CounterRefusal | Exception = field(default_factory=lambda: {"operation": 7})
    done: list[tuple[str, Mapping[str, Any], datetime]] = field(default_factory=list)

    @property
    def operations(self) -> Sequence[OperationSpec]:
        return (
            OperationSpec(
                name="move",
                en="Somebody moves.",
                ja="転居届",
                arguments=(
                    Argument(name="person", required=True, en="Who.", ja="本人"),
                    Argument(name="on", kind=ArgumentKind.DATE, en="The day.", ja="異動日"),
                    Argument(name="desk", en="Where.", ja="窓口", choices=("counter", "hot-line")),
                    Argument(name="copies", kind=ArgumentKind.NUMBER, en="How many.", ja="部数"),
                    Argument(name="urgent", kind=ArgumentKind.TRUTH, en="At once?", ja="至急"),
                    Argument(name="holder", kind=ArgumentKind.OBJECT, en="The new record.", ja="新しい記載"),
                ),
            ),
            OperationSpec(name="close", en="The day ends.", ja="閉庁"),
        )

    def operate(self, name: str, arguments: Document, *, now: datetime) -> Document | CounterRefusal:
        self.done.append((name, arguments, now))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """Standard library clients of one server."""

    def __init__(self, server: LoopbackServer) -> None:
        self.server = server

    def ask(
        self, path: str, method: str = "GET", body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One request on a connection of its own."""
        connection = http.client.HTTPConnection(self.server.host, self.server.port, timeout=5)
        try:
            connection.request(method, path, body=body, headers=dict(headers or {}))
            response = connection.getresponse()
            fields = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, fields, response.read())
        finally:
            connection.close()

    def post(self, path: str, document: object, **headers: str) -> Answer:
        """A JSON object."""
        fields = {"Content-Type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        return self.ask(path, "POST", body, fields)

    def connect(self) -> socket.socket:
        """A bare connection."""
        return socket.create_connection((self.server.host, self.server.port), timeout=5)

    def raw(self, *parts: bytes) -> bytes:
        """Send bytes, and read until the server closes."""
        with self.connect() as connection:
            for part in parts:
                connection.sendall(part)
            return read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    """Everything until the end."""
    return b"".join(iter(lambda: connection.recv(65_536), b""))


@pytest.fixture(scope="session")
def _standing() -> Iterator[tuple[Client, Echo, StubCounter]]:
    """One server for all tests that do nothing to it: starting and stopping take longer than most of them."""
    echo, counter = Echo(), StubCounter()
    app = pki_app(echo, clock=lambda: AT, counter=counter, limits=SHORT)
    with LoopbackServer(app, port=0, limits=SHORT) as server:
        yield Client(server), echo, counter


@pytest.fixture
def echo(_standing: tuple[Client, Echo, StubCounter]) -> Echo:
    """What the repository is here, as new."""
    vars(_standing[1]).update(vars(Echo()))
    return _standing[1]


@pytest.fixture
def counter(_standing: tuple[Client, Echo, StubCounter]) -> StubCounter:
    """What the counter is here, as new."""
    vars(_standing[2]).update(vars(StubCounter()))
    return _standing[2]


@pytest.fixture
def client(_standing: tuple[Client, Echo, StubCounter], echo: Echo, counter: StubCounter) -> Client:
    """A client of the server of both."""
    return _standing[0]


@pytest.fixture
def serve() -> Iterator[Callable[..., Client]]:
    """Start servers that end with the test."""
    servers: list[LoopbackServer] = []

    def start(service: Any, *, limits: Limits = SHORT, **options: Any) -> Client:
        servers.append(
            LoopbackServer(pki_app(service, clock=lambda: AT, limits=limits, **options), port=0, limits=limits)
        )
        return Client(servers[-1])

    yield start
    for server in servers:
        server.stop()
