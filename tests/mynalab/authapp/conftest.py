"""A provider over a lab with one card, and a relying party's server and browser to drive it."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from mynalab.authapp.app import authapp
from mynalab.authapp.clients import register_client
from mynalab.authapp.keys import FILE
from mynalab.lab.lab import Lab
from mynalab.web.server import LoopbackServer

NOW = datetime(2026, 11, 20, 1, tzinfo=UTC)
REDIRECT = "http://127.0.0.1:9/callback"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
REALM = "/api/realms/main"
CONNECT = f"{REALM}/protocol/openid-connect"


@dataclass
class LabTime:
    """A clock that a test puts forward."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **much: float) -> None:
        self.now += timedelta(**much)


@dataclass
class Party:
    """A relying party's server and its user's browser."""

    url: str
    client_id: str
    key: RSAKey | ECKey
    time: LabTime
    browser: httpx.Client
    count: int = 0
    redirect: str = REDIRECT

    def request(self, **changed: str | None) -> dict[str, str]:
        """An authorization request; None takes a parameter away."""
        every: dict[str, str | None] = {
            "response_type": "code",
            "scope": "openid name address birthdate gender",
            "client_id": self.client_id,
            "redirect_uri": self.redirect,
            "state": "state-1",
            "nonce": "nonce-1",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **changed,
        }
        return {name: value for name, value in every.items() if value is not None}

    def ask(self, headers: dict[str, str] | None = None, **changed: str | None) -> httpx.Response:
        """The browser is sent to the provider."""
        return self.browser.get(f"{self.url}{CONNECT}/auth", params=self.request(**changed), headers=headers)

    def press(self, page: httpx.Response, **fields: str) -> httpx.Response:
        """The form that the browser shows is filled in and sent."""
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
        action = re.search(r'action="([^"]+)"', page.text)
        assert action is not None, page.text
        return self.browser.post(self.url + action[1], data={**hidden, **fields})

    def log_in(self, card: str = "card:alice", pin: str = "1234", **changed: str | None) -> dict[str, str]:
        """All of the page; what comes back to the redirect_uri."""
        return answer_of(self.press(self.ask(**changed), do="use", card=card, pin=pin))

    def assertion(self, *, header: dict[str, Any] | None = None, key: Any = None, **changed: Any) -> str:
        """A client assertion; None takes a claim away."""
        self.count += 1
        now = int(self.time().timestamp())
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": f"{self.url}{CONNECT}/token",
            "jti": f"jti-{self.count}",
            "iat": now,
            "exp": now + 300,
            **changed,
        }
        algorithm = "RS256" if self.key.key_type == "RSA" else "ES256"
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({"alg": algorithm, **(header or {})}, claims, key or self.key, ["RS256", "ES256", "HS256"])

    def token(self, **fields: str | None) -> httpx.Response:
        """A token request, with an assertion unless one is given."""
        every = {"client_id": self.client_id, "client_assertion_type": TYPE, "client_assertion": "", **fields}
        if every["client_assertion"] == "":
            every["client_assertion"] = self.assertion()
        return httpx.post(
            f"{self.url}{CONNECT}/token", data={name: value for name, value in every.items() if value is not None}
        )

    def redeem(self, code: str, **changed: str | None) -> httpx.Response:
        """The code for tokens."""
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect,
            "code_verifier": VERIFIER,
            **changed,
        }
        return self.token(**fields)

    def get(self, path: str, token: str) -> httpx.Response:
        """With a bearer token."""
        return httpx.get(self.url + path, headers={"Authorization": f"Bearer {token}"})

    def userinfo(self, token: str) -> httpx.Response:
        """Who it is."""
        return self.get(f"{CONNECT}/userinfo", token)

    def keys(self) -> KeySet:
        """The provider's."""
        return KeySet.import_key_set(httpx.get(f"{self.url}{CONNECT}/certs").json())

    def claims(self, id_token: str) -> dict[str, Any]:
        """Of an ID token that the provider signed."""
        return jwt.decode(id_token, self.keys(), algorithms=["ES256"]).claims


def answer_of(response: httpx.Response) -> dict[str, str]:
    """The parameters of a redirect to the relying party."""
    assert response.status_code == 303, response.text
    parts = urlsplit(response.headers["location"])
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == REDIRECT
    return {name: values[0] for name, values in parse_qs(parts.query).items()}


@dataclass
class World:
    """A lab's provider with clients in it."""

    lab: Lab
    url: str
    time: LabTime
    browsers: list[httpx.Client] = field(default_factory=list)

    def party(
        self,
        client_id: str = "RP00000001",
        *,
        key: RSAKey | ECKey | None = None,
        redirect: str = REDIRECT,
        **options: Any,
    ) -> Party:
        """Register a client; its browser is a new one."""
        made = key or KEY
        register_client(
            self.lab,
            client_id,
            redirect_uris=options.pop("redirect_uris", (redirect,)),
            jwks={"keys": [made.as_dict(private=False)]},
            name="架空銀行",
            **options,
        )
        browser = httpx.Client(headers={"Accept-Language": "en"}, verify=False)
        self.browsers.append(browser)
        return Party(self.url, client_id, made, self.time, browser, redirect=redirect)


KEY = RSAKey.generate_key(2048, {"use": "sig"})


@pytest.fixture(scope="session")
def provider_key_text() -> str:
    """Keys that every provider of the tests has: making them takes longer than most tests."""
    made = {
        "id_token": ECKey.generate_key("P-256", auto_kid=True).as_dict(private=True),
        "access_token": RSAKey.generate_key(2048, auto_kid=True).as_dict(private=True),
        "salt": "5a" * 32,
    }
    return json.dumps(made)


@pytest.fixture
def serve(lab: Lab, provider_key_text: str) -> Iterator[Callable[..., World]]:
    """Start a provider with options."""
    servers: list[LoopbackServer] = []
    worlds: list[World] = []

    keys = lab.paths.root / FILE
    keys.write_text(provider_key_text, encoding="ascii")

    def start(**options: Any) -> World:
        time = LabTime()
        servers.append(LoopbackServer(authapp(lab, clock=time, **options), port=0))
        worlds.append(World(lab, servers[-1].url, time))
        return worlds[-1]

    yield start
    for world in worlds:
        for browser in world.browsers:
            browser.close()
    for server in servers:
        server.end()


@pytest.fixture
def world(serve: Callable[..., World]) -> World:
    """A provider as it is by default."""
    return serve()


@pytest.fixture
def party(world: World) -> Party:
    """Its one client."""
    return world.party()


def configure(lab: Lab, **values: object) -> None:
    """Write [service]; before the provider starts."""
    lines = [f"{name} = {json.dumps(value)}" for name, value in values.items()]
    (lab.paths.root / "authapp.toml").write_text("\n".join(["[service]", *lines, ""]), encoding="utf-8")
