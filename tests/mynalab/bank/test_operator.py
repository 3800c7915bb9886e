"""The operator's client before an operator that is away, or answers something else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from jpki.attributes import Sex
from jpki.birthdate import BirthDate, Era
from mynalab.bank.config import BankConfig
from mynalab.bank.operator import OperatorClient, holder_of
from mynalab.bank.papers import Paper, Purpose
from mynalab.bank.refusals import RefusedError
from mynalab.web.server import LoopbackServer
from tests.mynalab.bank.conftest import Branch, Customer, code_of
from tests.mynalab.bank.test_oidc import CLIENT_KEY

PAPER = Paper(purpose=Purpose.OPEN, text="", digest=bytes(32))
TOLD: dict[str, Any] = {
    "name": "見本　花子",
    "name_substitutions": "00000",
    "address": "見本県",
    "address_substitutions": "000",
    "birth_date": None,
    "birth_date_parts": {"era": "showa", "year": 1950, "month": None, "day": None},
    "sex": "unknown",
}


@dataclass
class Stranger:
    """It answers what a test wants."""

    url: str = ""
    status: int = 200
    body: bytes = b""

    def answer(self, _: Request) -> Response:
        return Response(self.body, status_code=self.status, media_type="application/json")


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    made = Stranger()
    routes = [Route("/{path:path}", made.answer, methods=["GET", "POST", "DELETE", "PUT"])]
    with LoopbackServer(Starlette(routes=routes), port=0) as server:
        made.url = server.url
        yield made


def client_at(url: str) -> OperatorClient:
    config = BankConfig(
        url="http://127.0.0.1:1",
        issuer="",
        sign_url="",
        operator_url=url,
        operator_token="token",
        client_id="",
        client_key=CLIENT_KEY,
    )
    return OperatorClient(config)


def code(client: OperatorClient) -> str:
    with pytest.raises(RefusedError) as caught:
        client.status("5" * 40)
    client.close()
    return caught.value.refusal.code


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, b"x"), (200, b"[]"), (500, b""), (502, b"<html>"), (404, b"[]"), (404, b"{}"), (301, b"{}")],
    ids=["no-json", "list", "empty", "page", "list-404", "no-problem", "redirect"],
)
def test_answers_that_are_none(stranger: Stranger, status: int, body: bytes) -> None:
    stranger.status, stranger.body = status, body
    assert code(client_at(stranger.url)) == "bank.operator.unreachable"


def test_nobody_answers() -> None:
    assert code(client_at("http://127.0.0.1:1")) == "bank.operator.unreachable"


def test_problem_is_told_in_its_own_words(stranger: Stranger) -> None:
    stranger.status = 410
    stranger.body = b'{"code": "operator.x", "detail": "en", "detail_ja": "ja", "findings": [{"code": "jpki.y"}]}'
    client = client_at(stranger.url)
    with pytest.raises(RefusedError) as caught:
        client.status("5" * 40)
    client.close()
    refusal = caught.value.refusal
    assert (refusal.code, refusal.en, refusal.ja, caught.value.status) == ("operator.x", "en", "ja", 410)
    assert [one["code"] for one in refusal.findings] == ["jpki.y"]


def test_verification_that_is_not_good_is_refused_with_its_findings(stranger: Stranger) -> None:
    stranger.body = b'{"result": "CERTIFICATE_REVOKED", "findings": [{"code": "jpki.revocation.revoked"}]}'
    client = client_at(stranger.url)
    with pytest.raises(RefusedError) as caught:
        client.verified("jwe", PAPER)
    client.close()
    assert caught.value.refusal.code == "CERTIFICATE_REVOKED"


def test_who_is_gone_already_is_deleted(stranger: Stranger) -> None:
    stranger.status, stranger.body = 404, b'{"code": "operator.user.unknown"}'
    client = client_at(stranger.url)
    client.delete_user("5" * 40)
    client.close()


def test_attributes_as_they_are_compared() -> None:
    holder = holder_of(TOLD)
    assert (holder.name, holder.address, holder.sex) == ("見本　花子", "見本県", Sex.UNKNOWN)
    assert holder.birth_date == BirthDate(era=Era.SHOWA, year=1950)


def test_accounts_page_comes_while_the_operator_is_away(
    branch: Branch, holder: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(branch.bank, "operator", client_at("http://127.0.0.1:1"))
    page = holder.look("/account")
    assert page.status_code == 200
    assert "bank.operator.unreachable" in page.text
    refused = holder.press(page, "/account/close")
    assert (refused.status_code, code_of(refused)) == (502, "bank.operator.unreachable")
    assert holder.look("/account").status_code == 200
