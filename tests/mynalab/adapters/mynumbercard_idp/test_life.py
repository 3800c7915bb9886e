"""A person's life as the provider sees it: which answer each turn of it makes true."""

from __future__ import annotations

from base64 import b64encode
from uuid import UUID, uuid4

import pytest

from jpki.kinds import CaKind
from jpki.rp.operator.records import CheckMethod
from jpki.verify.revocation import CrlRevocationCheck
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


def test_a_move_without_a_new_certificate(provider: Provider, alice: str) -> None:
    provider.town.do("move", 2, card="alice", address=ADDRESS)
    provider.on(3)
    gone = (410, "operator.user.signing-certificate-ended")
    assert [read(provider.does("login")) for _ in range(2)] == [gone, gone]


def test_a_lost_card(provider: Provider, alice: str) -> None:
    provider.town.do("lose-card", 2, card="alice")
    provider.on(3)
    for operation in ("login", "registration", "replacement"):
        assert read(provider.does(operation)) == (401, "operator.certificate.on-hold"), operation


def test_a_card_that_is_found_again(provider: Provider, alice: str) -> None:
    provider.town.do("lose-card", 2, card="alice")
    provider.town.do("find-card", 4, card="alice")  # a hold is not lifted: the card gets new certificates
    provider.on(5)
    assert read(provider.does("login")) == (410, "operator.user.signing-certificate-ended")
    assert user(provider.does("replacement")) == alice
    assert user(provider.does("login")) == alice


def test_a_card_in_the_place_of_a_lost_one(provider: Provider, alice: str) -> None:
    provider.town.do("lose-card", 2, card="alice")
    provider.town.do("reissue", 3, card="alice", new_card="anew")
    provider.on(3)
    assert read(provider.does("login", "alice")) == (401, "operator.certificate.revoked")
    provider.town.do("issue", 4, card="anew")
    provider.town.do("deliver", 5, card="anew")
    provider.on(6)
    assert read(provider.does("login", "anew")) == (410, "operator.user.signing-certificate-ended")
    assert user(provider.does("replacement", "anew")) == alice
    assert user(provider.does("login", "anew")) == alice


def test_a_renewal(provider: Provider, alice: str) -> None:
    provider.town.roll_over(1599)
    provider.town.do("renew", 1600, card="alice")
    provider.on(1601)
    assert read(provider.does("login")) == (410, "operator.user.signing-certificate-ended")
    assert user(provider.does("replacement")) == alice
    assert user(provider.does("login")) == alice


def test_a_certificate_that_came_to_its_end(provider: Provider, alice: str) -> None:
    provider.on(1900)
    assert read(provider.does("login")) == (401, "operator.certificate.expired")


def test_a_certificate_from_before_its_first_day(provider: Provider) -> None:
    provider.on(-1)
    assert read(provider.does("registration"))[0] == 401


def test_a_death(provider: Provider, alice: str) -> None:
    provider.town.do("decease", 2, card="alice")
    provider.on(3)
    for operation in ("login", "registration", "replacement"):
        assert read(provider.does(operation)) == (401, "operator.certificate.revoked"), operation


def test_a_replacement_of_nothing(provider: Provider) -> None:
    assert read(provider.does("replacement")) == (404, "operator.user.nothing-to-replace")


def test_a_replacement_whose_answer_was_lost(provider: Provider, alice: str) -> None:
    assert user(provider.does("replacement")) == alice


def keep_lists(provider: Provider) -> None:
    """From now on the operator knows the lists of this moment alone."""
    check = CrlRevocationCheck()
    check.replace([path.read_bytes() for path in provider.town.lab.paths.public.glob("*.crl")])
    operator = provider.operator.operator
    assert isinstance(operator.revocation, dict)
    operator.revocation[CheckMethod.CRL] = check
    operator._verifiers.clear()


def test_an_old_certificate_that_is_on_no_list_yet(provider: Provider) -> None:
    """Between the counter and the list of the night a certificate is good for whoever asks the list alone."""
    again, instead, login = (provider.prove(kind) for kind in (CaKind.SIGN, CaKind.SIGN, CaKind.AUTH))
    provider.town.roll_over(1599)
    provider.on(1600)
    alice = user(provider.does("registration"))
    assert user(provider.does("login")) == alice
    keep_lists(provider)
    provider.town.do("renew", 1600, card="alice")
    provider.on(1600.1)
    assert user(provider.does("login")) == alice
    assert user(provider.does("replacement")) == alice
    assert read(provider.post("registration", provider.body(again))) == (409, "operator.certificate.replaced")
    assert read(provider.post("replacement", provider.body(instead))) == (410, "operator.certificate.replaced")
    assert read(provider.post("login", provider.body(login))) == (401, "operator.certificate.replaced")


def test_lists_that_are_too_old(provider: Provider) -> None:
    assert read(provider.does("login"))[0] == 404
    keep_lists(provider)
    provider.on(9)
    for operation in ("login", "registration", "replacement"):
        assert read(provider.does(operation)) == (503, "operator.status.unknown"), operation


def test_a_nonce_works_once_for_each_certificate_and_operation(provider: Provider) -> None:
    nonce = str(uuid4())
    assert read(provider.does("login", nonce=nonce))[0] == 404
    assert read(provider.does("registration", nonce=nonce))[0] == 200
    assert read(provider.does("registration", nonce=nonce)) == (401, "operator.data.used")
    assert read(provider.does("login", nonce=nonce)) == (401, "operator.data.used")
    provider.town.do("apply", 1, persona="teenager", new_card="ken")
    provider.town.do("issue", 2, card="ken")
    provider.town.do("deliver", 2, card="ken")
    provider.on(3)
    assert read(provider.does("login", "ken", nonce=nonce)) == (404, "operator.user.not-registered")


def test_another_senders_users_are_unknown(provider: Provider, alice: str) -> None:
    assert read(provider.does("login", sender="ID456")) == (404, "operator.user.not-registered")
    other = user(provider.does("registration", sender="ID456"))
    assert other != alice
    assert user(provider.does("login", sender="ID456")) == other
    assert user(provider.does("login")) == alice


def test_a_sender_of_no_tenant(provider: Provider) -> None:
    assert read(provider.does("registration", sender="ID789")) == (400, "adapter.sender.unknown")


def test_who_was_registered_by_the_operators_own_interface(provider: Provider) -> None:
    """Its registration keeps no attributes: the signing certificate is asked for, and is taken though it is not new."""
    proved = provider.prove(CaKind.SIGN)
    own = {
        "certificate": b64encode(proved.certificate).decode(),
        "signature": b64encode(proved.signature).decode(),
        "data": b64encode(proved.nonce.encode()).decode(),
    }
    token = {"Authorization": f"Bearer {provider.operator.token('demo')}"}
    assert provider.http.post("/v1/registrations", json=own, headers=token).status_code == 201
    assert read(provider.does("login")) == (410, "adapter.attributes.not-kept")
    alice = user(provider.does("replacement"))
    assert user(provider.does("login")) == alice


def test_who_has_only_the_other_certificate_here_registers(provider: Provider) -> None:
    proved = provider.prove(CaKind.AUTH)
    own = {
        "certificate": b64encode(proved.certificate).decode(),
        "signature": b64encode(proved.signature).decode(),
        "data": b64encode(proved.nonce.encode()).decode(),
        "kind": "auth",
    }
    token = {"Authorization": f"Bearer {provider.operator.token('demo')}"}
    assert provider.http.post("/v1/registrations", json=own, headers=token).status_code == 201
    assert read(provider.does("login")) == (404, "operator.user.not-registered")
    alice = user(provider.does("registration"))
    assert user(provider.does("login")) == alice


def test_who_is_deleted_is_unknown(provider: Provider, alice: str) -> None:
    token = {"Authorization": f"Bearer {provider.operator.token('demo')}"}
    (record,) = provider.http.get("/v1/verifications", headers=token).json()["verifications"]
    assert provider.http.delete(f"/v1/users/{record['user_id']}", headers=token).status_code == 204
    assert read(provider.does("login")) == (404, "operator.user.not-registered")
    assert user(provider.does("registration")) != alice
