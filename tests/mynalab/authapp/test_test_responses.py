"""The test-response mode: every row of the table, by page, by header and by query."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwt import JWTClaimsRegistry

from mynalab.authapp.abnormal import ABNORMAL, BY_NAME, Abnormal, Stage
from mynalab.operator_server.keys import SignResultError, open_sign_result, operator_keys
from mynalab.persona import load_persona
from mynalab.resources import persona_files
from tests.mynalab.authapp.conftest import REALM, Party, World, answer_of
from tests.mynalab.authapp.test_sign import PATH, start, verdict


@pytest.fixture
def tested(serve: Callable[..., World]) -> World:
    """A provider that gives test responses."""
    return serve(test_responses=True)


@pytest.fixture
def party(tested: World) -> Party:
    """A client that wants them."""
    return tested.party(test_responses=True)


def rows(stage: Stage) -> Any:
    """Those of one stage, each a case."""
    found = [row for row in ABNORMAL if row.stage is stage]
    return pytest.mark.parametrize("row", found, ids=[row.name for row in found])


def test_names_are_unambiguous() -> None:
    assert len(BY_NAME) == len(ABNORMAL)


@pytest.mark.parametrize("how", ["header", "query"])
def test_normal_answer_needs_no_page(party: Party, how: str) -> None:
    if how == "header":
        response = party.ask(headers={"Mynalab-Test-Response": "normal", "Mynalab-Test-Persona": "teenager"})
    else:
        response = party.ask(mynalab_test_response="normal", mynalab_persona="teenager")
    tokens = party.redeem(answer_of(response)["code"]).json()
    person = party.userinfo(tokens["access_token"]).json()
    assert person["name"] == load_persona("teenager").full_name


def test_page_offers_everybody_and_everything(party: Party) -> None:
    page = party.ask()
    assert all(f">{name}</option>" in page.text for name in persona_files())
    shown = [row for row in ABNORMAL if row.stage is not Stage.SIGN]
    assert all(f'value="{row.name}"' in page.text for row in shown)
    assert 'name="pin"' not in page.text
    assert party.press(page, do="language").text.count("正常") == 1


def test_page_gives_the_answer_that_is_chosen(party: Party) -> None:
    answer = answer_of(party.press(party.ask(), do="test", response="normal", persona="alice"))
    assert party.redeem(answer["code"]).status_code == 200
    refused = answer_of(party.press(party.ask(), do="test", response="certificate-revoked", persona="alice"))
    assert refused["error"] == "access_denied"


def test_page_can_be_left(party: Party) -> None:
    assert answer_of(party.press(party.ask(), do="cancel"))["error"] == "access_denied"


def test_client_that_wants_cards_gets_its_page(tested: World) -> None:
    page = tested.party("RP2").ask(headers={"Mynalab-Test-Response": "normal"})
    assert 'name="pin"' in page.text


def test_server_without_the_option_heeds_neither_header_nor_query(world: World) -> None:
    party = world.party(test_responses=True)
    page = party.ask(headers={"Mynalab-Test-Response": "normal"}, mynalab_test_response="normal")
    assert 'name="pin"' in page.text


def test_answer_that_is_none(party: Party) -> None:
    assert answer_of(party.ask(mynalab_test_response="whatever"))["error"] == "invalid_request"


def test_persona_that_is_none(party: Party) -> None:
    answer = answer_of(party.ask(mynalab_test_response="normal", mynalab_persona="../../etc/passwd"))
    assert answer["error"] == "invalid_request"
    assert "no persona" in answer["error_description"]


@rows(Stage.AUTHORIZE)
def test_answer_at_authorize(party: Party, row: Abnormal) -> None:
    answer = answer_of(party.ask(mynalab_test_response=row.name, scope="openid"))
    if row.error:
        assert answer["error"] == row.error
        assert answer["state"] == "state-1"
        return
    normal = {"code", "state", "session_state"}
    assert row.change is not None
    changed = row.change(dict.fromkeys(normal, "normal"))
    assert set(answer) == set(changed)
    assert all(answer[name] == value for name, value in changed.items() if value != "normal")


@rows(Stage.TOKEN)
def test_answer_of_the_token_endpoint(party: Party, row: Abnormal) -> None:
    response = party.redeem(answer_of(party.ask(mynalab_test_response=row.name, scope="openid"))["code"])
    assert (response.status_code, response.json()["error"]) == (row.status, row.error)


def check_id_token(party: Party, tokens: dict[str, str]) -> None:
    """What a careful relying party does."""
    read = jwt.decode(tokens["id_token"], party.keys(), algorithms=["ES256"])
    left = sha256(tokens["access_token"].encode()).digest()[:16]
    JWTClaimsRegistry(
        now=lambda: int(party.time().timestamp()),
        iss={"essential": True, "value": party.url + REALM},
        aud={"essential": True, "value": party.client_id},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": "nonce-1"},
        at_hash={"essential": True, "value": base64.urlsafe_b64encode(left).rstrip(b"=").decode()},
    ).validate(read.claims)


def test_normal_id_token_is_accepted(party: Party) -> None:
    check_id_token(party, party.redeem(answer_of(party.ask(mynalab_test_response="normal"))["code"]).json())


@rows(Stage.ID_TOKEN)
def test_id_token_that_nobody_may_accept(party: Party, row: Abnormal) -> None:
    response = party.redeem(answer_of(party.ask(mynalab_test_response=row.name, scope="openid"))["code"])
    assert response.status_code == 200
    with pytest.raises(JoseError):
        check_id_token(party, response.json())


@rows(Stage.USERINFO)
def test_answer_of_userinfo(party: Party, row: Abnormal) -> None:
    tokens = party.redeem(answer_of(party.ask(mynalab_test_response=row.name))["code"]).json()
    response = party.userinfo(tokens["access_token"])
    if row.error:
        assert (response.status_code, response.json()["error"]) == (row.status, row.error)
        return
    claims = party.claims(tokens["id_token"])
    person = response.json()
    assert person["sub"] != claims["sub"] or set(person) == {"sub"}


@rows(Stage.SIGN)
def test_result_that_nobody_may_accept(tested: World, party: Party, row: Abnormal) -> None:
    id_ = start(party).json()["sign_transaction_id"]
    answer = answer_of(party.ask(mynalab_test_response=row.name, scope="openid sign", sign_transaction_id=id_))
    token = party.redeem(answer["code"]).json()["access_token"]
    response = party.get(f"{PATH}/{id_}/result", token)
    if row.error:
        assert (response.status_code, response.json()["code"]) == (row.status, f"authapp.sign.{row.error}")
        return
    try:
        result = open_sign_result(response.json()["sign_certificate_jwe"], operator_keys(tested.lab))
    except SignResultError:
        assert row.name == "sign-broken-jwe"
        return
    good = verdict(tested.lab, result.certificate, result.signature, bare=True)
    assert not good or row.name == "sign-other-data"
    assert good is (result.data != sha256(b"contract").digest())


def test_normal_signature_is_accepted(tested: World, party: Party) -> None:
    id_ = start(party).json()["sign_transaction_id"]
    answer = answer_of(party.ask(mynalab_test_response="normal", scope="openid sign", sign_transaction_id=id_))
    token = party.redeem(answer["code"]).json()["access_token"]
    text = party.get(f"{PATH}/{id_}/result", token).json()["sign_certificate_jwe"]
    result = open_sign_result(text, operator_keys(tested.lab))
    assert verdict(tested.lab, result.certificate, result.signature, bare=True)


OUTCOMES = {
    "accepted": None,
    "PinBlockedError": {"pin-blocked"},
    "jpki.revocation.revoked": {"certificate-revoked", "certificate-held"},
    "jpki.validity.expired": {"certificate-expired"},
    "jpki.validity.not-yet-valid": {"certificate-not-yet-valid"},
}


@pytest.mark.parametrize("persona", persona_files())
def test_card_of_every_persona_answers_as_it_would(party: Party, persona: str) -> None:
    expected = OUTCOMES[load_persona(persona).expect["log_in"]]
    answer = answer_of(party.ask(mynalab_test_response="normal", mynalab_persona=persona, scope="openid"))
    if expected is None:
        assert "code" in answer
    else:
        assert answer["error"] == "access_denied"
        assert answer["error_description"] in expected


def test_rows_are_plain_to_read() -> None:
    assert all(row.en and row.ja for row in ABNORMAL)
    assert json.dumps([row.name for row in ABNORMAL]).isascii()


def test_openapi_document_has_the_json_endpoints(tested: World) -> None:
    paths = httpx.get(f"{tested.url}/openapi.json").json()["paths"]
    assert set(paths) == {
        f"{REALM}/protocol/openid-connect/token",
        f"{REALM}/protocol/openid-connect/userinfo",
        f"{REALM}/protocol/openid-connect/certs",
        f"{REALM}/.well-known/openid-configuration",
        PATH,
        f"{PATH}/{{id}}/result",
    }


def test_openapi_document_names_each_parameter_once_and_no_answer_of_the_framework(tested: World) -> None:
    document = httpx.get(f"{tested.url}/openapi.json").json()
    operations = [each for path in document["paths"].values() for each in path.values()]
    given = [[(one["in"], one["name"]) for one in each.get("parameters", ())] for each in operations]
    assert all(len(names) == len(set(names)) for names in given)
    answers = [answer["description"] for each in operations for answer in each["responses"].values()]
    assert not {"Successful Response", "Validation Error"} & set(answers)
