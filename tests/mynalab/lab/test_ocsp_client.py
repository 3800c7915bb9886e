"""The way to a responder over HTTP: what is no URL, and what is no answer."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from jpki.kinds import CaKind
from jpki.verify.errors import OcspUnavailableError
from mynalab.errors import ServerAddressError
from mynalab.lab.generations import standing_cas
from mynalab.lab.lab import Lab
from mynalab.lab.ocsp_client import HttpTransport, Remembering
from mynalab.lab.relying_party import anchor_of
from tests.mynalab.lab.town import day


@contextmanager
def answering(reply: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A server that says the same to the first that comes."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                heard.append(connection.recv(65_536))
                connection.sendall(reply)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", heard
        thread.join()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:80",
        "ftp://127.0.0.1",
        "http://",
        "http://h:99999",
        "http://h:x",
        "http://[::1",
        "http://h:0",
        "http://127.0.0.1/照会",
    ],
)
def test_no_url(url: str) -> None:
    with pytest.raises(ServerAddressError):
        HttpTransport(url)


@pytest.mark.parametrize("path", ["", "/"])
def test_the_url_of_a_repository_leads_to_its_responder(lab: Lab, path: str) -> None:
    ca = next(ca for ca in standing_cas(lab) if ca.kind is CaKind.AUTH)
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") as (url, heard):
        asking = Remembering(HttpTransport(url + path))
        assert asking(b"question", issuer=anchor_of(lab, ca), now=day(1)) == b"ok"
    assert asking.last == b"ok"
    assert heard[0].startswith(b"POST /ocsp/auth HTTP/1.1\r\n")
    assert b"Content-Type: application/ocsp-request\r\n" in heard[0]


def test_another_path_is_taken_as_it_is(lab: Lab) -> None:
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") as (url, heard):
        HttpTransport(f"{url}/there")(b"", issuer=anchor_of(lab, standing_cas(lab)[0]), now=day(1))
    assert heard[0].startswith(b"POST /there HTTP/1.1\r\n")


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
    ids=["nothing", "no-http", "503", "no-chunk"],
)
def test_no_answer(lab: Lab, reply: bytes) -> None:
    with answering(reply) as (url, _), pytest.raises(OcspUnavailableError, match=r"127\.0\.0\.1"):
        HttpTransport(url)(b"", issuer=anchor_of(lab, standing_cas(lab)[0]), now=day(1))


@pytest.mark.parametrize("host", ["a..invalid", f"{'a' * 64}.invalid"], ids=["empty label", "long label"])
def test_host_that_no_directory_can_name(lab: Lab, host: str) -> None:
    """RFC 1035 clause 2.3.4: a label has 1 to 63 octets."""
    with pytest.raises(OcspUnavailableError, match=r"\.invalid"):
        HttpTransport(f"http://{host}/")(b"", issuer=anchor_of(lab, standing_cas(lab)[0]), now=day(1))


@pytest.mark.parametrize("url", ["http://me:s3cret@127.0.0.1", "http://me:s3cret@127.0.0.1:x/ocsp", "ftp://s3cret@h"])
def test_no_password_is_repeated(url: str) -> None:
    with pytest.raises(ServerAddressError, match="no user and no password") as caught:
        HttpTransport(url)
    assert "s3cret" not in str(caught.value)
