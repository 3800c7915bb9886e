"""The authorization request: each row of the table, right and wrong."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from mynalab.authapp.parameters import CLIENT_ID, PARAMETERS, REDIRECT_URI, judge
from tests.mynalab.authapp.conftest import CONNECT, Party, World, answer_of

EVERY = {row.name: row for row in (CLIENT_ID, REDIRECT_URI, *PARAMETERS)}

RIGHT = [
    ("client_id", "RP00000001"),
    ("client_id", "a" * 255),
    ("redirect_uri", "https://rp.example/callback?a=b"),
    ("state", " ~" * 127),
    ("nonce", "n"),
    ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
    ("code_challenge_method", "S256"),
    ("response_type", "code"),
    ("scope", "openid name address birthdate gender sign"),
    ("acr_values", "aal3 crl"),
    ("sign_transaction_id", "65a04b4e-af8b-45a2-8713-5ec2631bab64"),
    ("prompt", "login"),
    ("response_mode", "query"),
]


@pytest.mark.parametrize(("name", "value"), RIGHT, ids=[f"{name}-{len(value)}" for name, value in RIGHT])
def test_value_that_fits(name: str, value: str) -> None:
    assert judge(EVERY[name], [value]) is None


WRONG = [
    ("client_id", "a" * 256, "invalid_request"),
    ("client_id", "RP-1", "invalid_request"),
    ("redirect_uri", "https://rp.example/" + "a" * 255, "invalid_request"),
    ("redirect_uri", "https://rp.example/ x", "invalid_request"),
    ("state", "s" * 256, "invalid_request"),
    ("state", "日本", "invalid_request"),
    ("state", "a\nb", "invalid_request"),
    ("nonce", "n" * 256, "invalid_request"),
    ("nonce", "\x7f", "invalid_request"),
    ("code_challenge", "c" * 129, "invalid_request"),
    ("code_challenge", "c+c", "invalid_request"),
    ("code_challenge_method", "plain", "invalid_request"),
    ("code_challenge_method", "s256", "invalid_request"),
    ("response_type", "token", "unsupported_response_type"),
    ("response_type", "code id_token", "unsupported_response_type"),
    ("scope", "openid  name", "invalid_scope"),
    ("scope", " openid", "invalid_scope"),
    ("acr_values", "a" * 256, "invalid_request"),
    ("sign_transaction_id", "65a04b4e", "invalid_request"),
    ("prompt", "none", "login_required"),
    ("response_mode", "fragment", "invalid_request"),
    ("response_mode", "form_post", "invalid_request"),
    ("request", "eyJ", "request_not_supported"),
    ("request_uri", "https://evil.example/", "request_uri_not_supported"),
]


@pytest.mark.parametrize(
    ("name", "value", "error"), WRONG, ids=[f"{name}-{number}" for number, (name, _, _) in enumerate(WRONG)]
)
def test_value_that_does_not_fit(name: str, value: str, error: str) -> None:
    unfit = judge(EVERY[name], [value])
    assert unfit is not None
    assert unfit.error == error
    assert value not in unfit.description


@pytest.mark.parametrize("name", [row.name for row in EVERY.values() if row.required])
def test_required_parameter_has_to_be_there(name: str) -> None:
    assert judge(EVERY[name], []) == judge(EVERY[name], [""])
    assert judge(EVERY[name], []) is not None


@pytest.mark.parametrize("name", EVERY)
def test_parameter_comes_once(name: str) -> None:
    unfit = judge(EVERY[name], ["a", "a"])
    assert unfit is not None
    assert unfit.error == "invalid_request"


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "invalid_request"),
        ({"state": None}, "invalid_request"),
        ({"nonce": None}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"scope": "name"}, "invalid_scope"),
        ({"scope": "openid email"}, "invalid_scope"),
        ({"scope": "openid openid"}, "invalid_scope"),
        ({"scope": "openid sign"}, "invalid_request"),
        ({"sign_transaction_id": "65a04b4e-af8b-45a2-8713-5ec2631bab64"}, "invalid_request"),
        (
            {"scope": "openid sign", "sign_transaction_id": "65a04b4e-af8b-45a2-8713-5ec2631bab64"},
            "invalid_request",
        ),
        ({"prompt": "none"}, "login_required"),
        ({"request": "x"}, "request_not_supported"),
    ],
    ids=lambda value: "-".join(f"{k}-{v}" for k, v in value.items())[:60] if isinstance(value, dict) else value,
)
def test_error_goes_back_to_the_client(party: Party, changed: dict[str, str | None], error: str) -> None:
    answer = answer_of(party.ask(**changed))
    assert answer["error"] == error
    assert answer.get("state") == (None if "state" in changed else "state-1")
    assert "code" not in answer


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": None},
        {"client_id": "RP99"},
        {"client_id": "RP-1"},
        {"redirect_uri": None},
        {"redirect_uri": "http://127.0.0.1:9/callback/"},
        {"redirect_uri": "http://127.0.0.1:9/callback?x=1"},
        {"redirect_uri": "http://127.0.0.1:9/CALLBACK"},
        {"redirect_uri": "http://127.0.0.1:9/callback/../evil"},
        {"redirect_uri": "http://127.0.0.1:9@evil.example/callback"},
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": "//evil.example/"},
        {"redirect_uri": "javascript:alert(1)"},
    ],
    ids=lambda value: "-".join(f"{k}-{v}" for k, v in value.items()),
)
def test_nobody_is_redirected_to_where_no_client_is(party: Party, changed: dict[str, str | None]) -> None:
    response = party.ask(**changed)
    assert response.status_code == 400
    assert "location" not in response.headers
    assert "evil.example" not in response.text


def test_redirect_uri_of_another_client_is_none_of_this_one(world: World, party: Party) -> None:
    world.party("RP2", redirect="http://127.0.0.1:8/callback")
    assert party.ask(redirect_uri="http://127.0.0.1:8/callback").status_code == 400


def test_parameter_given_twice_is_refused(party: Party) -> None:
    query = urlencode([*party.request().items(), ("scope", "openid")])
    answer = answer_of(party.browser.get(f"{party.url}{CONNECT}/auth?{query}"))
    assert answer["error"] == "invalid_request"


def test_redirect_uri_given_twice_leads_nowhere(party: Party) -> None:
    query = urlencode([*party.request().items(), ("redirect_uri", party.redirect)])
    assert party.browser.get(f"{party.url}{CONNECT}/auth?{query}").status_code == 400


def test_scope_that_is_not_registered_is_refused(world: World) -> None:
    party = world.party(scopes=("openid", "name"))
    assert answer_of(party.ask(scope="openid address"))["error"] == "invalid_scope"
