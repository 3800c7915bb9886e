"""Registration, log-in and replacement: one user over both certificates and all after them; refusals by their codes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256, sha384
from typing import Any

import pytest

from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.rp.operator.ceremonies import Accepted, log_in, register, replace
from jpki.rp.operator.proof import OfData, OfDigest, OfNonce, OfPadded
from jpki.rp.operator.records import Act
from jpki.rp.operator.users import delete_user, kept_attributes
from jpki.rp.operator.vocabulary import Refusal
from jpki.rp.records import State
from jpki.verify.schemes import MessageDigest
from tests.jpki.rp.bank import NOW
from tests.jpki.rp.operator.conftest import Shop

SIGN, AUTH = CaKind.SIGN, CaKind.AUTH
MINUTE = timedelta(minutes=1)
NONCE = bytes(range(32))
INFO = bytes.fromhex("3031300d060960864801650304020105000420")


def done(outcome: Accepted | Refusal) -> Accepted:
    assert isinstance(outcome, Accepted), outcome
    return outcome


def code(outcome: Any) -> str:
    assert isinstance(outcome, Refusal), outcome
    assert outcome.as_problem()["detail"]  # all that its sentences need is there
    return outcome.code.removeprefix("operator.")


def test_a_new_user_has_the_attributes(shop: Shop) -> None:
    outcome = done(shop.register())
    assert outcome.is_new_user
    assert outcome.attributes is not None
    assert outcome.attributes.name not in repr(outcome)


@pytest.mark.parametrize(
    ("first", "second"), [((11, SIGN), (12, AUTH)), ((12, AUTH), (11, SIGN))], ids=["sign", "auth"]
)
def test_both_certificates_are_one_user(shop: Shop, first: Any, second: Any) -> None:
    one, other = done(shop.register(*first)), done(shop.register(*second))
    assert (one.is_new_user, other.is_new_user) == (True, False)
    assert one.user_id == other.user_id


def test_a_log_in_with_the_partner_is_that_user(shop: Shop) -> None:
    user_id = done(shop.register()).user_id
    outcome = done(shop.log_in())
    assert outcome.user_id == user_id
    assert outcome.signing is not None
    assert outcome.signing.state is State.GOOD


def test_a_move_is_followed_by_a_replacement(shop: Shop) -> None:
    user_id = done(shop.register()).user_id
    shop.pair(21, 12)
    shop.succeed(SIGN, 21, 11)
    assert code(shop.register(21)) == "user.to-replace"
    outcome = done(shop.replace(21))
    assert (outcome.user_id, outcome.followed) == (user_id, True)
    assert code(shop.register(11)) == "certificate.replaced"


def test_a_renewed_certificate_logs_in_as_the_same_user(shop: Shop) -> None:
    user_id = done(shop.register()).user_id
    done(shop.log_in())
    shop.pair(21, 22)
    shop.succeed(AUTH, 22, 12)
    outcome = done(shop.log_in(22))
    assert (outcome.user_id, outcome.followed) == (user_id, True)
    assert code(shop.log_in(12)) == "certificate.replaced"


def test_a_renewed_card_is_known_by_the_partner_of_its_predecessor(shop: Shop) -> None:
    user_id = done(shop.register()).user_id
    shop.pair(21, 22)
    shop.succeed(SIGN, 21, 11)
    shop.succeed(AUTH, 22, 12)
    assert done(shop.log_in(22)).user_id == user_id


def test_who_was_deleted_comes_back_as_another(shop: Shop) -> None:
    first = done(shop.register()).user_id
    assert delete_user(shop.desk, first, NOW) is None
    assert code(delete_user(shop.desk, first, NOW)) == "user.unknown"
    again = done(shop.register())
    assert again.is_new_user
    assert again.user_id != first


def test_two_tenants_know_one_person_by_unrelated_names(shop: Shop, open_shop: Callable[[str], Shop]) -> None:
    other = open_shop("shop")
    mine, theirs = done(shop.register()), done(other.register())
    assert theirs.is_new_user
    assert mine.user_id != theirs.user_id
    assert mine.certificate.handle != theirs.certificate.handle
    assert mine.certificate.id != theirs.certificate.id
    assert code(delete_user(other.desk, mine.user_id, NOW)) == "user.unknown"


def test_a_challenge_is_its_tenants_alone(shop: Shop, open_shop: Callable[[str], Shop]) -> None:
    proof = shop.challenged(Act.REGISTRATION, SIGN, 11)
    assert code(register(open_shop("shop").desk, proof, NOW, shop.rng)) == "challenge.unknown"


def test_a_challenge_works_once(shop: Shop) -> None:
    proof = shop.challenged(Act.REGISTRATION, SIGN, 11)
    done(register(shop.desk, proof, NOW, shop.rng))
    assert code(register(shop.desk, proof, NOW, shop.rng)) == "challenge.used"


def test_of_many_who_use_a_challenge_at_once_one_wins(shop: Shop) -> None:
    proof = shop.challenged(Act.REGISTRATION, SIGN, 11)
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda _: register(shop.desk, proof, NOW, shop.rng), range(24)))
    assert sum(isinstance(one, Accepted) for one in outcomes) == 1
    assert {one.code for one in outcomes if isinstance(one, Refusal)} == {"operator.challenge.used"}


def test_of_many_who_register_one_certificate_at_once_one_is_new(shop: Shop) -> None:
    proofs = [shop.challenged(Act.REGISTRATION, SIGN, 11) for _ in range(12)]
    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(lambda one: register(shop.desk, one, NOW, shop.rng), proofs))
    assert sum(isinstance(one, Accepted) for one in outcomes) == 1


def test_a_failed_answer_uses_the_challenge_up(shop: Shop) -> None:
    proof = shop.challenged(Act.REGISTRATION, SIGN, 11)
    bad = type(proof)(certificate=proof.certificate, signature=bytes(256), signed=proof.signed)
    assert code(register(shop.desk, bad, NOW, shop.rng)) == "signature.mismatch"
    assert code(register(shop.desk, proof, NOW, shop.rng)) == "challenge.used"


def test_a_challenge_of_another_purpose_is_unknown(shop: Shop) -> None:
    assert code(register(shop.desk, shop.challenged(Act.REPLACEMENT, SIGN, 11), NOW, shop.rng)) == "challenge.unknown"


def test_a_challenge_ends(shop: Shop) -> None:
    proof = shop.challenged(Act.REGISTRATION, SIGN, 11)
    assert code(register(shop.desk, proof, NOW + 5 * MINUTE, shop.rng)) == "challenge.expired"


def test_own_data_work_once_in_any_form(shop: Shop) -> None:
    digest = sha256(NONCE).digest()
    done(register(shop.desk, shop.proof(SIGN, 11, OfData(data=NONCE), NONCE), NOW, shop.rng))
    for signed in (OfData(data=NONCE), OfDigest(digest=digest), OfPadded(data=INFO + digest)):
        proof = shop.proof(SIGN, 11, signed, NONCE)
        assert code(register(shop.desk, proof, NOW, shop.rng)) == "data.used"


def test_own_data_work_once_by_whichever_hash_a_key_signs(shop: Shop) -> None:
    """A key on P-384 signs SHA-384: its signature over data is one over that hash."""
    done(register(shop.desk, shop.proof(SIGN, 11, OfData(data=NONCE), NONCE), NOW, shop.rng))
    again = shop.proof(SIGN, 11, OfDigest(digest=sha384(NONCE).digest()), NONCE)
    assert code(register(shop.desk, again, NOW, shop.rng)) == "data.used"


@pytest.mark.parametrize(
    "forms", [(OfNonce(nonce=NONCE), OfData(data=NONCE)), (OfData(data=NONCE), OfNonce(nonce=NONCE))]
)
def test_a_nonce_is_no_other_as_data(shop: Shop, forms: tuple[Any, Any]) -> None:
    first, second = (shop.proof(SIGN, 11, form, NONCE) for form in forms)
    done(register(shop.desk, first, NOW, shop.rng))
    assert code(register(shop.desk, second, NOW, shop.rng)) == "data.used"


def test_a_nonce_is_used_whatever_signature_the_certificate_bears(shop: Shop) -> None:
    """Of a CA's ECDSA signature anybody makes a second one: the certificate is the same."""
    proof = nonce(shop, SIGN, 11)
    done(register(shop.desk, proof, NOW, shop.rng))
    other = proof.certificate[:-1] + bytes([proof.certificate[-1] ^ 1])
    assert code(register(shop.desk, dataclasses.replace(proof, certificate=other), NOW, shop.rng)) == "data.used"


def nonce(shop: Shop, kind: CaKind, serial: int, content: bytes = NONCE) -> Any:
    return shop.proof(kind, serial, OfNonce(nonce=content), content)


def test_a_nonce_works_once_for_each_certificate_and_act(shop: Shop) -> None:
    shop.succeed(SIGN, 21, 11)
    shop.pair(21, 12)
    assert code(log_in(shop.desk, nonce(shop, AUTH, 12), NOW, shop.rng)) == "user.not-registered"
    done(register(shop.desk, nonce(shop, SIGN, 11), NOW, shop.rng))
    assert code(register(shop.desk, nonce(shop, SIGN, 11), NOW, shop.rng)) == "data.used"
    assert code(log_in(shop.desk, nonce(shop, AUTH, 12), NOW, shop.rng)) == "data.used"
    assert code(register(shop.desk, nonce(shop, SIGN, 21), NOW, shop.rng)) == "user.to-replace"
    done(replace(shop.desk, nonce(shop, SIGN, 21), NOW, shop.rng))
    assert code(replace(shop.desk, nonce(shop, SIGN, 21), NOW, shop.rng)) == "data.used"


def test_a_nonce_may_be_short_of_chance(shop: Shop) -> None:
    assert code(register(shop.desk, nonce(shop, SIGN, 11, b"1234"), NOW, shop.rng)) == "data.too-short"


def test_a_replacement_is_taken_again_where_it_may_be(shop: Shop) -> None:
    user_id = done(shop.register()).user_id
    proofs = [nonce(shop, SIGN, 11, bytes([one]) * 32) for one in range(2)]
    assert code(replace(shop.desk, proofs[0], NOW, shop.rng)) == "user.already-registered"
    again = done(replace(shop.desk, proofs[1], NOW, shop.rng, accept_again=True))
    assert (again.user_id, again.followed) == (user_id, False)


def test_attributes_are_kept_where_it_is_asked_for(shop: Shop) -> None:
    silent = done(shop.register())
    assert kept_attributes(shop.desk, silent.user_id) is None
    again = done(replace(shop.desk, nonce(shop, SIGN, 11), NOW, shop.rng, keep_attributes=True, accept_again=True))
    assert kept_attributes(shop.desk, again.user_id) == again.attributes is not None
    delete_user(shop.desk, again.user_id, NOW)
    assert kept_attributes(shop.desk, again.user_id) is None


def test_of_a_refusal_no_attributes_are_kept(shop: Shop) -> None:
    user_id = done(shop.register()).user_id
    proof = nonce(shop, SIGN, 11)
    assert code(register(shop.desk, proof, NOW, shop.rng, keep_attributes=True)) == "user.already-registered"
    assert kept_attributes(shop.desk, user_id) is None


def test_own_data_may_be_short_of_chance(shop: Shop) -> None:
    proof = shop.proof(SIGN, 11, OfData(data=b"1234"), b"1234")
    assert code(register(shop.desk, proof, NOW, shop.rng)) == "data.too-short"


def test_padded_data_have_two_forms(shop: Shop) -> None:
    proof = shop.proof(SIGN, 11, OfPadded(data=bytes(33)), bytes(33))
    assert code(register(shop.desk, proof, NOW, shop.rng)) == "data.not-padded"


def test_a_hash_has_the_length_of_the_keys_algorithm(shop: Shop) -> None:
    proof = shop.proof(SIGN, 11, OfDigest(digest=bytes(48)), NONCE)
    assert code(register(shop.desk, proof, NOW, shop.rng)) == "hash.unsupported"


REVOKED = {
    RevocationReason.CERTIFICATE_HOLD: "certificate.on-hold",
    RevocationReason.AFFILIATION_CHANGED: "certificate.revoked",
    RevocationReason.SUPERSEDED: "certificate.revoked",
    RevocationReason.KEY_COMPROMISE: "certificate.revoked",
}


@pytest.mark.parametrize(("reason", "said"), REVOKED.items(), ids=lambda one: getattr(one, "name", one))
def test_a_revoked_certificate_registers_nobody(shop: Shop, reason: RevocationReason, said: str) -> None:
    shop.publish({(SIGN, 11): reason})
    refused = shop.register()
    assert code(refused) == said
    assert isinstance(refused, Refusal)
    assert "number 11" not in str(refused.as_problem())
    with shop.desk.store.reading() as unit:
        assert not unit.verifications(before=None, limit=9, user_id=None)
        assert unit.last_certificate() == 0


def test_an_expired_certificate(shop: Shop) -> None:
    later = NOW + timedelta(days=2200)
    shop.publish(now=later)
    assert code(shop.register(now=later)) == "certificate.expired"


def test_a_certificate_of_tomorrow(shop: Shop) -> None:
    proof = shop.proof(SIGN, 11, OfData(data=NONCE), NONCE, now=NOW + timedelta(days=1))
    assert code(register(shop.desk, proof, NOW, shop.rng)) == "certificate.not-yet-valid"


def test_the_other_cas_certificate(shop: Shop) -> None:
    proof = shop.challenged(Act.REGISTRATION, AUTH, 12)
    assert code(register(shop.desk, proof, NOW, shop.rng, kind=SIGN)) == "certificate.unsupported"


def test_bytes_that_are_no_certificate(shop: Shop) -> None:
    proof = shop.challenged(Act.REGISTRATION, SIGN, 11)
    bad = type(proof)(certificate=b"none", signature=proof.signature, signed=proof.signed)
    assert code(register(shop.desk, bad, NOW, shop.rng)) == "certificate.invalid"


def test_stale_lists_say_nothing(shop: Shop) -> None:
    assert code(shop.register(now=NOW + timedelta(days=5))) == "status.unknown"


def test_a_certificate_without_links(shop: Shop) -> None:
    assert code(shop.register(77)) == "link.missing"


def test_links_take_their_time(shop: Shop) -> None:
    young = shop.with_operator(link_delay=timedelta(days=36500))
    assert code(young.register()) == "link.not-synced"


def test_strangers(shop: Shop) -> None:
    assert code(shop.log_in()) == "user.not-registered"
    assert code(shop.replace(11)) == "user.nothing-to-replace"


def test_who_is_registered(shop: Shop) -> None:
    done(shop.register())
    assert code(shop.register()) == "user.already-registered"
    assert code(shop.replace(11)) == "user.already-registered"


def test_a_log_in_may_demand_the_signing_certificate(shop: Shop) -> None:
    done(shop.register())
    shop.publish({(SIGN, 11): RevocationReason.AFFILIATION_CHANGED})
    signing = done(shop.log_in()).signing
    assert signing is not None
    assert (signing.state, signing.reason) == (State.REVOKED, RevocationReason.AFFILIATION_CHANGED)
    assert code(shop.log_in(require_signing=True)) == "user.signing-certificate-ended"


def test_a_digest_is_hidden_from_logs() -> None:
    assert "01" not in repr(MessageDigest(b"01"))
