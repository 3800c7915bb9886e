"""A sign transaction from its start to what the operator opens."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import httpx
import pytest
from joserfc import jwe
from joserfc.jwk import KeySet, RSAKey

from jpki.verify.policy import DOCUMENT_SIGNATURE, Policy
from jpki.verify.procedure import verify
from jpki.verify.schemes import PKCS1_BARE_SHA256, PKCS1_SHA256, MessageDigest
from mynalab.lab.lab import Lab
from mynalab.lab.relying_party import policy_for, trust_store
from mynalab.operator_server.keys import open_sign_result, operator_keys
from tests.mynalab.authapp.conftest import NOW, Party, World, answer_of, configure

DIGEST = sha256(b"contract").digest()
DIGEST_INFO = bytes.fromhex("3031300D060960864801650304020105000420") + DIGEST
PASSWORD = "ABC123"
PATH = "/api/sign-transactions"


def start(party: Party, data: bytes | str = DIGEST, *, token: str | None = None, **members: Any) -> httpx.Response:
    """The relying party's server starts a transaction."""
    text = data if isinstance(data, str) else base64.b64encode(data).decode()
    token = token or party.token(grant_type="client_credentials").json()["access_token"]
    return httpx.post(
        f"{party.url}{PATH}", json={"data": text, **members}, headers={"Authorization": f"Bearer {token}"}
    )


def sign(party: Party, id_: str, scope: str = "openid sign", password: str = PASSWORD) -> httpx.Response:
    """The person signs at the page."""
    page = party.ask(scope=scope, sign_transaction_id=id_)
    return party.press(page, do="use", card="card:alice", pin=password)


def signed(party: Party, data: bytes = DIGEST, scope: str = "openid sign") -> tuple[str, str]:
    """The id, and the access token that reads the result."""
    id_ = start(party, data).json()["sign_transaction_id"]
    tokens = party.redeem(answer_of(sign(party, id_, scope))["code"]).json()
    return id_, tokens["access_token"]


def verdict(lab: Lab, certificate: bytes, signature: bytes, *, bare: bool) -> bool:
    """What the lab's own verifier says."""
    scheme = PKCS1_BARE_SHA256 if bare else PKCS1_SHA256
    revocation = policy_for(lab, DOCUMENT_SIGNATURE, NOW).revocation
    policy = Policy(purpose=DOCUMENT_SIGNATURE, revocation=revocation, schemes=(scheme,))
    return verify(
        certificate=certificate,
        signature=signature,
        message=MessageDigest(DIGEST),
        trust=trust_store(lab),
        policy=policy,
        now=NOW,
    ).ok


@pytest.mark.parametrize("data", [DIGEST, DIGEST_INFO], ids=["bare-hash", "digest-info"])
def test_operator_opens_what_was_signed(world: World, party: Party, data: bytes) -> None:
    id_, token = signed(party, data)
    answer = party.get(f"{PATH}/{id_}/result", token)
    assert set(answer.json()) == {"sign_certificate_jwe"}
    result = open_sign_result(answer.json()["sign_certificate_jwe"], operator_keys(world.lab))
    assert result.data == data
    assert verdict(world.lab, result.certificate, result.signature, bare=data is DIGEST)


def test_jwe_has_the_header_that_was_agreed(world: World, party: Party) -> None:
    id_, token = signed(party)
    text = party.get(f"{PATH}/{id_}/result", token).json()["sign_certificate_jwe"]
    header = json.loads(base64.urlsafe_b64decode(text.split(".")[0] + "=="))
    kid = operator_keys(world.lab).keys[0].kid
    assert header == {"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": kid, "cty": "application/json"}


def test_attributes_are_those_of_the_certificate(party: Party) -> None:
    id_ = start(party).json()["sign_transaction_id"]
    tokens = party.redeem(answer_of(sign(party, id_, "openid name birthdate sign"))["code"]).json()
    by_signing = party.userinfo(tokens["access_token"]).json()
    by_reading = party.userinfo(
        party.redeem(party.log_in(scope="openid name birthdate")["code"]).json()["access_token"]
    ).json()
    assert set(by_signing) == {"sub", "name", "birthdate"}
    assert by_signing == by_reading


def test_page_shows_what_is_signed(party: Party) -> None:
    id_ = start(party).json()["sign_transaction_id"]
    page = party.ask(scope="openid sign", sign_transaction_id=id_)
    assert id_ in page.text
    assert DIGEST.hex() in page.text


@pytest.mark.parametrize(
    "data",
    ["", "x", "!" * 44, base64.b64encode(b"s").decode(), base64.b64encode(bytes(33)).decode(), "A" * 129, "日本"],
    ids=["empty", "letter", "no-base64", "short", "long", "longest", "no-ascii"],
)
def test_data_that_is_no_hash(party: Party, data: str) -> None:
    refused = start(party, data)
    assert refused.status_code == 400
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["code"].startswith("authapp.sign.data-")
    assert refused.json()["detail_ja"]


def test_other_digest_info_is_refused(party: Party) -> None:
    sha1 = bytes.fromhex("3021300906052B0E03021A05000414") + bytes(20)
    assert start(party, sha1).json()["code"] == "authapp.sign.data-not-a-hash"


def test_digest_info_can_be_switched_off(lab: Lab, serve: Callable[..., World]) -> None:
    configure(lab, digest_info_allowed=False)
    assert start(serve().party(), DIGEST_INFO).status_code == 400


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"[" * 5000, b'"x"', b"\xff"], ids=range(6))
def test_body_that_is_no_object(party: Party, body: bytes) -> None:
    token = party.token(grant_type="client_credentials").json()["access_token"]
    refused = httpx.post(
        f"{party.url}{PATH}",
        content=body,
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    assert (refused.status_code, refused.json()["code"]) == (400, "authapp.sign.body")


def test_form_starts_nothing(party: Party) -> None:
    token = party.token(grant_type="client_credentials").json()["access_token"]
    refused = httpx.post(f"{party.url}{PATH}", data={"data": "x"}, headers={"Authorization": f"Bearer {token}"})
    assert refused.json()["code"] == "authapp.sign.body"


def test_start_needs_a_token(party: Party) -> None:
    assert httpx.post(f"{party.url}{PATH}", json={"data": "x"}).status_code == 401


def test_token_of_a_person_starts_nothing(party: Party) -> None:
    token = party.redeem(party.log_in(scope="openid")["code"]).json()["access_token"]
    assert start(party, token=token).status_code == 403


def test_transaction_of_another_client_is_none(world: World, party: Party) -> None:
    id_ = start(world.party("RP2")).json()["sign_transaction_id"]
    answer = answer_of(party.ask(scope="openid sign", sign_transaction_id=id_))
    assert answer["error"] == "invalid_request"


def test_transaction_is_signed_once(party: Party) -> None:
    id_, _ = signed(party)
    assert answer_of(party.ask(scope="openid sign", sign_transaction_id=id_))["error"] == "invalid_request"


def test_of_two_pages_one_signs(party: Party) -> None:
    id_ = start(party).json()["sign_transaction_id"]
    first, second = (party.ask(scope="openid sign", sign_transaction_id=id_) for _ in range(2))
    assert answer_of(party.press(first, do="use", card="card:alice", pin=PASSWORD))["code"]
    late = party.press(second, do="use", card="card:alice", pin=PASSWORD)
    assert 'data-code="transaction-over"' in late.text


def test_transaction_waits_ten_minutes(party: Party) -> None:
    id_ = start(party).json()["sign_transaction_id"]
    party.time.forward(seconds=600)
    assert answer_of(party.ask(scope="openid sign", sign_transaction_id=id_))["error"] == "invalid_request"


def test_wrong_password_is_told(party: Party) -> None:
    id_ = start(party).json()["sign_transaction_id"]
    page = sign(party, id_, password="WRONG1")
    assert 'data-code="pin-wrong"' in page.text
    assert "<strong>4</strong>" in page.text


def test_result_is_not_read_by_the_token_of_another_log_in(party: Party) -> None:
    id_, _ = signed(party)
    token = party.redeem(party.log_in(scope="openid")["code"]).json()["access_token"]
    refused = party.get(f"{PATH}/{id_}/result", token)
    assert (refused.status_code, refused.json()["code"]) == (404, "authapp.sign.no-result")


def test_result_is_not_read_by_the_clients_own_token(party: Party) -> None:
    id_, _ = signed(party)
    token = party.token(grant_type="client_credentials").json()["access_token"]
    assert party.get(f"{PATH}/{id_}/result", token).status_code == 403


@pytest.mark.parametrize("id_", ["65a04b4e-af8b-45a2-8713-5ec2631bab64", "x", "%2e%2e", "日本"])
def test_result_of_no_transaction(party: Party, id_: str) -> None:
    _, token = signed(party)
    assert party.get(f"{PATH}/{id_}/result", token).status_code == 404


def test_result_is_read_so_often(lab: Lab, serve: Callable[..., World]) -> None:
    configure(lab, sign_result_reads=2)
    party = serve().party()
    id_, token = signed(party)
    statuses = [party.get(f"{PATH}/{id_}/result", token).status_code for _ in range(3)]
    assert statuses == [200, 200, 410]


def test_operator_may_be_another(serve: Callable[..., World]) -> None:
    key = RSAKey.generate_key(2048, auto_kid=True)
    party = serve(operator=lambda: KeySet([key])).party()
    id_, token = signed(party)
    text = party.get(f"{PATH}/{id_}/result", token).json()["sign_certificate_jwe"]
    opened = jwe.decrypt_compact(text, key, algorithms=["RSA-OAEP-256", "A256GCM"])
    assert set(json.loads(opened.plaintext or b"")) == {"certificate", "signature", "data"}


def test_names_are_what_the_configuration_says(lab: Lab, serve: Callable[..., World]) -> None:
    configure(lab, sign_start_data_key="hash", sign_start_id_key="id", sign_start_status=200, sign_result_key="jwe")
    party = serve().party()
    token = party.token(grant_type="client_credentials").json()["access_token"]
    begun = start(party, "", token=token, hash=base64.b64encode(DIGEST).decode())
    assert (begun.status_code, set(begun.json())) == (200, {"id"})
    tokens = party.redeem(answer_of(sign(party, begun.json()["id"]))["code"]).json()
    assert set(party.get(f"{PATH}/{begun.json()['id']}/result", tokens["access_token"]).json()) == {"jwe"}


def test_result_is_not_read_by_a_token_that_was_refreshed_for_less(party: Party) -> None:
    id_ = start(party).json()["sign_transaction_id"]
    tokens = party.redeem(answer_of(sign(party, id_))["code"]).json()
    less = party.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"], scope="openid").json()
    refused = party.get(f"{PATH}/{id_}/result", less["access_token"])
    assert (refused.status_code, refused.json()["code"]) == (404, "authapp.sign.no-result")
