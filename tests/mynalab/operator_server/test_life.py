"""A person's life as the operator sees it: registered, moved, lost, renewed, ended; each state by its code."""

from __future__ import annotations

from base64 import b64decode
from hashlib import sha256
from typing import Any

import httpx
import pytest

from jpki.kinds import CaKind
from jpki.rp.operator.evidence import read, reverify_kept
from jpki.rp.operator.records import Act
from tests.mynalab.operator_server.conftest import Office, text

ADDRESS = "東京都見本区見本1-2-3"
SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")


def code(answer: httpx.Response) -> str:
    """That of a refusal, which has the status of its table and the media type of problem details."""
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status_code
    return str(problem["code"]).removeprefix("operator.")


@pytest.fixture
def registered(office: Office) -> dict[str, Any]:
    office.on(1)
    answer = office.register("alice")
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_registration_tells_the_attributes_once(office: Office, registered: dict[str, Any]) -> None:
    assert registered["is_new_user"]
    assert registered["attributes"]["name"]
    listed = office.http.get("/v1/verifications").json()["verifications"]
    assert [one["id"] for one in listed] == [registered["verification"]["id"]]
    assert "attributes" not in listed[0]


def test_the_other_certificate_is_the_same_user(office: Office, registered: dict[str, Any]) -> None:
    answer = office.log_in("alice").json()
    assert (answer["user_id"], answer["is_new_user"]) == (registered["user_id"], False)
    assert answer["signing_certificate"]["state"] == "GOOD"
    assert answer["attributes"] is None


def test_who_is_registered_is_so_once(office: Office, registered: dict[str, Any]) -> None:
    assert code(office.register("alice")) == "user.already-registered"
    assert code(office.replace("alice")) == "user.already-registered"


def test_a_stranger_does_not_log_in(office: Office) -> None:
    office.on(1)
    assert code(office.log_in("alice")) == "user.not-registered"
    assert code(office.replace("alice")) == "user.nothing-to-replace"


def test_after_a_move_the_user_logs_in_and_replaces(office: Office, registered: dict[str, Any]) -> None:
    office.town.do("move", 2, card="alice", address=ADDRESS)
    office.on(3)
    assert code(office.register("alice")) in ("certificate.revoked", "user.to-replace")
    signing = office.log_in("alice").json()["signing_certificate"]
    assert (signing["state"], signing["reason"]) == ("REVOKED", "affiliationChanged")
    refused = office.log_in("alice", require_signing_certificate=True)
    assert (refused.status_code, code(refused)) == (410, "user.signing-certificate-ended")


def test_a_sign_result_over_the_bare_hash(office: Office) -> None:
    office.on(1)
    data = sha256(b"a contract").digest()
    signed = office.signed("alice", CaKind.SIGN, b"a contract")
    info = SHA256_INFO + data
    answer = office.post("verifications/sign-result", sign_certificate_jwe=office.sealed(signed, info), data=text(info))
    assert (answer.status_code, answer.json()["result"]) == (201, "OK")
    bare = office.post("verifications/sign-result", sign_certificate_jwe=office.sealed(signed, data), data=text(data))
    assert (bare.status_code, bare.json()["result"]) == (201, "SIGNATURE_MISMATCH")


def test_ocsp_and_both_agree(office: Office, registered: dict[str, Any]) -> None:
    for method in ("ocsp", "both"):
        assert office.log_in("alice", check_method=method).status_code == 200


def test_nothing_says_a_serial_number(office: Office, registered: dict[str, Any]) -> None:
    office.town.do("lose-card", 2, card="alice")
    office.on(3)
    refused = office.log_in("alice")
    assert code(refused) == "certificate.on-hold"
    signed = office.signed("alice", CaKind.AUTH, b"x")
    assert b64decode(signed["certificate"])
    serials = {str(one.id.serial) for one in office.town.register.certificates(card="alice")}
    assert not any(f"number {serial}" in refused.text for serial in serials)


def test_a_moved_user_with_consent_is_followed_to_the_new_address(office: Office, registered: dict[str, Any]) -> None:
    user = f"/v1/users/{registered['user_id']}"
    assert office.http.get(f"{user}/consent").json()["code"] == "operator.consent.none"
    given = office.challenge("consent")
    assert "demo" in given["text"]
    signed = office.signed("alice", CaKind.SIGN, b64decode(given["message"]))
    agreed = office.http.put(f"{user}/consent", json={**signed, "challenge": given["challenge"]})
    assert (agreed.status_code, agreed.json()["stands"]) == (200, True)
    office.town.do("move", 2, card="alice", address=ADDRESS)
    office.on(3)
    absent = office.http.post(f"{user}/latest-attributes")
    assert code(absent) == "latest.revoked-or-held"
    assert office.http.get(f"{user}/status").json()["asks"][0]["ask"] == "latest-attributes"
    office.town.do("sign-anew", 4, card="alice")
    office.on(5)
    latest = office.http.post(f"{user}/latest-attributes").json()
    assert (latest["is_new"], latest["attributes"]["address"]) == (True, "東京都見本区見本１－２－３")
    assert code(office.register("alice")) == "user.to-replace"
    replaced = office.replace("alice").json()
    assert (replaced["user_id"], replaced["followed"]) == (registered["user_id"], True)
    assert office.http.get(f"{user}/status").json()["state"] == "GOOD"
    assert office.http.delete(f"{user}/consent").status_code == 204
    assert code(office.http.post(f"{user}/latest-attributes")) == "consent.withdrawn"


def test_a_card_renewed_by_a_new_generation_of_the_cas_is_the_same_user(
    office: Office, registered: dict[str, Any]
) -> None:
    office.log_in("alice")
    office.town.roll_over(1500)
    office.town.do("renew", 1600, card="alice")
    office.on(1601)
    answer = office.log_in("alice").json()
    assert (answer["user_id"], answer["followed"]) == (registered["user_id"], True)
    assert answer["signing_certificate"]["reason"] == "superseded"


def test_who_is_deleted_is_another_next_time(office: Office, registered: dict[str, Any]) -> None:
    user = f"/v1/users/{registered['user_id']}"
    assert office.http.get(user).json()["certificates"][0]["id"] == registered["certificate"]["id"]
    assert office.http.delete(user).status_code == 204
    assert code(office.http.get(user)) == "user.unknown"
    assert office.register("alice").json()["user_id"] != registered["user_id"]


def test_many_at_once(office: Office, registered: dict[str, Any]) -> None:
    asked = {"user_ids": [registered["user_id"], "0" * 40]}
    known, unknown = office.post("users/status/batch", **asked).json()["statuses"]
    assert (known["state"], unknown["code"]) == ("GOOD", "operator.user.unknown")
    ids = {"certificate_ids": [registered["certificate"]["id"], "0" * 32], "check_method": "ocsp"}
    known, unknown = office.post("certificates/status/batch", **ids).json()["statuses"]
    assert (known["state"], known["check_method"], unknown["status"]) == ("GOOD", "ocsp", 404)


def types(answer: httpx.Response) -> list[tuple[str, str]]:
    """Kind and type of a user's certificates."""
    return sorted((one["kind"], one["type"]) for one in answer.json()["certificates"])


def test_a_cards_certificates_are_a_cards(office: Office, registered: dict[str, Any]) -> None:
    assert registered["certificate"]["type"] == "CARD_SIGNATURE"
    entered = office.log_in("alice").json()
    assert entered["certificate"]["type"] == "CARD_USER_AUTHENTICATION"
    assert entered["signing_certificate"]["type"] == "CARD_SIGNATURE"
    both = [("auth", "CARD_USER_AUTHENTICATION"), ("sign", "CARD_SIGNATURE")]
    assert types(office.http.get(f"/v1/users/{registered['user_id']}")) == both
    assert types(office.http.get(f"/v1/users/{registered['user_id']}/status")) == both


def test_a_phones_certificates_are_a_phones(office: Office) -> None:
    office.town.do("enrol-phone", 1, card="alice", new_card="phone")
    office.on(2)
    there = office.register("phone").json()
    assert there["certificate"]["type"] == "PHONE_SIGNATURE"
    entered = office.log_in("phone").json()
    assert (entered["user_id"], entered["certificate"]["type"]) == (there["user_id"], "PHONE_USER_AUTHENTICATION")
    both = [("auth", "PHONE_USER_AUTHENTICATION"), ("sign", "PHONE_SIGNATURE")]
    assert types(office.http.get(f"/v1/users/{there['user_id']}")) == both
    office.town.do("lose-phone", 3, card="phone")
    office.on(4)
    asked = office.http.get(f"/v1/users/{there['user_id']}/status").json()
    assert {(one["type"], one["state"]) for one in asked["certificates"]} == {(name, "HELD") for _, name in both}


def test_evidence_is_there_until_it_is_deleted(office: Office, registered: dict[str, Any]) -> None:
    assert registered["verification"]["has_evidence"]
    for path in (registered["verification"]["id"], office.log_in("alice").json()["verification"]["id"]):
        assert office.http.get(f"/v1/verifications/{path}").json()["has_evidence"]
        assert office.http.delete(f"/v1/verifications/{path}").status_code == 204
        assert code(office.http.get(f"/v1/verifications/{path}")) == "verification.unknown"
        assert code(office.http.delete(f"/v1/verifications/{path}")) == "verification.unknown"
    desk = office.operator.desk("demo")
    with desk.store.reading() as unit:
        left = unit.kept_verifications(after=0, limit=10)
    assert [one.act for one in left] == [Act.REGISTRATION]


def embedded(record: dict[str, Any]) -> list[str]:
    """The kinds of revocation data that stand in a record themselves."""
    return [one["kind"] for one in record["revocation"] if one["der"] is not None]


@pytest.mark.parametrize("method", ["crl", "ocsp", "both"])
def test_every_signature_can_be_verified_again_after_revocation_and_rollover(office: Office, method: str) -> None:
    office.on(1)
    assert office.register("alice", check_method=method).status_code == 201
    assert office.log_in("alice", check_method=method).status_code == 200
    data = sha256(b"a contract").digest()
    signed = office.signed("alice", CaKind.SIGN, b"a contract")
    asked = {**signed, "digest": text(data), "check_method": method}
    assert office.post("verifications", **asked).json()["result"] == "OK"
    info = SHA256_INFO + data
    sealed = office.sealed(signed, info)
    told = office.post("verifications/sign-result", sign_certificate_jwe=sealed, data=text(info), check_method=method)
    assert told.json()["result"] == "OK"
    office.town.do("move", 2, card="alice", address=ADDRESS)
    office.town.roll_over(3)
    desk = office.operator.desk("demo")
    with desk.store.reading() as unit:
        left = unit.kept_verifications(after=0, limit=10)
        again = [reverify_kept(one, unit=unit, vault=desk.vault, trust=desk.operator.trust) for one in left]
        responses = [one for record in left for one in embedded(read(desk.vault, record)["record"])]
    # An OCSP response, which is about one certificate, goes with the record that it is in.
    assert len(responses) == (0 if method == "crl" else 4)
    assert len(again) == 4
    assert [(one.ok, one.codes) for one in again] == [(True, ())] * 4
