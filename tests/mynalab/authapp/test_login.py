"""A log-in from the first redirect to userinfo, and what is in the tokens."""

from __future__ import annotations

import base64
import warnings
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc import jwt
from joserfc.jwk import ECKey

from jpki.kinds import CaKind
from mynalab.lab.counter import LabCounter
from mynalab.lab.founding import roll_over
from mynalab.lab.lab import Lab
from mynalab.lab.register import open_register
from mynalab.pki_server.counter import CounterRefusal

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Authlib 1.9 looks for httpx2 first, which is not released for all of us
    from authlib.integrations.httpx_client import OAuth2Client

from tests.mynalab.authapp.conftest import CONNECT, REALM, REDIRECT, Party, World, answer_of, configure
from tests.mynalab.authapp.test_sign import sign, start

MOVE = {
    "card": "alice",
    "address": "見本県別市北一丁目１番",
    "prefecture": "Mihon-ken",
    "municipality": "Betsu-shi",
    "municipality_code": "99202",
}
ATTRIBUTES = {"name", "address", "birthdate", "gender"}


def test_person_logs_in_with_a_card_of_the_lab(world: World, party: Party) -> None:
    answer = party.log_in()
    assert set(answer) == {"code", "state", "session_state"}
    assert answer["state"] == "state-1"
    tokens = party.redeem(answer["code"]).json()
    claims = party.claims(tokens["id_token"])
    assert claims["iss"] == f"{world.url}{REALM}"
    assert claims["aud"] == party.client_id
    assert claims["nonce"] == "nonce-1"
    left = sha256(tokens["access_token"].encode()).digest()[:16]
    assert claims["at_hash"] == base64.urlsafe_b64encode(left).rstrip(b"=").decode()
    person = party.userinfo(tokens["access_token"]).json()
    assert person["sub"] == claims["sub"]
    assert set(person) == {"sub", *ATTRIBUTES}
    assert all(isinstance(value, str) for value in person.values())


def test_clients_of_authlib_log_in(world: World, party: Party, monkeypatch: pytest.MonkeyPatch) -> None:
    """Authlib's client makes the request, checks the state and proves who it is, knowing discovery alone."""
    found = httpx.get(f"{world.url}{REALM}/.well-known/openid-configuration").json()
    monkeypatch.setattr("time.time", lambda: world.time().timestamp())  # its assertions are of the system's clock
    with OAuth2Client(
        party.client_id,
        party.key.as_pem(private=True).decode(),
        token_endpoint_auth_method=PrivateKeyJWT(found["token_endpoint"]),
        redirect_uri=REDIRECT,
        scope="openid name",
        code_challenge_method="S256",
    ) as client:
        address, state = client.create_authorization_url(
            found["authorization_endpoint"], nonce="n", code_verifier="w" * 64
        )
        shown = party.browser.get(address)
        back = party.press(shown, do="use", card="card:alice", pin="1234").headers["location"]
        token = client.fetch_token(
            found["token_endpoint"], authorization_response=back, state=state, code_verifier="w" * 64
        )
        person = client.get(found["userinfo_endpoint"]).json()
    keys = httpx.get(found["jwks_uri"]).json()
    read = jwt.decode(token["id_token"], party.keys(), algorithms=["ES256"])
    assert read.header["kid"] in {key["kid"] for key in keys["keys"]}
    assert (read.claims["nonce"], read.claims["sub"]) == ("n", person["sub"])
    assert set(person) == {"sub", "name"}


@pytest.mark.parametrize(
    ("scope", "told"),
    [
        ("openid", set()),
        ("openid name", {"name"}),
        ("openid address", {"address"}),
        ("openid birthdate gender", {"birthdate", "gender"}),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else None,
)
def test_userinfo_tells_what_the_scope_opens(party: Party, scope: str, told: set[str]) -> None:
    tokens = party.redeem(party.log_in(scope=scope)["code"]).json()
    assert set(party.userinfo(tokens["access_token"]).json()) == {"sub", *told}


def test_tokens_have_the_algorithms_of_the_service(party: Party) -> None:
    tokens = party.redeem(party.log_in()["code"]).json()
    keys = party.keys()
    assert jwt.decode(tokens["id_token"], keys, algorithms=["ES256"]).header["alg"] == "ES256"
    read = jwt.decode(tokens["access_token"], keys, algorithms=["RS256"])
    assert {"alg", "typ", "kid"} == set(read.header)
    assert not ATTRIBUTES & set(read.claims)


def test_lifetimes_are_of_the_lab_clock(party: Party) -> None:
    tokens = party.redeem(party.log_in()["code"]).json()
    party.time.forward(seconds=299)
    assert party.userinfo(tokens["access_token"]).status_code == 200
    party.time.forward(seconds=1)
    refused = party.userinfo(tokens["access_token"])
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_token")


def test_code_is_good_for_a_minute(party: Party) -> None:
    answer = party.log_in()
    party.time.forward(seconds=60)
    assert party.redeem(answer["code"]).json()["error"] == "invalid_grant"


def test_clients_with_keys_of_p256_log_in(world: World) -> None:
    party = world.party(key=ECKey.generate_key("P-256"))
    assert party.redeem(party.log_in()["code"]).status_code == 200


def sub_of(party: Party) -> str:
    """What a log-in says of who it is."""
    return str(party.claims(party.redeem(party.log_in(scope="openid")["code"]).json()["id_token"])["sub"])


def test_sub_is_another_for_another_sector(world: World) -> None:
    one, other = world.party("RP1"), world.party("RP2", sector="other.example")
    assert sub_of(one) != sub_of(other)


def test_sub_is_the_same_within_a_sector(world: World) -> None:
    one, other = world.party("RP1", sector="group.example"), world.party("RP2", sector="group.example")
    assert sub_of(one) == sub_of(other)


def test_sub_stays_over_a_renewal(world: World, party: Party) -> None:
    before = sub_of(party)
    with open_register(world.lab) as register:
        (old,) = register.certificates(card="alice", kind=CaKind.AUTH)
        world.time.now = old.not_after - timedelta(days=60)
        for kind in CaKind:
            roll_over(world.lab, kind, register, now=world.time())
        world.time.forward(days=30)
        done = LabCounter(world.lab, register).operate("renew", {"card": "alice"}, now=world.time())
        assert not isinstance(done, CounterRefusal), done
        assert len(list(register.certificates(card="alice", kind=CaKind.AUTH))) == 2
    assert sub_of(party) == before


def signing_sub(party: Party) -> str:
    """The same of a signature, with the other key."""
    id_ = start(party).json()["sign_transaction_id"]
    return str(party.claims(party.redeem(answer_of(sign(party, id_))["code"]).json()["id_token"])["sub"])


def test_sub_stays_over_a_move(world: World, party: Party) -> None:
    before = sub_of(party)
    assert signing_sub(party) == before
    with open_register(world.lab) as register:
        for operation, arguments in (("move", MOVE), ("sign-anew", {"card": "alice"})):
            world.time.forward(days=1)
            done = LabCounter(world.lab, register).operate(operation, arguments, now=world.time())
            assert not isinstance(done, CounterRefusal), done
    world.time.forward(days=1)
    assert signing_sub(party) == before
    assert sub_of(party) == before


def test_sub_has_no_serial_number(world: World, party: Party) -> None:
    with open_register(world.lab) as register:
        serials = [one.id.serial for one in register.certificates(card="alice")]
    found = sub_of(party)
    assert not any(str(serial) in found or f"{serial:x}" in found for serial in serials)


def test_iss_in_the_response_is_an_option(lab: Lab, serve: Callable[..., World]) -> None:
    configure(lab, has_iss_in_response=True)
    world = serve()
    assert world.party().log_in()["iss"] == f"{world.url}{REALM}"


def test_issuer_is_what_it_was_told(serve: Callable[..., World]) -> None:
    world = serve(base_url="https://op.example/")
    found = httpx.get(f"{world.url}{REALM}/.well-known/openid-configuration").json()
    assert found["issuer"] == f"https://op.example{REALM}"
    assert found["token_endpoint"] == f"https://op.example{CONNECT}/token"


def test_issuer_does_not_follow_the_host(world: World) -> None:
    port = urlsplit(world.url).port
    found = httpx.get(
        f"{world.url}{REALM}/.well-known/openid-configuration", headers={"Host": f"localhost:{port}"}
    ).json()
    assert found["issuer"] == f"{world.url}{REALM}"


def test_query_of_the_redirect_uri_stays(world: World) -> None:
    redirect = f"{REDIRECT}?tenant=7"
    party = world.party(redirect=redirect)
    back = party.press(party.ask(), do="use", card="card:alice", pin="1234").headers["location"]
    query = parse_qs(urlsplit(back).query)
    assert query["tenant"] == ["7"]
    assert party.redeem(query["code"][0]).status_code == 200


@pytest.mark.parametrize("state", ["a b", "a;b&c=d", "é"[:0] + "%2F+", "~!@#$%^&*()"], ids=range(4))
def test_state_comes_back_as_it_was(party: Party, state: str) -> None:
    assert party.log_in(state=state, scope="openid")["state"] == state


def test_refresh_gives_new_tokens_for_the_same_person(party: Party) -> None:
    tokens = party.redeem(party.log_in()["code"]).json()
    party.time.forward(seconds=400)
    again = party.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"]).json()
    first, second = party.claims(tokens["id_token"]), party.claims(again["id_token"])
    assert (first["sub"], first["auth_time"]) == (second["sub"], second["auth_time"])
    assert "nonce" not in second
    assert set(party.userinfo(again["access_token"]).json()) == {"sub", *ATTRIBUTES}


def test_refresh_may_ask_for_less(party: Party) -> None:
    tokens = party.redeem(party.log_in()["code"]).json()
    again = party.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"], scope="openid name").json()
    assert set(party.userinfo(again["access_token"]).json()) == {"sub", "name"}


def test_refresh_ends_with_its_family(party: Party) -> None:
    tokens = party.redeem(party.log_in()["code"]).json()
    party.time.forward(seconds=1000)
    again = party.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"]).json()
    party.time.forward(seconds=800)
    late = party.token(grant_type="refresh_token", refresh_token=again["refresh_token"])
    assert late.json()["error"] == "invalid_grant"


def test_two_log_ins_are_two_sessions(party: Party) -> None:
    first, second = (
        party.log_in(scope="openid"),
        answer_of(party.press(party.ask(scope="openid"), do="use", card="card:alice", pin="1234")),
    )
    assert first["session_state"] != second["session_state"]
