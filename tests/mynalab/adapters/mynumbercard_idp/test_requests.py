"""Requests that are not what they should be, and troubles of the server: each by its status and code."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest

from jpki.kinds import CaKind
from mynalab.adapters.mynumbercard_idp.envelope import MAX_PEM
from mynalab.operator_server.rates import Rate
from tests.mynalab.adapters.mynumbercard_idp.conftest import Proved, Provider, read

MALFORMED = (400, "adapter.request.malformed")
UNREADABLE = (400, "adapter.certificate.unreadable")


def without(*names: str) -> Callable[[dict[str, Any]], None]:
    def change(body: dict[str, Any]) -> None:
        for name in names[:-1]:
            body = body[name]
        del body[names[-1]]

    return change


def put(value: Any, *names: str) -> Callable[[dict[str, Any]], None]:
    def change(body: dict[str, Any]) -> None:
        for name in names[:-1]:
            body = body[name]
        body[names[-1]] = value

    return change


BAD = {
    "no-request-info": without("requestInfo"),
    "no-sender": without("requestInfo", "sender"),
    "empty-sender": put("", "requestInfo", "sender"),
    "long-sender": put("I" * 65, "requestInfo", "sender"),
    "no-transaction": without("requestInfo", "transactionId"),
    "transaction-is-no-uuid": put("1", "requestInfo", "transactionId"),
    "another-recipient": put("JPKX", "requestInfo", "recipient"),
    "no-ts": without("requestInfo", "ts"),
    "ts-of-iso-8601": put("2026-01-05T09:01:07.045Z", "requestInfo", "ts"),
    "ts-without-milliseconds": put("2026-01-05 09:01:07", "requestInfo", "ts"),
    "ts-of-no-day": put("2026-02-30 09:01:07.045", "requestInfo", "ts"),
    "ts-of-no-hour": put("2026-01-05 24:01:07.045", "requestInfo", "ts"),
    "ts-is-a-number": put(1767571267045, "requestInfo", "ts"),
    "ts-in-other-digits": put("２０26-01-05 09:01:07.045", "requestInfo", "ts"),
    "unknown-field": put("x", "requestInfo", "more"),
    "no-certificate": without("encryptedCertificateForSign"),
    "null-certificate": put(None, "encryptedCertificateForSign"),
    "oversized-certificate": put("A" * 32_769, "encryptedCertificateForSign"),
    "no-nonce": without("applicantData"),
    "empty-nonce": put("", "applicantData"),
    "half-a-character": put("\ud800", "applicantData"),
    "no-sign": without("sign"),
    "sign-is-no-base64": put("****", "sign"),
    "sign-of-base64url": put("-_-_", "sign"),
    "both-certificates": put("x", "encryptedCertificateForUser"),
}


@pytest.mark.parametrize("change", BAD.values(), ids=BAD)
def test_a_request_that_is_not_as_described(provider: Provider, change: Callable[[dict[str, Any]], None]) -> None:
    body = provider.body(provider.prove(CaKind.SIGN))
    change(body)
    assert read(provider.post("registration", body)) == MALFORMED


BODIES = {
    "empty": b"",
    "no-json": b"{",
    "list": b"[]",
    "text": b'"JPKI"',
    "no-unicode": b'{"sign": "\xff"}',
    "deep": b"[" * 20_000,
}


@pytest.mark.parametrize("operation", ["registration", "login", "replacement"])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_body_that_is_none(provider: Provider, operation: str, body: bytes) -> None:
    assert read(provider.post(operation, body)) == MALFORMED


def test_what_was_sent_is_not_said_again(provider: Provider) -> None:
    body = provider.body(provider.prove(CaKind.SIGN)) | {"1234": "ABC123", "sign": "ABC123"}
    answer = provider.post("registration", body)
    assert read(answer) == MALFORMED
    assert "1234" not in answer.text
    assert "ABC123" not in answer.text
    assert "sign" in answer.json()["status"]["errorInfo"]["message"]


def test_fields_of_a_registration_are_none_of_a_log_in(provider: Provider) -> None:
    assert read(provider.post("login", provider.body(provider.prove(CaKind.SIGN)))) == MALFORMED


TIMES = {
    "of-the-document": "2023-06-16 17:30:00.123",
    "of-the-client": "2026-11-22 09:11:07.045",  # November in the place of the minutes
    "of-another-day": "1999-12-31 23:59:59.999",  # the lab's clock is not the provider's
}


@pytest.mark.parametrize("ts", TIMES.values(), ids=TIMES)
def test_a_time_in_the_form_of_both(provider: Provider, ts: str) -> None:
    assert read(provider.does("registration", ts=ts)) == (200, "")


def test_a_body_that_is_too_long(provider: Provider) -> None:
    assert provider.post("registration", b" " * 70_000).status_code == 413


def test_another_method(provider: Provider) -> None:
    assert provider.http.get("/verify/login").status_code == 405


def sealed(header: dict[str, Any], content: Callable[[Proved], str] = lambda proved: proved.pem) -> Any:
    return lambda provider, proved: provider.jwe(content(proved), **header)


ENVELOPES = {
    "bare": lambda _, proved: proved.pem,
    "no-jwe": lambda *_: "a.b.c.d.e",
    "alg-dir": sealed({"alg": "dir"}),
    "alg-none": sealed({"alg": "none"}),
    "alg-rsa1_5": sealed({"alg": "RSA1_5"}),
    "alg-rsa-oaep": sealed({"alg": "RSA-OAEP"}),
    "enc-that-is-not-expected": sealed({"enc": "A256CBC-HS512"}),
    "zip-that-is-not-expected": sealed({"zip": "GZ"}),
    "foreign-kid": sealed({"kid": "another"}),
    "key-in-the-header": sealed({"jwk": {"kty": "RSA", "n": "AQAB", "e": "AQAB"}}),
    "critical": sealed({"crit": ["exp"], "exp": 1}),
    "truncated": lambda provider, proved: provider.jwe(proved.pem)[:-4],
    "without-a-tag": lambda provider, proved: provider.jwe(proved.pem).rsplit(".", 1)[0],
    "another-key": lambda provider, proved: provider.jwe(proved.pem).replace(".", ".AA", 1),
    "not-pem": sealed({}, lambda _: "-----BEGIN NOTHING-----\nAAAA\n-----END NOTHING-----\n"),
    "half-pem": sealed({}, lambda proved: proved.pem[:-10]),
    "two-certificates": sealed({}, lambda proved: proved.pem * 2),
    "too-much-pem": sealed({}, lambda proved: proved.pem + " " * MAX_PEM),
}


@pytest.mark.parametrize("make", ENVELOPES.values(), ids=ENVELOPES)
def test_an_envelope_that_is_not_for_this_platform(provider: Provider, make: Any) -> None:
    proved = provider.prove(CaKind.SIGN)
    body = provider.body(proved, encryptedCertificateForSign=make(provider, proved))
    assert read(provider.post("registration", body)) == UNREADABLE
    assert read(provider.does("login")) == (404, "operator.user.not-registered")  # nothing was kept


def test_pem_around_what_is_no_certificate(provider: Provider) -> None:
    pem = f"-----BEGIN CERTIFICATE-----\n{b64encode(b'none').decode()}\n-----END CERTIFICATE-----\n"
    body = provider.body(provider.prove(CaKind.SIGN), encryptedCertificateForSign=provider.jwe(pem))
    assert read(provider.post("registration", body)) == (400, "operator.certificate.invalid")


def test_a_bare_certificate_where_it_is_allowed(provider: Provider) -> None:
    with closing(Provider(provider.town, _Renewing(provider.operator), unsafe_bare=True)) as loose:  # type: ignore[arg-type]
        loose.on(1)
        proved = loose.prove(CaKind.SIGN)
        body = loose.body(proved, encryptedCertificateForSign=proved.pem)
        assert read(loose.post("registration", body)) == (200, "")


class _Renewing:
    """An operator whose tenants are there already."""

    def __init__(self, operator: Any) -> None:
        self._operator = operator

    def __getattr__(self, name: str) -> Any:
        return getattr(self._operator, name)

    def add(self, name: str, **_: Any) -> str:
        return str(self._operator.renew(name))


def test_a_signature_over_something_else(provider: Provider) -> None:
    body = provider.body(provider.prove(CaKind.SIGN), applicantData="another nonce of some length")
    assert read(provider.post("registration", body)) == (401, "operator.signature.mismatch")


def test_another_cards_signature(provider: Provider) -> None:
    mine, other = provider.prove(CaKind.SIGN), provider.prove(CaKind.AUTH)
    body = provider.body(mine, sign=b64encode(other.signature).decode())
    assert read(provider.post("registration", body)) == (401, "operator.signature.mismatch")


def test_the_other_certificate(provider: Provider) -> None:
    proved = provider.prove(CaKind.AUTH)
    asked = provider.body(Proved(CaKind.SIGN, proved.certificate, proved.signature, proved.nonce))
    assert read(provider.post("registration", asked)) == (401, "operator.certificate.unsupported")


def test_the_interface_knows_one_kind_of_signature(provider: Provider) -> None:
    """SHA256withRSA: the next generation's cards sign with P-384."""
    provider.town.do("apply", 1, persona="teenager", new_card="ken", profile="next")
    provider.town.do("issue", 2, card="ken")
    provider.town.do("deliver", 3, card="ken")
    provider.on(4)
    assert read(provider.does("registration", "ken")) == (401, "operator.signature.mismatch")


def test_of_many_who_register_at_once_one_is_new(provider: Provider) -> None:
    bodies = [provider.body(provider.prove(CaKind.SIGN)) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda body: read(provider.post("registration", body)), bodies))
    assert sorted(answers) == [(200, ""), *[(409, "operator.user.already-registered")] * 7]


def test_of_many_with_one_proof_one_logs_in(provider: Provider) -> None:
    assert read(provider.does("registration"))[0] == 200
    body = provider.body(provider.prove(CaKind.AUTH))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: read(provider.post("login", body)), range(16)))
    assert sorted(answers) == [(200, ""), *[(401, "operator.data.used")] * 15]


def test_a_nonce_that_is_too_short(provider: Provider) -> None:
    assert read(provider.does("registration", nonce="0123456789abcde")) == (400, "operator.data.too-short")


def test_a_crowd(provider: Provider) -> None:
    with closing(Provider(provider.town, _Renewing(provider.operator), rate=Rate(burst=1, per_second=0.001))) as narrow:  # type: ignore[arg-type]
        narrow.on(1)
        assert read(narrow.does("login"))[0] == 404
        refused = narrow.does("login")
    assert read(refused) == (503, "operator.rate.exceeded")
    assert int(refused.headers["retry-after"]) > 0


def test_a_lab_that_is_broken(provider: Provider) -> None:
    body = provider.body(provider.prove(CaKind.SIGN), sender="ID456")
    (provider.town.lab.paths.root / "operator" / "vault.key").write_bytes(b"short")
    assert read(provider.post("registration", body)) == (500, "operator.lab.trouble")
