"""What the operator's verifications leave can be verified again years later, from the tenant's store alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Table, select, update

from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.rp.errors import VaultError
from jpki.rp.evidence import KEEP_YEARS
from jpki.rp.operator.ceremonies import Accepted
from jpki.rp.operator.consents import ConsentState, give_consent
from jpki.rp.operator.evidence import FORMAT, WITHOUT_DATA, read, reverify_kept
from jpki.rp.operator.proof import OfData, OfDigest
from jpki.rp.operator.records import KEPT_BY_LAW, Act, EvidenceContent, Medium, VerificationRecord
from jpki.rp.operator.users import delete_user
from jpki.rp.operator.verifications import Verified, delete_verification, purge, verification, verify
from jpki.rp.operator.vocabulary import Refusal
from jpki.rp.storage.operator.store import SqlTenantStore
from jpki.rp.storage.schema import evidence_data
from jpki.rp.vault import Vault
from jpki.rp.years import years_later
from jpki.verify.evidence_check import Reverification
from jpki.verify.evidence_form import canonical
from jpki.verify.findings import moment_text
from jpki.verify.trust import TrustStore
from tests.jpki.rp.bank import NOW
from tests.jpki.rp.operator.conftest import Shop

SIGN, AUTH = CaKind.SIGN, CaKind.AUTH
CONTRACT = b"a contract that is somebody's affair"
RENEWED = NOW + timedelta(days=1)


def taken(outcome: object) -> Any:
    assert not isinstance(outcome, Refusal), outcome
    return outcome


def registered(shop: Shop) -> VerificationRecord:
    return taken(shop.register()).verification  # type: ignore[no-any-return]


def logged_in(shop: Shop) -> VerificationRecord:
    taken(shop.register())
    return taken(shop.log_in()).verification  # type: ignore[no-any-return]


def replaced(shop: Shop) -> VerificationRecord:
    taken(shop.register())
    shop.succeed(SIGN, 31, 11)
    shop.pair(31, 32)
    return taken(shop.replace(31)).verification  # type: ignore[no-any-return]


def consented(shop: Shop) -> VerificationRecord:
    user_id = taken(shop.register()).user_id
    proof = shop.challenged(Act.CONSENT, SIGN, 11)
    assert isinstance(give_consent(shop.desk, user_id, proof, NOW, shop.rng), ConsentState)
    return kept(shop)[-1]


def verified(shop: Shop) -> VerificationRecord:
    proof = shop.proof(SIGN, 11, OfData(data=CONTRACT), CONTRACT)
    return taken(verify(shop.desk, proof, NOW, shop.rng, identify_user=True)).record  # type: ignore[no-any-return]


DEEDS: dict[Act, Callable[[Shop], VerificationRecord]] = {
    Act.REGISTRATION: registered,
    Act.LOG_IN: logged_in,
    Act.REPLACEMENT: replaced,
    Act.CONSENT: consented,
    Act.VERIFICATION: verified,
}


def kept(shop: Shop) -> list[VerificationRecord]:
    """All that have evidence, whoever deleted them."""
    with shop.desk.store.reading() as unit:
        return list(unit.kept_verifications(after=0, limit=100))


def again(shop: Shop, record: VerificationRecord, **changes: Any) -> Reverification:
    with shop.desk.store.reading() as unit:
        arguments: dict[str, Any] = {"unit": unit, "vault": shop.desk.vault, "trust": shop.desk.operator.trust}
        return reverify_kept(record, **arguments | changes)


def data(shop: Shop) -> dict[bytes, int]:
    """Hash → until when."""
    assert isinstance(shop.desk.store, SqlTenantStore)
    with shop.desk.store.database.reading() as connection:
        return {row.sha256: row.keep_until for row in connection.execute(select(evidence_data))}


def spoil(shop: Shop, table: Table, **values: Any) -> None:
    assert isinstance(shop.desk.store, SqlTenantStore)
    with shop.desk.store.database.writing() as connection:
        connection.execute(update(table).values(**values))


@pytest.mark.parametrize("act", DEEDS, ids=lambda act: act.value)
def test_a_record_holds(shop: Shop, act: Act) -> None:
    record = DEEDS[act](shop)
    assert (record.act, record.keep_until) == (act, years_later(NOW, KEEP_YEARS))
    found = again(shop, record)
    assert (found.ok, found.codes, found.verified_at) == (True, (), NOW)
    assert found.verdict is not None
    assert found.verdict.ok


@pytest.mark.parametrize("act", DEEDS, ids=lambda act: act.value)
def test_a_record_holds_after_the_certificates_were_revoked(shop: Shop, act: Act) -> None:
    record = DEEDS[act](shop)
    revoked = {(SIGN, 11): RevocationReason.KEY_COMPROMISE, (AUTH, 12): RevocationReason.KEY_COMPROMISE}
    shop.publish(revoked, now=RENEWED)
    assert isinstance(shop.register(now=RENEWED), Refusal)
    assert again(shop, record).ok


def test_what_is_read_again_is_what_was_kept(shop: Shop) -> None:
    record = verified(shop)
    body = read(shop.desk.vault, record)
    assert (body["format"], body["act"]) == (FORMAT, "verification")
    assert verification(shop.desk, record.id) == replace(record, number=1)


def test_a_record_needs_a_root_that_is_believed(shop: Shop) -> None:
    record = registered(shop)
    assert again(shop, record, trust=TrustStore([])).codes == ("jpki.evidence.anchor-unknown",)
    alone = again(shop, record, trust=None)
    assert (alone.ok, alone.codes) == (True, ("jpki.evidence.anchor-not-compared",))


def test_lists_and_roots_are_kept_once_for_all(shop: Shop) -> None:
    logged_in(shop)
    before = data(shop)
    assert len(before) == 4  # of each CA the root and a list
    until = years_later(NOW, KEEP_YEARS)
    midnight = until.replace(hour=0, minute=0, second=0) + timedelta(days=1)
    assert set(before.values()) == {int(midnight.timestamp())}  # nothing is written when the next one comes
    taken(shop.log_in(now=NOW + timedelta(seconds=1)))
    assert data(shop) == before


@pytest.mark.parametrize(
    ("content", "is_kept", "has_message"),
    [
        (EvidenceContent.WHOLE, True, True),
        (EvidenceContent.DIGEST, True, False),
        (EvidenceContent.NONE, False, False),
    ],
)
def test_what_is_kept_is_what_was_chosen(
    shop: Shop, content: EvidenceContent, *, is_kept: bool, has_message: bool
) -> None:
    chosen = shop.with_operator(evidence=content, keep_years=2)
    record = verified(chosen)
    assert record.keep_until == years_later(NOW, 2)
    assert (bool(record.sealed), bool(data(chosen)), bool(kept(chosen))) == (is_kept,) * 3
    if is_kept:
        signature = read(chosen.desk.vault, record)["record"]["signature"]
        assert (signature["message"] is not None) is has_message
        assert again(chosen, record).ok


def test_a_signature_over_a_hash_alone(shop: Shop) -> None:
    from hashlib import sha256

    proof = shop.proof(SIGN, 11, OfDigest(digest=sha256(CONTRACT).digest()), CONTRACT)
    one = taken(verify(shop.desk, proof, NOW, shop.rng))
    assert isinstance(one, Verified)
    assert again(shop, one.record).ok


def test_a_refusal_leaves_no_data(shop: Shop) -> None:
    proof = replace(shop.proof(SIGN, 11, OfData(data=b"x"), b"x"), signature=bytes(256))
    assert taken(verify(shop.desk, proof, NOW, shop.rng)).record.result == "SIGNATURE_MISMATCH"
    shop.publish({(SIGN, 11): RevocationReason.SUPERSEDED}, now=RENEWED)
    assert isinstance(shop.register(now=RENEWED), Refusal)
    assert (data(shop), kept(shop)) == ({}, [])


@pytest.mark.parametrize("act", DEEDS, ids=lambda act: act.value)
def test_what_is_deleted_stays_where_the_law_wants_it(shop: Shop, act: Act) -> None:
    record = DEEDS[act](shop)
    assert delete_verification(shop.desk, record.id, NOW) is None
    assert verification(shop.desk, record.id) == Refusal("operator.verification.unknown")
    assert delete_verification(shop.desk, record.id, NOW) == Refusal("operator.verification.unknown")
    left = [one for one in kept(shop) if one.id == record.id]
    assert bool(left) is (act in KEPT_BY_LAW)
    for one in left:
        assert (one.user_id, one.certificate_id) == (None, None)
        assert again(shop, one).ok


def test_a_verification_whose_time_is_over_goes_when_it_is_deleted(shop: Shop) -> None:
    record = verified(shop)
    assert delete_verification(shop.desk, record.id, record.keep_until) is None
    assert kept(shop) == []


def test_who_is_deleted_leaves_what_the_law_wants_and_no_log_in(shop: Shop) -> None:
    user_id = taken(shop.register()).user_id
    entered = taken(shop.log_in())
    assert isinstance(entered, Accepted)
    assert delete_user(shop.desk, user_id, NOW) is None
    (left,) = kept(shop)
    assert (left.act, left.user_id, left.certificate_id) == (Act.REGISTRATION, None, None)
    assert again(shop, left).ok
    row = verification(shop.desk, entered.verification.id)
    assert isinstance(row, VerificationRecord)
    assert (row.sealed, row.digest, row.user_id) == (b"", b"", None)


def test_all_of_it_ends(shop: Shop) -> None:
    first = verified(shop)
    shop.publish(now=RENEWED)
    proof = shop.proof(SIGN, 11, OfData(data=CONTRACT), CONTRACT)
    second = taken(verify(shop.desk, proof, RENEWED, shop.rng)).record
    assert purge(shop.desk, first.keep_until - timedelta(seconds=1)) == 0
    assert purge(shop.desk, first.keep_until) == 1
    assert [one.id for one in kept(shop)] == [second.id]
    assert again(shop, second).ok
    assert purge(shop.desk, second.keep_until) == 1
    assert purge(shop.desk, second.keep_until + timedelta(days=1)) == 0
    assert data(shop) == {}


def test_data_that_were_purged_are_missed(shop: Shop) -> None:
    record = verified(shop)
    with shop.desk.store.unit() as unit:
        unit.purge_evidence(now=record.keep_until + timedelta(days=1))
    assert again(shop, record).codes == ("jpki.evidence.data-missing",)


def test_data_that_were_changed_do_not_open(shop: Shop) -> None:
    record = verified(shop)
    spoil(shop, evidence_data, sealed=bytes(64))
    with pytest.raises(VaultError, match="does not open"):
        again(shop, record)


@pytest.mark.parametrize(
    "change", [lambda one: replace(one, id="0" * 32), lambda one: replace(one, digest=bytes(32))], ids=["id", "digest"]
)
def test_a_record_is_nobody_elses(shop: Shop, change: Callable[[VerificationRecord], VerificationRecord]) -> None:
    with pytest.raises(VaultError):
        again(shop, change(verified(shop)))


@pytest.mark.parametrize(
    "changed",
    [{"at": NOW + timedelta(seconds=1)}, {"act": Act.REPLACEMENT}, {"result": "CERTIFICATE_REVOKED"}],
    ids=["at", "act", "result"],
)
def test_what_is_written_beside_a_record_is_what_it_says(shop: Shop, changed: dict[str, Any]) -> None:
    with pytest.raises(VaultError, match="written beside it"):
        read(shop.desk.vault, replace(logged_in(shop), **changed))


def test_another_key_opens_nothing(shop: Shop) -> None:
    with pytest.raises(VaultError, match="does not open"):
        again(shop, verified(shop), vault=Vault(bytes(32)))


def test_what_older_releases_kept_cannot_be_verified_again(shop: Shop) -> None:
    from hashlib import sha256

    record = verified(shop)
    beside = {"act": record.act.value, "at": moment_text(record.at)}
    body = canonical({"format": WITHOUT_DATA, **beside, "certificate": "", "signature": ""})
    sealed = shop.desk.vault.seal(body, place=f"verification {record.id}", rng=shop.rng)
    old = replace(record, sealed=sealed, digest=sha256(body).digest())
    assert again(shop, old).codes == ("jpki.evidence.unreadable",)


@pytest.mark.parametrize(
    ("known", "medium"),
    [("phones", Medium.PHONE), ("unheard", None), (None, Medium.CARD)],
    ids=["phone", "nobody-says", "card"],
)
def test_on_what_a_certificate_lives(shop: Shop, known: str | None, medium: Medium | None) -> None:
    if known is not None:
        getattr(shop.links, known).add(shop.binding(SIGN, 11))
    assert taken(shop.register()).certificate.medium is medium
    with shop.desk.store.reading() as unit:
        (bound,) = (unit.kept_by_handle(shop.desk.vault.handle(SIGN, shop.binding(SIGN, 11))),)
    assert bound is not None
    assert bound.medium is medium
