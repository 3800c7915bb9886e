"""The token endpoint against whoever has what is not theirs."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import httpx
import pytest

from mynalab.authapp.state import State
from mynalab.authapp.store import MemoryStore
from tests.mynalab.authapp.conftest import CONNECT, VERIFIER, Party, World


def test_fields_in_the_query_are_not_read(party: Party) -> None:
    """Keycloak's words, as the real service says them."""
    fields = {"grant_type": "client_credentials", "client_id": party.client_id, "client_assertion": party.assertion()}
    response = httpx.post(f"{party.url}{CONNECT}/token", params=fields)
    assert response.status_code == 400
    assert response.json() == {
        "error": "invalid_request",
        "error_description": "Missing form parameter: grant_type",
    }


def test_json_is_no_form(party: Party) -> None:
    response = httpx.post(f"{party.url}{CONNECT}/token", json={"grant_type": "client_credentials"})
    assert response.json()["error"] == "invalid_request"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_it_is_posted_to(party: Party, method: str) -> None:
    assert httpx.request(method, f"{party.url}{CONNECT}/token").status_code == 405


@pytest.mark.parametrize("grant_type", ["password", "implicit", "urn:ietf:params:oauth:grant-type:device_code", "日本"])
def test_grant_that_is_none(party: Party, grant_type: str) -> None:
    assert party.token(grant_type=grant_type).json()["error"] == "unsupported_grant_type"


def test_field_given_twice(party: Party) -> None:
    body = f"grant_type=client_credentials&grant_type=authorization_code&client_assertion={party.assertion()}"
    response = httpx.post(
        f"{party.url}{CONNECT}/token",
        content=body,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert response.json() == {"error": "invalid_request", "error_description": "A form parameter is given twice"}


@pytest.mark.parametrize(
    "body", [b"\xff\xfe", b"grant_type=%FF%FE", b"&".join(b"a%d=b" % n for n in range(100))], ids=range(3)
)
def test_form_that_cannot_be_read(party: Party, body: bytes) -> None:
    response = httpx.post(
        f"{party.url}{CONNECT}/token", content=body, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert (response.status_code, response.json()["error"]) == (400, response.json()["error"])
    assert response.json()["error"] in ("invalid_request", "unsupported_grant_type")


def test_body_that_is_too_long(party: Party) -> None:
    response = httpx.post(f"{party.url}{CONNECT}/token", data={"grant_type": "x" * 70_000})
    assert response.status_code == 413


def test_code_that_comes_again_ends_its_tokens(party: Party) -> None:
    answer = party.log_in()
    tokens = party.redeem(answer["code"]).json()
    assert party.redeem(answer["code"]).json()["error"] == "invalid_grant"
    assert party.userinfo(tokens["access_token"]).json()["error"] == "invalid_token"
    again = party.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert again.json()["error"] == "invalid_grant"


def test_code_of_another_client_is_refused_and_stays_good(world: World, party: Party) -> None:
    thief = world.party("RP2")
    code = party.log_in()["code"]
    assert thief.redeem(code).json()["error"] == "invalid_grant"
    assert party.redeem(code).status_code == 200


@pytest.mark.parametrize(
    "changed",
    [
        {"code_verifier": None},
        {"code_verifier": "w" * 64},
        {"code_verifier": "short"},
        {"code_verifier": "v" * 129},
        {"code_verifier": "é" * 64},
        {"redirect_uri": None},
        {"redirect_uri": "http://127.0.0.1:9/callback/"},
        {"code": None},
        {"code": ""},
        {"code": "x"},
        {"code": "日本"},
    ],
    ids=lambda value: "-".join(f"{k}-{v}" for k, v in value.items())[:40],
)
def test_code_alone_is_worth_nothing(party: Party, changed: dict[str, str | None]) -> None:
    code = party.log_in(scope="openid")["code"]
    response = party.redeem(**{"code": code, **changed})  # type: ignore[arg-type]
    assert response.status_code == 400
    assert response.json()["error"] in ("invalid_grant", "invalid_request")
    assert "access_token" not in response.json()


def test_challenge_is_not_its_own_verifier(party: Party) -> None:
    """PKCE by plain would take it."""
    answer = party.log_in(code_challenge=VERIFIER, scope="openid")
    assert party.redeem(answer["code"], code_verifier=VERIFIER).json()["error"] == "invalid_grant"


def test_wrong_verifier_uses_the_code_up(party: Party) -> None:
    code = party.log_in(scope="openid")["code"]
    assert party.redeem(code, code_verifier="w" * 64).json()["error"] == "invalid_grant"
    assert party.redeem(code).json()["error"] == "invalid_grant"


def test_one_of_many_at_once_gets_the_tokens(party: Party) -> None:
    code = party.log_in(scope="openid")["code"]
    assertions = [party.assertion() for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda each: party.redeem(code, client_assertion=each).status_code, assertions))
    assert sorted(statuses) == [200] + [400] * 7


@pytest.mark.parametrize("store", ["codes", "refresh"])
def test_what_comes_again_while_it_is_taken_ends_its_family(serve: Callable[..., World], store: str) -> None:
    """Between the taking and the remembering there is no moment at which a second one is merely unknown."""
    taken: _Interrupted = _Interrupted()
    party = serve(state=State(**{store: taken})).party()
    first = party.redeem(party.log_in(scope="openid")["code"]) if store == "refresh" else None
    fields = (
        {"grant_type": "refresh_token", "refresh_token": first.json()["refresh_token"]}
        if first is not None
        else {
            "grant_type": "authorization_code",
            "code": party.log_in(scope="openid")["code"],
            "redirect_uri": party.redirect,
            "code_verifier": VERIFIER,
        }
    )
    taken.meanwhile = lambda: party.token(**fields)
    tokens = party.token(**fields).json()
    assert party.userinfo(tokens["access_token"]).json()["error"] == "invalid_token"


class _Interrupted(MemoryStore[Any]):
    """Somebody else comes right after something was taken."""

    meanwhile: Callable[[], object] | None = None

    def take(self, key: str, *, now: datetime) -> Any:
        taken = super().take(key, now=now)
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        return taken


def test_refresh_token_that_comes_again_ends_its_family(party: Party) -> None:
    tokens = party.redeem(party.log_in(scope="openid")["code"]).json()
    again = party.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"]).json()
    stolen = party.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert stolen.json()["error"] == "invalid_grant"
    assert party.userinfo(again["access_token"]).json()["error"] == "invalid_token"
    successor = party.token(grant_type="refresh_token", refresh_token=again["refresh_token"])
    assert successor.json()["error"] == "invalid_grant"


def test_family_that_has_ended_stays_so_when_the_clock_is_set_back_and_on(party: Party) -> None:
    code = party.log_in(scope="openid")["code"]
    tokens = party.redeem(code).json()
    party.time.forward(hours=-2)
    assert party.redeem(code).json()["error"] == "invalid_grant"
    party.time.forward(hours=2)
    again = party.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert again.json()["error"] == "invalid_grant"
    assert party.userinfo(tokens["access_token"]).json()["error"] == "invalid_token"


def test_refresh_token_of_another_client(world: World, party: Party) -> None:
    thief = world.party("RP2")
    tokens = party.redeem(party.log_in(scope="openid")["code"]).json()
    refused = thief.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert refused.json()["error"] == "invalid_grant"
    assert party.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"]).status_code == 200


def test_refresh_cannot_ask_for_more(party: Party) -> None:
    tokens = party.redeem(party.log_in(scope="openid")["code"]).json()
    more = party.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"], scope="openid name")
    assert more.json()["error"] == "invalid_scope"


def test_client_credentials_need_sign(world: World) -> None:
    party = world.party(scopes=("openid",))
    assert party.token(grant_type="client_credentials").json()["error"] == "unauthorized_client"


@pytest.mark.parametrize("scope", ["openid", "sign name"])
def test_client_credentials_have_one_scope(party: Party, scope: str) -> None:
    assert party.token(grant_type="client_credentials", scope=scope).json()["error"] == "invalid_scope"


@pytest.mark.parametrize(
    "authorization",
    [None, "Basic abc", "Bearer", "Bearer x", "Bearer a.b.c", "Bearer " + "a" * 5000],
    ids=["none", "basic", "bare", "letter", "three-parts", "long"],
)
def test_userinfo_needs_a_token(party: Party, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    response = httpx.get(f"{party.url}{CONNECT}/userinfo", headers=headers)
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Bearer")


def test_token_in_the_query_is_not_read(party: Party) -> None:
    token = party.redeem(party.log_in(scope="openid")["code"]).json()["access_token"]
    assert httpx.get(f"{party.url}{CONNECT}/userinfo", params={"access_token": token}).status_code == 401


def test_id_token_is_no_access_token(party: Party) -> None:
    tokens = party.redeem(party.log_in(scope="openid")["code"]).json()
    assert party.userinfo(tokens["id_token"]).status_code == 401


def test_token_of_a_client_is_no_persons(party: Party) -> None:
    token = party.token(grant_type="client_credentials").json()["access_token"]
    refused = party.userinfo(token)
    assert (refused.status_code, refused.json()["error"]) == (403, "insufficient_scope")


def test_changed_token_is_refused(party: Party) -> None:
    token = party.redeem(party.log_in(scope="openid")["code"]).json()["access_token"]
    assert party.userinfo(f"{token[:-8]}AAAAAAAA").status_code == 401
