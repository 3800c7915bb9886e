"""What no client sends, and very many clients at once: nothing breaks, nothing is mixed up, no code works twice."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import pytest

from mynalab.authapp.app import authapp
from mynalab.authapp.keys import FILE
from mynalab.authapp.pages import TEST_HEADER
from mynalab.lab.lab import Lab
from mynalab.web.server import LoopbackServer
from tests.mynalab.authapp.conftest import CONNECT, REALM, REDIRECT, TYPE, VERIFIER, LabTime, Party, World, answer_of

MANY: Final = 200
AT_ONCE: Final = 48
LONG: Final = 20_000
SIGN: Final = "/api/sign-transactions"
PATHS: Final = (
    f"{CONNECT}/auth",
    f"{CONNECT}/token",
    f"{CONNECT}/userinfo",
    f"{CONNECT}/certs",
    f"{REALM}/login-actions/authenticate",
    SIGN,
    f"{SIGN}/x/result",
)
POSTED: Final = (f"{CONNECT}/token", f"{REALM}/login-actions/authenticate", SIGN)
every_path = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.rpartition("/")[2])


@pytest.fixture(scope="module")
def world(_template: Path, provider_key_text: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One provider for all of these: it is as well after each as before."""
    directory = tmp_path_factory.mktemp("abuse") / "lab"
    shutil.copytree(_template, directory)
    (directory / FILE).write_text(provider_key_text, encoding="ascii")
    lab, time = Lab.open(directory), LabTime()
    with LoopbackServer(authapp(lab, clock=time), port=0) as server:
        world = World(lab, server.url, time)
        yield world
        for browser in world.browsers:
            browser.close()


def is_well(world: World) -> bool:
    """Whether it serves others still."""
    return httpx.get(f"{world.url}{CONNECT}/certs").status_code == 200


def raw(world: World, request: bytes) -> bytes:
    """The status that answers bytes which need be no HTTP; empty when the connection is cut."""
    parts = urlsplit(world.url)
    with (
        suppress(ConnectionError),
        socket.create_connection((str(parts.hostname), parts.port or 0), timeout=20) as connection,
    ):
        connection.sendall(request)
        with suppress(OSError):  # it has gone already
            connection.shutdown(socket.SHUT_WR)
        return connection.makefile("rb").readline().split()[1]
    return b""


@every_path
@pytest.mark.parametrize("name", ["Authorization", "Cookie", "Accept-Language", "X-Long"])
def test_header_that_is_too_long(world: World, path: str, name: str) -> None:
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{name}: {'x' * LONG}\r\n\r\n"
    assert raw(world, request.encode()) in (b"400", b"")
    assert is_well(world)


@every_path
def test_address_that_is_too_long(world: World, path: str) -> None:
    request = f"GET {path}?{'x' * LONG} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    assert raw(world, request.encode()) in (b"400", b"")
    assert is_well(world)


@every_path
def test_header_that_is_just_short_enough(world: World, path: str) -> None:
    answer = httpx.get(world.url + path, headers={"Authorization": f"Bearer {'x' * 15_000}", "Cookie": "x" * 200})
    assert answer.status_code in (200, 400, 401, 405)


@pytest.mark.parametrize("path", POSTED, ids=lambda path: path.rpartition("/")[2])
@pytest.mark.parametrize("size", [65_537, 4_000_000])
def test_body_that_is_too_long(world: World, path: str, size: int) -> None:
    answer = httpx.post(
        world.url + path, content=b"x" * size, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")
    assert is_well(world)


@every_path
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_method_that_is_none(world: World, path: str, method: str) -> None:
    assert httpx.request(method, world.url + path).status_code == 405


REQUESTS: Final = {
    "no-http": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "no-host": b"GET %s HTTP/1.1\r\n\r\n",
    "two-hosts": b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n",
    "two-lengths": b"POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "negative-length": b"POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
    "length-that-is-none": b"POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0x10\r\n\r\n",
    "chunk-that-is-none": b"POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "other-encoding": b"POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: gzip\r\n\r\n",
    "zero-in-header": b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\x00b\r\n\r\n",
    "folded-header": b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n Authorization: Bearer x\r\n\r\n",
}


@pytest.mark.parametrize("name", REQUESTS)
def test_request_that_is_none(world: World, name: str) -> None:
    path = f"{CONNECT}/token".encode()
    request = REQUESTS[name]
    said = raw(world, request % path if b"%s" in request else request)
    assert said[:1] == b"4"
    assert is_well(world)


@every_path
@pytest.mark.parametrize("tail", ["%00", "%0d%0aX:1", "/../token", "%2e%2e%2f", "%ff%fe", ";x=1"])
def test_path_with_something_behind(world: World, path: str, tail: str) -> None:
    said = raw(world, f"GET {path}{tail} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
    assert said in (b"400", b"401", b"404", b"405")


def test_state_that_is_too_long_is_an_error_of_bounded_size(party: Party) -> None:
    answer = answer_of(party.ask(state="s" * 10_000))
    assert answer["error"] == "invalid_request"
    assert len(answer["state"]) <= 10_000


@dataclass
class Crowd:
    """Very many people of one client, each with a state and a nonce of her own."""

    party: Party
    http: httpx.Client

    def code(self, number: int) -> str:
        answer = self.http.get(
            f"{self.party.url}{CONNECT}/auth",
            params=self.party.request(scope="openid", state=f"state-{number}", nonce=f"nonce-{number}"),
            headers={TEST_HEADER: "normal"},
        )
        found = answer_of(answer)
        assert found["state"] == f"state-{number}"
        return found["code"]

    def redeemed(self, code: str, jti: str) -> httpx.Response:
        return self.http.post(
            f"{self.party.url}{CONNECT}/token",
            data={
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": REDIRECT,
                "code_verifier": VERIFIER,
                "client_assertion_type": TYPE,
                "client_assertion": self.party.assertion(jti=jti),
            },
        )


@pytest.fixture
def crowd(serve: Callable[..., World]) -> Iterator[Crowd]:
    party = serve(test_responses=True).party(test_responses=True)
    # None is closed by one thread while another reads from it.
    kept = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE, keepalive_expiry=None)
    with httpx.Client(timeout=60, limits=kept) as http:
        yield Crowd(party, http)


def test_of_very_many_log_ins_at_once_each_gets_its_own(crowd: Crowd) -> None:
    """And of all codes, each tried thrice at once, each works once."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        codes = list(pool.map(crowd.code, range(MANY)))
        assert len(set(codes)) == MANY
        tries = [(number, turn) for turn in range(3) for number in range(MANY)]
        answers = list(pool.map(lambda each: crowd.redeemed(codes[each[0]], f"{each}"), tries))
    good: dict[int, dict[str, Any]] = {}
    for (number, _), answer in zip(tries, answers, strict=True):
        if answer.status_code == 200:
            assert number not in good, "a code worked twice"
            good[number] = answer.json()
        else:
            assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert len(good) == MANY
    nonces = {crowd.party.claims(tokens["id_token"])["nonce"] for tokens in list(good.values())[:5]}
    assert nonces == {f"nonce-{number}" for number in list(good)[:5]}
    # Who tried a code again has ended what it gave (RFC 6749 clause 4.1.2).
    assert crowd.party.userinfo(good[0]["access_token"]).status_code == 401


def test_jti_that_very_many_bring_at_once_is_good_once(crowd: Crowd) -> None:
    assertion = crowd.party.assertion(jti="one")

    def bring(_: int) -> int:
        fields = {
            "grant_type": "client_credentials",
            "client_assertion_type": TYPE,
            "client_assertion": assertion,
        }
        return crowd.http.post(f"{crowd.party.url}{CONNECT}/token", data=fields).status_code

    with ThreadPoolExecutor(AT_ONCE) as pool:
        statuses = list(pool.map(bring, range(MANY)))
    assert sorted(set(statuses)) == [200, 401]
    assert statuses.count(200) == 1
