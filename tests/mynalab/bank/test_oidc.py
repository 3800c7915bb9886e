"""The bank's side of OpenID Connect before a provider that lies."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mynalab.bank.config import BankConfig
from mynalab.bank.oidc import App
from mynalab.bank.oidc import Request as Asked
from mynalab.bank.refusals import RefusedError
from mynalab.chance import system_random
from mynalab.web.server import LoopbackServer
from tests.mynalab.conftest import NOW

CLIENT = "MIHONBANK"
TOKEN = "access-token"
KEY = ECKey.generate_key("P-256", auto_kid=True)
OTHER_KEY = ECKey.generate_key("P-256", {"kid": KEY.kid})
RSA = RSAKey.generate_key(2048, auto_kid=True)
SECRET = OctKey.import_key(json.dumps(KEY.as_dict(private=False)))
"""What everybody may read, as if it were a secret (RFC 8725 clause 2.1)."""
CLIENT_KEY = RSAKey.generate_key(2048, auto_kid=True)
PUBLIC_KEYS = {"keys": [KEY.as_dict(private=False), RSA.as_dict(private=False)]}


def half_hash(token: str) -> str:
    return base64.urlsafe_b64encode(sha256(token.encode()).digest()[:16]).rstrip(b"=").decode()


def at_now(seconds: int = 0) -> int:
    return int(NOW.timestamp()) + seconds


@dataclass
class Provider:
    """It answers what a test wants."""

    url: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    key: Any = field(default_factory=lambda: KEY)
    raw_token: str = ""
    token_status: int = 200
    seen: list[dict[str, list[str]]] = field(default_factory=list)

    def discovery(self, _: HttpRequest) -> Response:
        every = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/auth",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/certs",
            **self.metadata,
        }
        return JSONResponse(every)

    async def token(self, request: HttpRequest) -> Response:
        self.seen.append(parse_qs((await request.body()).decode()))
        if self.token_status != 200:
            return JSONResponse({"error": "invalid_grant"}, status_code=self.token_status)
        return JSONResponse({"access_token": TOKEN, "token_type": "Bearer", "id_token": self.id_token()})

    def certs(self, _: HttpRequest) -> Response:
        return JSONResponse(PUBLIC_KEYS)

    def id_token(self) -> str:
        every = {
            "iss": self.url,
            "aud": CLIENT,
            "sub": "sub-1",
            "nonce": "nonce-1",
            "iat": at_now(),
            "exp": at_now(300),
            "at_hash": half_hash(TOKEN),
            **self.claims,
        }
        claims = {name: value for name, value in every.items() if value is not None}
        header = {"alg": "ES256", "kid": KEY.kid, **self.header}
        algorithms = ["ES256", "RS256", "HS256", "none"]
        return self.raw_token or jwt.encode(header, claims, self.key, algorithms=algorithms)


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    routes = [
        Route("/.well-known/openid-configuration", made.discovery),
        Route("/token", made.token, methods=["POST"]),
        Route("/certs", made.certs),
    ]
    with LoopbackServer(Starlette(routes=routes), port=0) as server:
        made.url = server.url
        yield made


@pytest.fixture
def app(provider: Provider) -> Iterator[App]:
    config = BankConfig(
        url="http://127.0.0.1:1",
        issuer=provider.url,
        sign_url=f"{provider.url}/sign",
        operator_url="http://127.0.0.1:1",
        operator_token="",
        client_id=CLIENT,
        client_key=CLIENT_KEY,
    )
    made = App(config, clock=lambda: NOW, rng=system_random)
    yield made
    made.close()


ASKED = Asked(address="", state="state-1", nonce="nonce-1", verifier="v" * 43)


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(RefusedError) as caught:
        call()
    return caught.value.refusal.code


def test_good_token_says_who_it_is(app: App) -> None:
    assert app.authenticated(ASKED, {"code": "c"}).sub == "sub-1"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://other.example"},
        {"aud": "OTHER"},
        {"aud": ["OTHER", "THIRD"]},
        {"aud": [CLIENT, "OTHER"], "azp": "OTHER"},
        {"nonce": "nonce-2"},
        {"nonce": None},
        {"exp": at_now(-61)},
        {"exp": None},
        {"iat": at_now(3600)},
        {"sub": None},
        {"at_hash": half_hash("other")},
        {"at_hash": None},
    ],
    ids=lambda claims: "-".join(f"{name}-{value}" for name, value in claims.items())[:40],
)
def test_claims_that_are_not_for_this_request(app: App, provider: Provider, claims: dict[str, Any]) -> None:
    provider.claims = claims
    assert code_of(lambda: app.authenticated(ASKED, {"code": "c"})) == "bank.token.refused"


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ({"alg": "HS256"}, SECRET),
        ({"alg": "RS256", "kid": RSA.kid}, RSA),
        ({}, OTHER_KEY),
        ({"kid": "nobody"}, KEY),
    ],
    ids=["public-key-as-secret", "other-algorithm", "other-key", "unknown-kid"],
)
def test_confused_signatures(app: App, provider: Provider, header: dict[str, Any], key: Any) -> None:
    provider.header, provider.key = header, key
    assert code_of(lambda: app.authenticated(ASKED, {"code": "c"})) == "bank.token.refused"


def test_token_that_nobody_signed(app: App, provider: Provider) -> None:
    parts = provider.id_token().split(".")
    parts[0] = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    provider.raw_token = f"{parts[0]}.{parts[1]}."
    assert code_of(lambda: app.authenticated(ASKED, {"code": "c"})) == "bank.token.refused"


@pytest.mark.parametrize("token", ["x", "a.b.c", "...", "é"])
def test_tokens_that_are_none(app: App, provider: Provider, token: str) -> None:
    provider.raw_token = token
    assert code_of(lambda: app.authenticated(ASKED, {"code": "c"})) == "bank.token.refused"


def test_code_that_is_refused(app: App, provider: Provider) -> None:
    provider.token_status = 400
    assert code_of(lambda: app.authenticated(ASKED, {"code": "c"})) == "bank.token.refused"


def test_provider_that_is_down(app: App, provider: Provider) -> None:
    provider.token_status = 500
    assert code_of(lambda: app.authenticated(ASKED, {"code": "c"})) == "bank.app.unreachable"


def test_answer_of_another_issuer_asks_nobody(app: App, provider: Provider) -> None:
    answer = {"code": "c", "iss": "https://other.example"}
    assert code_of(lambda: app.authenticated(ASKED, answer)) == "bank.callback.other-issuer"
    assert provider.seen == []


def test_issuer_has_to_be_there_when_it_was_promised(app: App, provider: Provider) -> None:
    provider.metadata = {"authorization_response_iss_parameter_supported": True}
    assert code_of(lambda: app.authenticated(ASKED, {"code": "c"})) == "bank.callback.other-issuer"
    assert app.authenticated(ASKED, {"code": "c", "iss": provider.url}).sub == "sub-1"


def test_discovery_of_another_issuer(app: App, provider: Provider) -> None:
    provider.metadata = {"issuer": "https://other.example"}
    assert code_of(lambda: app.request("openid", language="ja")) == "bank.callback.other-issuer"


@pytest.mark.parametrize(
    ("description", "code"),
    [("certificate-held", "app.certificate-held"), ("<b>", "app.refused"), ("", "app.refused")],
)
def test_errors_are_told_by_the_banks_own_words(app: App, description: str, code: str) -> None:
    answer = {"error": "access_denied", "error_description": description}
    assert code_of(lambda: app.authenticated(ASKED, answer)) == code


def test_request_has_secrets_of_its_own(app: App) -> None:
    first, second = (app.request("openid sign", language="en", transaction="t") for _ in range(2))
    asked = {name: values[0] for name, values in parse_qs(urlsplit(first.address).query).items()}
    assert asked["state"] == first.state
    assert asked["nonce"] == first.nonce
    assert asked["code_challenge_method"] == "S256"
    assert (asked["scope"], asked["sign_transaction_id"], asked["ui_locales"]) == ("openid sign", "t", "en")
    secrets = {first.state, first.nonce, first.verifier, second.state, second.nonce, second.verifier}
    assert len(secrets) == 6


def test_client_proves_itself_at_the_labs_time(app: App, provider: Provider) -> None:
    app.authenticated(replace(ASKED, verifier="w" * 43), {"code": "c"})
    (sent,) = provider.seen
    assert sent["code_verifier"] == ["w" * 43]
    assert sent["redirect_uri"] == ["http://127.0.0.1:1/callback"]
    read = jwt.decode(sent["client_assertion"][0], KeySet([CLIENT_KEY]), algorithms=["RS256"])
    assert read.claims["aud"] == f"{provider.url}/token"
    assert (read.claims["iat"], read.claims["exp"]) == (at_now(), at_now(60))
    assert (read.claims["iss"], read.claims["sub"]) == (CLIENT, CLIENT)


def test_reprs_tell_no_secret(app: App) -> None:
    asked = app.request("openid", language="ja")
    assert not any(secret in repr(asked) for secret in (asked.state, asked.nonce, asked.verifier))
