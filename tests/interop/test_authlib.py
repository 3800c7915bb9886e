"""Authlib's clients, configured by discovery: every persona logs in, and is refused, as her file expects."""

from __future__ import annotations

import asyncio
import itertools
import re
import warnings
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oidc.core import CodeIDToken, UserInfo
from joserfc import jwt
from joserfc.jwk import KeySet

from mynalab.clock import system_clock
from mynalab.persona import Persona, load_persona
from mynalab.resources import persona_files
from tests.interop.identity import REALM, SCOPES, Identity, client_key, use_card

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Authlib 1.9 looks for httpx2 first, which is not released for all of us
    from authlib.integrations.httpx_client import AsyncOAuth2Client, OAuth2Client

CLIENT_ID, REDIRECT = "AUTHLIB1", "http://127.0.0.1:9/callback"
VERIFIER, NONCE = "v" * 43, "nonce-of-this-log-in"
ATTRIBUTES: Final = ("name", "address", "birthdate", "gender")
SCOPE_SETS: Final = [
    " ".join(("openid", *chosen)) for count in range(5) for chosen in itertools.combinations(ATTRIBUTES, count)
]
PERSONAS: Final = {name: load_persona(name) for name in persona_files()}
CODES: Final = {
    "jpki.revocation.revoked": "certificate-revoked",
    "jpki.validity.expired": "certificate-expired",
    "jpki.validity.not-yet-valid": "certificate-not-yet-valid",
    "PinBlockedError": "pin-blocked",
}
"""What the page calls that which a persona's file expects."""
ON_HOLD: Final = {"held"}
UNREADABLE: Final = {
    # A telephone has the two certificates alone; our next generation's records are not signed.
    "android-phone": "attributes-unavailable",
    "iphone": "attributes-unavailable",
    "next-generation": "attributes-unavailable",
    "text-pin-blocked": "pin-blocked",
}
"""Who logs in, and has no signed record of the four attributes that could be read."""
WRITTEN: Final = {"outside-the-character-set": ("吉見　鷗羽〓", "見本県吉野市中央一丁目１番")}
"""What a record has of a name and an address that it cannot carry."""


@dataclass(frozen=True)
class Told:
    """What a log-in came to."""

    token: dict[str, Any]
    id_token: CodeIDToken
    person: UserInfo


@pytest.fixture(scope="module")
def service(identity: Identity) -> Identity:
    """With a client of ours in it."""
    identity.register(CLIENT_ID, REDIRECT)
    return identity


@pytest.fixture(scope="module")
def keys(service: Identity) -> KeySet:
    return KeySet.import_key_set(httpx.get(service.metadata["jwks_uri"]).json())


def options(service: Identity, scope: str) -> dict[str, Any]:
    """What both clients are made of."""
    return {
        "client_id": CLIENT_ID,
        "client_secret": client_key(),
        "token_endpoint_auth_method": PrivateKeyJWT(service.metadata["token_endpoint"]),
        "redirect_uri": REDIRECT,
        "scope": scope,
        "code_challenge_method": "S256",
    }


def card_used(service: Identity, client: Any, persona: Persona) -> httpx.Response:
    """The page of an authorization request, filled in by its holder."""
    address, _ = client.create_authorization_url(
        service.metadata["authorization_endpoint"], nonce=NONCE, state="s", code_verifier=VERIFIER
    )
    with httpx.Client(headers={"Accept-Language": "ja"}) as browser:
        return use_card(browser, address, card=persona.name, pin=persona.authentication_pin, text_pin=persona.text_pin)


def read(service: Identity, keys: KeySet, token: dict[str, Any], *, nonce: str = NONCE) -> CodeIDToken:
    """The ID token, by the rules of Authlib."""
    signed = jwt.decode(token["id_token"], keys, algorithms=["ES256"])
    claims = CodeIDToken(
        signed.claims,
        signed.header,
        {
            "iss": {"essential": True, "value": f"{service.url}{REALM}"},
            "aud": {"essential": True, "value": CLIENT_ID},
            "at_hash": {"essential": True},
        },
        {"client_id": CLIENT_ID, "nonce": nonce, "access_token": token["access_token"]},
    )
    claims.validate(now=int(system_clock().timestamp()), leeway=5)
    return claims


def log_in(service: Identity, keys: KeySet, persona: Persona, scope: str) -> Told:
    """From the request to userinfo."""
    with OAuth2Client(**options(service, scope)) as client:
        answer = card_used(service, client, persona)
        back = answer.headers.get("location", "")
        assert "code=" in back, re.findall(r'data-code="([^"]+)"', answer.text)
        token = client.fetch_token(
            service.metadata["token_endpoint"], authorization_response=back, state="s", code_verifier=VERIFIER
        )
        person = UserInfo(client.get(service.metadata["userinfo_endpoint"]).json())
    return Told(token, read(service, keys, token), person)


def refused(service: Identity, persona: Persona, scope: str) -> str:
    """The code with which the page refuses a card."""
    with OAuth2Client(**options(service, scope)) as client:
        answer = card_used(service, client, persona)
    assert "location" not in answer.headers
    [code] = re.findall(r'data-code="([^"]+)"', answer.text)
    return str(code)


ACCEPTED = [name for name, persona in PERSONAS.items() if persona.expect["log_in"] == "accepted"]
REFUSED = [name for name in PERSONAS if name not in ACCEPTED]


@pytest.mark.parametrize("name", ACCEPTED)
def test_persona_logs_in(service: Identity, keys: KeySet, name: str) -> None:
    told = log_in(service, keys, PERSONAS[name], "openid")
    assert set(told.person) == {"sub"}
    assert told.person["sub"] == told.id_token["sub"]


@pytest.mark.parametrize("name", [name for name in ACCEPTED if name not in UNREADABLE])
def test_persona_is_told_as_she_is(service: Identity, keys: KeySet, name: str) -> None:
    persona = PERSONAS[name]
    person = log_in(service, keys, persona, SCOPES).person
    assert (person.name, person.address) == WRITTEN.get(name, (persona.full_name, persona.address))
    assert person.gender == {"male": "1", "female": "2", "unknown": "0"}[persona.sex]
    born = persona.birth.encode()[1:]
    if persona.history.birthday is not None:  # somebody's birthday is made to fall on a day near that of the issue
        born = born[:4] + person.birthdate.replace("-", "")[4:]
    assert person.birthdate.replace("-", "") == born


@pytest.mark.parametrize(("name", "code"), UNREADABLE.items())
def test_attributes_that_cannot_be_read(service: Identity, name: str, code: str) -> None:
    assert refused(service, PERSONAS[name], SCOPES) == code


@pytest.mark.parametrize("name", REFUSED)
def test_persona_is_refused(service: Identity, name: str) -> None:
    persona = PERSONAS[name]
    expected = "certificate-held" if name in ON_HOLD else CODES[persona.expect["log_in"]]
    assert refused(service, persona, "openid") == expected


@pytest.mark.parametrize("scope", SCOPE_SETS, ids=lambda scope: scope.replace(" ", "-"))
def test_userinfo_has_what_the_scope_opens(service: Identity, keys: KeySet, scope: str) -> None:
    told = log_in(service, keys, PERSONAS["foreign-resident"], scope)
    assert set(told.person) == {"sub", *scope.split()} - {"openid"}
    assert told.token["scope"] == scope


def test_sub_is_of_the_person_and_not_of_the_scope(service: Identity, keys: KeySet) -> None:
    subs = {log_in(service, keys, PERSONAS["moved"], scope).person["sub"] for scope in ("openid", SCOPES)}
    assert len(subs) == 1


def test_client_refreshes(service: Identity, keys: KeySet) -> None:
    persona = PERSONAS["adult-resident"]
    with OAuth2Client(**options(service, SCOPES)) as client:
        back = card_used(service, client, persona).headers["location"]
        endpoint = service.metadata["token_endpoint"]
        first = client.fetch_token(endpoint, authorization_response=back, state="s", code_verifier=VERIFIER)
        second = client.refresh_token(endpoint, refresh_token=first["refresh_token"])
        person = client.get(service.metadata["userinfo_endpoint"]).json()
    assert second["access_token"] != first["access_token"]
    assert second["refresh_token"] != first["refresh_token"]
    assert read(service, keys, second, nonce="")["sub"] == read(service, keys, first)["sub"]
    assert person["name"] == persona.full_name


def test_asynchronous_client(service: Identity, keys: KeySet) -> None:
    async def flow() -> tuple[dict[str, Any], dict[str, Any]]:
        async with AsyncOAuth2Client(**options(service, "openid name")) as client:
            answer = await asyncio.to_thread(card_used, service, client, PERSONAS["teenager"])
            back = answer.headers["location"]
            token = await client.fetch_token(
                service.metadata["token_endpoint"], authorization_response=back, state="s", code_verifier=VERIFIER
            )
            person = (await client.get(service.metadata["userinfo_endpoint"])).json()
            return token, person

    token, person = asyncio.run(flow())
    assert read(service, keys, token)["sub"] == person["sub"]
    assert person["name"] == PERSONAS["teenager"].full_name


def test_state_comes_back(service: Identity) -> None:
    with OAuth2Client(**options(service, "openid")) as client:
        back = card_used(service, client, PERSONAS["renewed"]).headers["location"]
    assert parse_qs(urlsplit(back).query)["state"] == ["s"]
