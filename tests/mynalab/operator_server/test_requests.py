"""Bad requests: refused with their code, told nothing of what was sent, and others' tenants untouched."""

from __future__ import annotations

import logging
from base64 import b64decode
from hashlib import sha256
from typing import Any

import httpx
import pytest

from jpki.kinds import CaKind
from mynalab.operator_server.noticing import flaw_of_address
from mynalab.operator_server.rates import Rate, Rates
from tests.mynalab.operator_server.conftest import ORIGIN, Office, text
from tests.mynalab.operator_server.test_life import code

ID, USER_ID = "0" * 32, "0" * 40
PROOF = {"certificate": text(b"c" * 300), "signature": text(bytes(256)), "data": text(bytes(32))}
MALFORMED: dict[str, tuple[str, dict[str, Any]]] = {
    "nothing": ("registrations", {}),
    "no-signature": ("registrations", {"certificate": PROOF["certificate"], "data": PROOF["data"]}),
    "two-of-what-was-signed": ("registrations", {**PROOF, "digest": text(bytes(32))}),
    "none-of-what-was-signed": ("verifications", {name: PROOF[name] for name in ("certificate", "signature")}),
    "certificate-and-jwe": ("verifications", {**PROOF, "sign_certificate_jwe": "a.b.c.d.e"}),
    "jwe-over-data": ("verifications", {"sign_certificate_jwe": "a.b.c.d.e", "data": PROOF["data"]}),
    "scheme-of-padded-data": (
        "verifications",
        {**{name: PROOF[name] for name in ("certificate", "signature")}, "padded": "", "scheme": "ecdsa-sha384"},
    ),
    "unknown-field": ("registrations", {**PROOF, "PIN-1234": "1234"}),
    "no-base64": ("registrations", {**PROOF, "certificate": "PIN-1234"}),
    "base64-for-urls": ("registrations", {**PROOF, "certificate": "ab-_"}),
    "too-long": ("registrations", {**PROOF, "certificate": "A" * 21_852}),
    "number-for-text": ("registrations", {**PROOF, "certificate": 1234}),
    "text-for-bool": ("verifications", {**PROOF, "identify_user": "true"}),
    "other-kind": ("registrations", {**PROOF, "kind": "SIGN"}),
    "other-scheme": ("verifications", {**PROOF, "scheme": "none"}),
    "other-method": ("verifications", {**PROOF, "check_method": "nobody"}),
    "other-purpose": ("challenges", {"purpose": "PIN-1234", "origin": ORIGIN}),
    "too-many": ("certificates/status/batch", {"certificate_ids": [ID] * 501}),
    "none": ("users/status/batch", {"user_ids": []}),
    "other-id": ("certificates/status", {"certificate_id": "../" + ID}),
}


@pytest.mark.parametrize(("path", "body"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_request_is_not_repeated(office: Office, path: str, body: dict[str, Any]) -> None:
    answer = office.post(path, **body)
    assert (answer.status_code, code(answer)) == (422, "request.malformed")
    assert "1234" not in answer.text


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b"[" * 20_000], ids=lambda one: repr(one[:4]))
def test_a_body_that_is_no_json(office: Office, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    assert code(office.http.post("/v1/registrations", content=body, headers=headers)) == "request.malformed"


def test_a_body_that_is_too_long(office: Office) -> None:
    assert office.http.post("/v1/registrations", content=b"a" * 70_000).status_code == 413


def test_a_name_of_others_is_not_served(office: Office) -> None:
    assert office.http.get("/key/jwks.json", headers={"Host": "evil.example"}).status_code == 403


def test_an_origin_that_is_none(office: Office) -> None:
    assert code(office.post("challenges", purpose="log-in", origin="http://bank.example")) == "origin.malformed"


def test_an_address_where_nothing_is(office: Office) -> None:
    assert code(office.http.get("/v2/users")) == "request.not-found"
    refused = office.http.put("/v1/registrations")
    assert (code(refused), refused.headers["allow"]) == ("request.method", "POST")


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer x"}, {"Authorization": "Basic eDp5"}], ids=str)
def test_a_stranger(office: Office, header: dict[str, str]) -> None:
    answer = httpx.get(f"{office.server.url}/v1/webhooks", headers=header)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert code(answer) == "token.refused"


def test_a_sign_result_that_does_not_open(office: Office) -> None:
    refused = office.post("verifications/sign-result", sign_certificate_jwe="a.b.c.d.e", data=text(bytes(32)))
    assert code(refused) == "sign-result.refused"


def test_a_sign_result_about_other_data(office: Office) -> None:
    sealed = office.sealed({"certificate": text(b"c"), "signature": text(b"s")}, bytes(32))
    other = text(b"1" * 32)
    for path, given in (("verifications/sign-result", {"data": other}), ("registrations", {"padded": other})):
        assert code(office.post(path, sign_certificate_jwe=sealed, **given)) == "sign-result.other-data"


def test_a_sign_result_over_a_challenge_registers(office: Office) -> None:
    office.on(1)
    given = office.challenge("registration")
    message = b64decode(given["message"])
    assert given["digest"] == text(sha256(message).digest())
    info = bytes.fromhex("3031300d060960864801650304020105000420") + sha256(message).digest()
    sealed = office.sealed(office.signed("alice", CaKind.SIGN, message), info)
    answer = office.post("registrations", sign_certificate_jwe=sealed, challenge=given["challenge"])
    assert answer.status_code == 201


def test_another_tenant_sees_nothing(office: Office) -> None:
    office.on(1)
    mine = office.register("alice").json()
    with office.client(office.operator.add("shop", now=office.now)) as other:
        assert other.get("/v1/verifications").json()["verifications"] == []
        for path in (
            f"users/{mine['user_id']}",
            f"users/{mine['user_id']}/status",
            f"users/{mine['user_id']}/consent",
            f"verifications/{mine['verification']['id']}",
        ):
            assert other.get(f"/v1/{path}").status_code == 404
        asked = {"certificate_id": mine["certificate"]["id"]}
        assert code(other.post("/v1/certificates/status", json=asked)) == "certificate.unknown"


def test_an_old_token_is_good_for_nothing(office: Office) -> None:
    office.operator.renew("demo")
    assert code(office.http.get("/v1/webhooks")) == "token.refused"


def test_nothing_personal_is_logged(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    office.on(1)
    with caplog.at_level(logging.DEBUG, logger="jpki"), caplog.at_level(logging.DEBUG, logger="mynalab"):
        mine = office.register("alice").json()
        office.register("alice")
        office.post("registrations", **PROOF)
    logged = "\n".join(record.getMessage() for record in caplog.records)
    assert "operator.user.already-registered" in logged
    for secret in (mine["attributes"]["name"], mine["attributes"]["address"], mine["user_id"], PROOF["certificate"]):
        assert secret not in logged


def test_who_asks_too_often_waits_as_long_as_it_is_told() -> None:
    now = [0.0]
    rates = Rates(Rate(burst=2, per_second=0.1), seconds=lambda: now[0])
    assert [rates.take("a") for _ in range(3)] == [0, 0, 10]
    assert rates.take("b") == 0
    now[0] = 9.0
    assert rates.take("a") == 1
    now[0] = 10.0
    assert rates.take("a") == 0


def test_too_many_requests_are_refused(office: Office) -> None:
    office.close()
    office.rate = Rate(burst=1, per_second=0.01)
    office.__post_init__()
    assert office.http.get("/v1/webhooks").status_code == 200
    refused = office.http.get("/v1/webhooks")
    assert (code(refused), refused.headers["retry-after"]) == ("rate.exceeded", "100")


ADDRESSES = {
    "http://127.0.0.1:9000/x": True,
    "http://[::1]:9000/": True,
    "https://localhost/": True,
    "http://127.0.0.2/": True,
    "http://10.0.0.1/": False,
    "http://example.com/": False,
    "http://localhost.example.com/": False,
    "http://127.0.0.1@example.com/": False,
    "http://me:secret@127.0.0.1/": False,
    "http://127.0.0.1:0/": False,
    "http://127.0.0.1:99999/": False,
    "http://2130706433/": False,
    "http://[::1/": False,
    "http://[::1%25lo]/": False,
    "ftp://127.0.0.1/": False,
    "http:///x": False,
    "http://127.0.0.1/#x": False,
    "http://127.0.0.1/\n": False,
}


@pytest.mark.parametrize(("url", "ok"), ADDRESSES.items(), ids=ADDRESSES)
def test_webhooks_go_to_this_machine(url: str, ok: bool) -> None:
    assert (flaw_of_address(url) is None) is ok


def test_a_webhook_elsewhere_is_refused(office: Office) -> None:
    assert code(office.post("webhooks", url="http://example.com/")) == "webhook.address"
