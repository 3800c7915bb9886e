"""How certificates and users stand, consent and the latest attributes, verifications and what they leave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from jpki.attributes import HolderAttributes
from jpki.ca.crl import CrlEntry, build_crl
from jpki.kinds import CaKind
from jpki.names import crl_distribution_point
from jpki.reasons import RevocationReason
from jpki.rp.asks import Ask
from jpki.rp.operator.consents import (
    ConsentState,
    Latest,
    consent_state,
    give_consent,
    latest_attributes,
    withdraw_consent,
)
from jpki.rp.operator.evidence import read
from jpki.rp.operator.interfaces import Absence
from jpki.rp.operator.proof import OfData, OfDigest
from jpki.rp.operator.records import Act
from jpki.rp.operator.standing import Standing, standings_by_id
from jpki.rp.operator.users import UserStatus, user_status, user_statuses
from jpki.rp.operator.verifications import Verified, delete_verification, verification, verifications, verify
from jpki.rp.operator.vocabulary import RESULTS, Refusal, Result
from jpki.rp.records import State
from jpki.rp.storage.operator.store import SqlTenantStore
from jpki.verify.catalogue import CATALOGUE
from tests.jpki.rp.bank import NOW
from tests.jpki.rp.operator.conftest import Shop
from tests.jpki.rp.operator.test_ceremonies import NONCE, code, done

SIGN, AUTH = CaKind.SIGN, CaKind.AUTH
LATER = NOW + timedelta(days=2200)
STATES = {
    "good": (None, NOW, State.GOOD, Ask.NOTHING),
    "held": (RevocationReason.CERTIFICATE_HOLD, NOW, State.HELD, Ask.SUSPEND),
    "moved": (RevocationReason.AFFILIATION_CHANGED, NOW, State.REVOKED, Ask.LATEST_ATTRIBUTES),
    "renewed": (RevocationReason.SUPERSEDED, NOW, State.REVOKED, Ask.AWAIT_NEWER),
    "expired": (None, LATER, State.EXPIRED, Ask.RENEW),
    "listed-and-expired": (RevocationReason.SUPERSEDED, LATER, State.REVOKED, Ask.AWAIT_NEWER),
}


def standing(outcome: object) -> Standing:
    assert isinstance(outcome, Standing)
    return outcome


@pytest.mark.parametrize(("reason", "at", "state", "ask"), STATES.values(), ids=STATES)
def test_a_certificate_and_its_user_stand(shop: Shop, reason: object, at: object, state: State, ask: Ask) -> None:
    registered = done(shop.register())
    shop.publish({(SIGN, 11): reason} if reason is not None else {}, now=at)
    (one,) = standings_by_id(shop.desk, [registered.certificate.id], None, at)
    assert (standing(one).state, standing(one).reason) == (state, reason)
    status = user_status(shop.desk, registered.user_id, at, method=None)
    assert isinstance(status, UserStatus)
    assert (status.state, [row.ask for row in status.asks]) == (state, [ask])


@pytest.mark.parametrize(
    ("listed", "with_full", "state"),
    [([], False, State.GOOD), ([11], False, State.REVOKED), ([11], True, State.REVOKED)],
    ids=["good-by-its-partition", "listed-in-its-partition", "listed-there-since-the-full-list"],
)
def test_the_list_of_a_certificates_town_counts(shop: Shop, listed: list[int], with_full: bool, state: State) -> None:
    registered = done(shop.register())
    authority = shop.authorities[SIGN]
    point = crl_distribution_point(
        authority.hierarchy.organization, SIGN, prefecture="Mihon-ken", municipality="Mihon-shi"
    )
    moved = RevocationReason.AFFILIATION_CHANGED
    town = build_crl(
        authority,
        entries=[CrlEntry(serial=one, revoked_at=NOW - timedelta(hours=1), reason=moved) for one in listed],
        number=int(NOW.timestamp()),
        this_update=NOW - timedelta(minutes=30),
        next_update=NOW + timedelta(days=1),
        distribution_point=point,
    )
    shop.check.replace([*(shop.lists if with_full else ()), town])
    (one,) = standings_by_id(shop.desk, [registered.certificate.id], None, NOW)
    assert standing(one).state is state


def test_without_a_list_nobody_can_say(shop: Shop) -> None:
    registered = done(shop.register())
    (one,) = standings_by_id(shop.desk, [registered.certificate.id], None, NOW + timedelta(days=5))
    assert standing(one).state is State.UNKNOWN
    assert [each.code for each in standing(one).findings] == ["jpki.revocation.crl-stale"]


def test_a_batch_answers_in_order(shop: Shop) -> None:
    registered = done(shop.register())
    one, other = user_statuses(shop.desk, ["0" * 40, registered.user_id], NOW, method=None)
    assert code(one) == "user.unknown"
    assert isinstance(other, UserStatus)


def test_another_tenants_certificate_is_unknown(shop: Shop, open_shop: Callable[[str], Shop]) -> None:
    registered = done(shop.register())
    (one,) = standings_by_id(open_shop("shop").desk, [registered.certificate.id], None, NOW)
    assert code(one) == "certificate.unknown"


def consent(shop: Shop, user_id: str, serial: int = 11) -> ConsentState | Refusal:
    return give_consent(shop.desk, user_id, shop.challenged(Act.CONSENT, SIGN, serial), NOW, shop.rng)


@pytest.fixture
def agreed(shop: Shop) -> tuple[Shop, str]:
    user_id = done(shop.register()).user_id
    given = consent(shop, user_id)
    assert isinstance(given, ConsentState)
    assert given.refusal is None
    return shop, user_id


def test_a_consent_gives_the_latest_attributes(agreed: tuple[Shop, str], attributes: HolderAttributes) -> None:
    shop, user_id = agreed
    shop.latest.answer = shop.binding(SIGN, 21), attributes
    first, second = (latest_attributes(shop.desk, user_id, NOW, shop.rng) for _ in range(2))
    assert isinstance(first, Latest)
    assert isinstance(second, Latest)
    assert (first.is_new, second.is_new) == (True, False)
    assert attributes.name not in repr(first)


def test_who_never_agreed(shop: Shop) -> None:
    user_id = done(shop.register()).user_id
    assert code(latest_attributes(shop.desk, user_id, NOW, shop.rng)) == "consent.none"
    assert code(withdraw_consent(shop.desk, user_id, NOW)) == "consent.none"
    assert code(consent_state(shop.desk, "0" * 40, NOW)) == "user.unknown"


def test_who_withdrew(agreed: tuple[Shop, str]) -> None:
    shop, user_id = agreed
    assert withdraw_consent(shop.desk, user_id, NOW) is None
    assert code(latest_attributes(shop.desk, user_id, NOW, shop.rng)) == "consent.withdrawn"


def test_ten_years_later(agreed: tuple[Shop, str]) -> None:
    shop, user_id = agreed
    assert code(latest_attributes(shop.desk, user_id, NOW + timedelta(days=3660), shop.rng)) == "consent.ended"


@pytest.mark.parametrize("why", Absence, ids=lambda one: one.value)
def test_there_are_no_latest_attributes(agreed: tuple[Shop, str], why: Absence) -> None:
    shop, user_id = agreed
    shop.latest.why = why
    assert code(latest_attributes(shop.desk, user_id, NOW, shop.rng)) == f"latest.{why.value}"


def test_the_certificate_of_the_consent_is_held(agreed: tuple[Shop, str]) -> None:
    shop, user_id = agreed
    shop.publish({(SIGN, 11): RevocationReason.CERTIFICATE_HOLD})
    assert code(latest_attributes(shop.desk, user_id, NOW, shop.rng)) == "latest.request-certificate-held"


def test_nobody_agrees_for_another(shop: Shop) -> None:
    shop.pair(31, 32)
    user_id = done(shop.register()).user_id
    done(shop.register(31))
    assert code(consent(shop, user_id, 31)) == "user.other"
    assert code(consent(shop, "0" * 40)) == "user.unknown"


def test_a_consent_is_signed_with_its_text(shop: Shop) -> None:
    user_id = done(shop.register()).user_id
    proof = shop.proof(SIGN, 11, OfData(data=NONCE), NONCE)
    assert code(give_consent(shop.desk, user_id, proof, NOW, shop.rng)) == "challenge.required"


def verified(outcome: Verified | Refusal) -> Verified:
    assert isinstance(outcome, Verified), outcome
    return outcome


def test_a_signature_may_be_verified_again(shop: Shop) -> None:
    proof = shop.proof(SIGN, 11, OfData(data=b"contract"), b"contract")
    one, other = (verified(verify(shop.desk, proof, NOW, shop.rng)) for _ in range(2))
    assert (one.record.result, other.record.result) == ("OK", "OK")
    assert one.certificate == other.certificate
    assert read(shop.desk.vault, one.record)["record"]["verdict"]["ok"]


def test_whoever_is_identified_stays_the_same(shop: Shop) -> None:
    proofs = [shop.proof(kind, serial, OfData(data=b"x"), b"x") for kind, serial in ((SIGN, 11), (AUTH, 12))]
    one, other = (verified(verify(shop.desk, proof, NOW, shop.rng, identify_user=True)) for proof in proofs)
    assert (one.is_new_user, other.is_new_user, one.user_id) == (True, False, other.user_id)


def test_a_refusal_keeps_nothing_of_what_was_brought(shop: Shop) -> None:
    proof = replace(shop.proof(SIGN, 11, OfData(data=b"x"), b"x"), signature=bytes(256))
    refused = verified(verify(shop.desk, proof, NOW, shop.rng, identify_user=True))
    assert (refused.record.result, refused.record.sealed) == ("SIGNATURE_MISMATCH", b"")
    assert (refused.certificate, refused.user_id, refused.attributes) == (None, None, None)


def test_a_hash_that_the_key_does_not_sign(shop: Shop) -> None:
    proof = shop.proof(SIGN, 11, OfDigest(digest=bytes(20)), b"x")
    assert code(verify(shop.desk, proof, NOW, shop.rng)) == "hash.unsupported"


def test_the_list_pages_and_forgets(shop: Shop) -> None:
    proof = shop.proof(SIGN, 11, OfData(data=b"x"), b"x")
    made = [verified(verify(shop.desk, proof, NOW, shop.rng)).record.id for _ in range(3)]
    first = verifications(shop.desk, before=None, limit=2, user_id=None)
    assert not isinstance(first, Refusal)
    rest = verifications(shop.desk, before=first[-1].id, limit=2, user_id=None)
    assert not isinstance(rest, Refusal)
    assert [one.id for one in (*first, *rest)] == made[::-1]
    assert delete_verification(shop.desk, made[0], NOW) is None
    assert code(verification(shop.desk, made[0])) == "verification.unknown"
    assert code(verifications(shop.desk, before=made[0], limit=2, user_id=None)) == "verification.unknown"


def test_the_store_has_no_serial_number_and_no_name(shop: Shop, attributes: HolderAttributes) -> None:
    shop.pair(987654321, 12)
    user_id = done(shop.register(987654321)).user_id
    assert isinstance(consent(shop, user_id, 987654321), ConsentState)
    store = shop.desk.store
    assert isinstance(store, SqlTenantStore)
    with store.database.reading() as connection:
        tables = ("op_certificates", "op_verifications", "op_challenges", "op_used_data", "rp_certificates")
        for_all = [row for table in tables for row in connection.execute(text(f"SELECT * FROM {table}"))]
    dump = b" ".join(
        bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
        for row in for_all
        for value in row
    )
    for secret in (b"987654321", b"%x" % 987654321, (987654321).to_bytes(4), attributes.name.encode()):
        assert secret not in dump


def test_every_finding_of_a_verification_has_a_result() -> None:
    steps = {"certificate", "path", "purpose", "profile", "validity", "revocation", "signature", "policy"}
    for_verifications = [one for one in CATALOGUE if one.split(".")[1] in steps]
    named = [row for row in RESULTS if row.codes != ("",)]
    unnamed = [one for one in for_verifications if not any(one.startswith(row.codes) for row in named)]
    assert {one.split(".")[1] for one in unnamed} == {"revocation"}
    assert {row.result for row in RESULTS} | {Result.OK} == set(Result)
