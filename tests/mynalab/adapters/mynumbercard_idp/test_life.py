"""A person's life as the provider sees it: which answer each turn of it makes true."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from jpki.kinds import CaKind
from tests.mynalab.adapters.mynumbercard_idp.conftest import Provider, read, user

ADDRESS = "東京都見本区見本1-2-3"
WRITTEN = "東京都見本区見本１－２－３"  # as a certificate has it


@pytest.fixture
def alice(provider: Provider) -> str:
    """Her id after the registration."""
    return user(provider.does("registration"))


def test_a_registration_says_who_it_is(provider: Provider) -> None:
    body = provider.body(provider.prove(CaKind.SIGN))
    answer = provider.post("registration", body)
    assert read(answer) == (200, "")
    told = answer.json()
    assert told["responseInfo"]["transactionId"] == body["requestInfo"]["transactionId"]
    assert told["responseInfo"]["recipient"] == "ID123"
    assert UUID(told["identityInfo"]["tisUserId"]).version == 4
    assert told["identityInfo"]["name"]
    assert told["identityInfo"]["gender"] == "2"


def test_the_application_id_leads_to_the_record(provider: Provider) -> None:
    told = provider.does("registration").json()["applicantId"]
    token = provider.operator.token("demo")
    listed = provider.http.get("/v1/verifications", headers={"Authorization": f"Bearer {token}"}).json()
    assert told == f"JPKI{provider.now:%Y%m%d}{listed['verifications'][0]['id']}"


def test_a_stranger_does_not_log_in(provider: Provider) -> None:
    assert read(provider.does("login")) == (404, "operator.user.not-registered")


def test_who_is_registered_logs_in_with_the_same_attributes(provider: Provider) -> None:
    registered = provider.does("registration").json()["identityInfo"]
    answer = provider.does("login")
    assert read(answer) == (200, "")
    assert answer.json()["identityInfo"] == registered


def test_nobody_is_registered_twice(provider: Provider, alice: str) -> None:
    assert read(provider.does("registration")) == (409, "operator.user.already-registered")


def test_a_move(provider: Provider, alice: str) -> None:
    provider.town.do("move", 2, card="alice", address=ADDRESS)
    provider.on(3)
    nonce = str(uuid4())
    assert read(provider.does("login", nonce=nonce)) == (410, "operator.user.signing-certificate-ended")
    provider.town.do("sign-anew", 3, card="alice")
    provider.on(4)
    assert read(provider.does("registration")) == (409, "operator.user.to-replace")
    replaced = provider.does("replacement", nonce=nonce)  # with the nonce of the log-in
    assert (read(replaced), user(replaced)) == ((200, ""), alice)
    assert replaced.json()["identityInfo"]["address"] == WRITTEN
    logged_in = provider.does("login")
    assert (read(logged_in), user(logged_in)) == ((200, ""), alice)
    assert logged_in.json()["identityInfo"]["address"] == WRITTEN
