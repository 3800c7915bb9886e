"""private_key_jwt: what a client has to send, and everything else that somebody could send."""

from __future__ import annotations

import base64
import hmac
import json
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from tests.mynalab.authapp.conftest import CONNECT, KEY, TYPE, Party, World

STRANGE = RSAKey.generate_key(2048)
ELLIPTIC = ECKey.generate_key("P-256")


@pytest.fixture
def grant() -> dict[str, str]:
    """The request that needs nothing but a client."""
    return {"grant_type": "client_credentials"}


def refused(party: Party, assertion: str, **fields: str | None) -> httpx.Response:
    response = party.token(grant_type="client_credentials", client_assertion=assertion, **fields)
    assert response.status_code == 401, response.text
    assert response.json()["error"] == "invalid_client"
    assert response.headers["cache-control"] == "no-store"
    return response


def test_client_proves_who_it_is(party: Party, grant: dict[str, str]) -> None:
    answer = party.token(**grant)
    assert answer.status_code == 200
    assert answer.json()["token_type"] == "Bearer"
    assert "refresh_token" not in answer.json()


def test_client_id_need_not_be_said_twice(party: Party, grant: dict[str, str]) -> None:
    assert party.token(**grant, client_id=None).status_code == 200


def test_audience_may_be_a_list_of_one(party: Party, grant: dict[str, str]) -> None:
    aud = [f"{party.url}{CONNECT}/token"]
    assert party.token(**grant, client_assertion=party.assertion(aud=aud)).status_code == 200


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "another"},
        {"iss": None},
        {"sub": "another"},
        {"sub": None},
        {"sub": 7},
        {"sub": ["RP00000001"]},
        {"aud": None},
        {"aud": "https://another.example/token"},
        {"aud": ["https://another.example/token", "and-ours"]},
        {"aud": []},
        {"aud": {}},
        {"jti": None},
        {"jti": ""},
        {"jti": 7},
        {"jti": "j" * 256},
        {"exp": None},
        {"exp": "soon"},
        {"exp": True},
        {"exp": 1e300},
        {"exp": 1},
        {"exp": 4_000_000_000},
        {"iat": 4_000_000_000},
        {"nbf": 4_000_000_000},
        {"nbf": "now"},
    ],
    ids=lambda value: "-".join(f"{k}-{v}" for k, v in value.items())[:50],
)
def test_claim_that_is_not_right(party: Party, changed: dict[str, Any]) -> None:
    refused(party, party.assertion(**changed))


def test_issuer_is_no_audience(party: Party) -> None:
    refused(party, party.assertion(aud=f"{party.url}/api/realms/main"))


def test_audience_among_others_is_refused(party: Party) -> None:
    refused(party, party.assertion(aud=[f"{party.url}{CONNECT}/token", "https://another.example/token"]))


def test_jti_is_good_once(party: Party, grant: dict[str, str]) -> None:
    assertion = party.assertion()
    assert party.token(**grant, client_assertion=assertion).status_code == 200
    assert "jti" in refused(party, assertion).json()["error_description"]


def test_jti_is_of_its_client(world: World, party: Party, grant: dict[str, str]) -> None:
    other = world.party("RP2")
    assert party.token(**grant, client_assertion=party.assertion(jti="same")).status_code == 200
    assert other.token(**grant, client_assertion=other.assertion(jti="same")).status_code == 200


def test_assertion_of_another_client_is_not_this_one(world: World, party: Party) -> None:
    other = world.party("RP2", key=ECKey.generate_key("P-256"))
    refused(party, other.assertion(), client_id=party.client_id)


def test_other_key_under_the_name_of_ours(party: Party) -> None:
    refused(party, party.assertion(key=STRANGE, header={"kid": KEY.thumbprint()}))


def test_other_algorithm_than_the_registered_key(party: Party) -> None:
    refused(party, party.assertion(key=ELLIPTIC, header={"alg": "ES256"}))


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256"])
def test_other_algorithm_of_the_right_key(party: Party, algorithm: str) -> None:
    now = int(party.time().timestamp())
    claims = {
        "iss": party.client_id,
        "sub": party.client_id,
        "aud": f"{party.url}{CONNECT}/token",
        "jti": "1",
        "exp": now + 60,
    }
    refused(party, jwt.encode({"alg": algorithm}, claims, KEY, [algorithm]))


@pytest.mark.parametrize("form", ["pem", "jwk", "client-id", "nothing"])
def test_hs256_with_what_everybody_knows(party: Party, form: str) -> None:
    """Made by hand: joserfc takes no public key for a secret."""
    secret = {
        "pem": KEY.as_pem(private=False),
        "jwk": json.dumps(KEY.as_dict(private=False)).encode(),
        "client-id": party.client_id.encode(),
        "nothing": b"",
    }[form]
    signed = ".".join((base64url(HS256), party.assertion().split(".")[1]))
    refused(party, ".".join((signed, base64url(hmac.digest(secret, signed.encode(), "sha256")))))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", ""])
def test_no_algorithm(party: Party, algorithm: str) -> None:
    claims = party.assertion().split(".")[1]
    header = base64.urlsafe_b64encode(json.dumps({"alg": algorithm}).encode()).rstrip(b"=").decode()
    refused(party, f"{header}.{claims}.")


@pytest.mark.parametrize(
    "header",
    [
        {"jwk": STRANGE.as_dict(private=False)},
        {"jku": "https://evil.example/jwks.json"},
        {"x5u": "https://evil.example/chain.pem"},
        {"x5c": ["MIIB"]},
        {"crit": ["exp"], "exp": 1},
        {"cty": "JWT"},
    ],
    ids=lambda value: next(iter(value)),
)
@pytest.mark.parametrize("key", [KEY, STRANGE], ids=["ours", "strange"])
def test_header_brings_no_keys_and_no_rules(party: Party, header: dict[str, Any], key: RSAKey) -> None:
    from joserfc import jws

    parts = party.assertion().split(".")
    payload = base64.urlsafe_b64decode(parts[1] + "==")
    head = base64.urlsafe_b64encode(json.dumps({"alg": "RS256", **header}).encode()).rstrip(b"=")
    body = base64.urlsafe_b64encode(payload).rstrip(b"=")
    signature = jws.JWSRegistry.algorithms["RS256"].sign(head + b"." + body, key)
    refused(party, b".".join((head, body, base64.urlsafe_b64encode(signature).rstrip(b"="))).decode())


def test_kid_that_is_not_registered(world: World) -> None:
    key = RSAKey.import_key({**KEY.as_dict(private=True), "kid": "ours"})
    party = world.party("RP3", key=key)
    assert party.token(
        grant_type="client_credentials", client_assertion=party.assertion(header={"kid": "ours"})
    ).is_success
    refused(party, party.assertion(header={"kid": "../../dev/null"}))


def test_key_among_several_is_found(world: World) -> None:
    from mynalab.authapp.clients import register_client

    party = world.party("RP4")
    keys = [STRANGE.as_dict(private=False), ELLIPTIC.as_dict(private=False), KEY.as_dict(private=False)]
    register_client(world.lab, "RP4", redirect_uris=(party.redirect,), jwks={"keys": keys})
    assert party.token(grant_type="client_credentials").is_success
    assert party.token(
        grant_type="client_credentials", client_assertion=party.assertion(key=ELLIPTIC, header={"alg": "ES256"})
    ).is_success


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def parts(header: bytes, claims: bytes, signature: str = "AA") -> str:
    return f"{base64url(header)}.{base64url(claims)}.{signature}"


RS256 = b'{"alg":"RS256"}'
HS256 = b'{"alg":"HS256"}'


@pytest.mark.parametrize(
    "assertion",
    [
        "x",
        "a.b.c",
        "..",
        parts(b"{}", b"{}", ""),
        parts(b"[]", b"[]"),
        parts(RS256, b"[" * 3000),
        parts(b"[" * 3000, b"{}"),
        parts(RS256, b'"x"'),
        parts(RS256, bytes((255, 254))),
        "日本",
        "a" * 8193,
    ],
    ids=[
        "a-letter",
        "no-base64",
        "empty-parts",
        "empty-objects",
        "lists",
        "deep-claims",
        "deep-header",
        "claims-a-text",
        "claims-no-utf8",
        "no-ascii",
        "too-long",
    ],
)
def test_what_is_no_jwt(party: Party, assertion: str) -> None:
    refused(party, assertion)


def test_other_type_of_assertion(party: Party) -> None:
    refused(party, party.assertion(), client_assertion_type=TYPE.replace("jwt", "saml2"))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"client_secret": "secret"},
        {"client_assertion_type": TYPE},
    ],
    ids=["nothing", "secret", "type-alone"],
)
def test_client_without_an_assertion(party: Party, fields: dict[str, str]) -> None:
    data = {"grant_type": "client_credentials", "client_id": party.client_id, **fields}
    response = httpx.post(f"{party.url}{CONNECT}/token", data=data)
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")


def test_basic_authentication_is_none(party: Party) -> None:
    response = httpx.post(
        f"{party.url}{CONNECT}/token", data={"grant_type": "client_credentials"}, auth=(party.client_id, "secret")
    )
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")


def test_expired_by_the_lab_clock(party: Party, grant: dict[str, str]) -> None:
    early, late = party.assertion(), party.assertion()
    party.time.forward(seconds=359)
    assert party.token(**grant, client_assertion=early).is_success
    party.time.forward(seconds=1)
    refused(party, late)
