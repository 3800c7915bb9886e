"""What a ceremony leaves can be verified again years later, from the store alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.rp.errors import VaultError
from jpki.rp.evidence import KEEP_YEARS, reverify_evidence
from jpki.rp.leaving import delete_customer, purge_evidence
from jpki.rp.records import KeptEvidence
from jpki.rp.vault import Vault
from jpki.rp.years import years_later
from jpki.verify.evidence_check import Reverification
from jpki.verify.trust import TrustStore
from tests.jpki.rp.bank import NOW, Bank

SIGN, AUTH = CaKind.SIGN, CaKind.AUTH
# What is done → the names of the signatures that are kept.
DEEDS: dict[str, tuple[str, ...]] = {
    "enrol": ("auth", "sign"),
    "sign": ("sign",),
    "open_account": ("sign",),
    "consent": ("sign",),
}


def kept_of(bank: Bank, deed: str) -> KeptEvidence:
    """Of somebody who enrolled."""
    outcome = bank.enrol(bank.card())
    if deed != "enrol":
        outcome = getattr(bank, deed)(bank.card())
    assert outcome.user_id is not None
    with bank.store.reading() as unit:
        (kept,) = [one for one in unit.evidence(outcome.user_id) if one.number == outcome.evidence]
    return kept


def again(bank: Bank, kept: KeptEvidence, **changes: Any) -> dict[str, Reverification]:
    with bank.store.reading() as unit:
        arguments: dict[str, Any] = {"unit": unit, "vault": bank.vault, "trust": bank.desk.trust}
        return reverify_evidence(kept, **arguments | changes)


def codes(found: dict[str, Reverification]) -> set[str]:
    return {code for one in found.values() for code in one.codes}


def data(bank: Bank) -> dict[bytes, int]:
    """Hash → until when."""
    from sqlalchemy import select

    from jpki.rp.storage.schema import evidence_data

    with bank.store.database.reading() as connection:  # type: ignore[attr-defined]
        return {row.sha256: row.keep_until for row in connection.execute(select(evidence_data))}


@pytest.mark.parametrize("deed", DEEDS)
def test_a_record_holds(bank: Bank, deed: str) -> None:
    found = again(bank, kept_of(bank, deed))
    assert tuple(sorted(found)) == DEEDS[deed]
    assert all(one.ok and one.codes == () for one in found.values())
    assert all(one.verified_at == NOW and one.verdict and one.verdict.ok for one in found.values())


@pytest.mark.parametrize("deed", DEEDS)
def test_a_record_holds_after_the_certificates_were_revoked(bank: Bank, deed: str) -> None:
    kept = kept_of(bank, deed)
    bank.publish({(SIGN, 11): RevocationReason.KEY_COMPROMISE, (AUTH, 12): RevocationReason.KEY_COMPROMISE})
    assert bank.sign(bank.card()).codes == ("jpki.revocation.revoked",)
    assert all(one.ok for one in again(bank, kept).values())


def test_a_record_needs_a_root_that_is_believed(bank: Bank) -> None:
    kept = kept_of(bank, "open_account")
    assert codes(again(bank, kept, trust=TrustStore([]))) == {"jpki.evidence.anchor-unknown"}
    alone = again(bank, kept, trust=None)
    assert codes(alone) == {"jpki.evidence.anchor-not-compared"}
    assert all(one.ok for one in alone.values())


def test_lists_and_roots_are_kept_once_for_all(bank: Bank) -> None:
    kept_of(bank, "open_account")
    assert len(data(bank)) == 4  # of each CA the root and a list
    assert all(bank.sign(bank.card()).ok for _ in range(3))
    assert len(data(bank)) == 4


def test_data_last_as_long_as_the_last_record_that_needs_them(bank: Bank) -> None:
    kept = kept_of(bank, "open_account")
    later = NOW + timedelta(days=1)
    bank.publish(now=later)
    assert bank.sign(bank.card(), now=later).ok
    ends = sorted(int(years_later(at, KEEP_YEARS).timestamp()) for at in (NOW, later))
    root_of_sign = max(data(bank), key=lambda one: data(bank)[one])
    assert sorted(data(bank).values()) == [ends[0]] * 3 + [ends[1]] * 2
    assert purge_evidence(bank.desk, kept.keep_until - timedelta(seconds=1)) == 0
    assert len(data(bank)) == 5
    assert purge_evidence(bank.desk, kept.keep_until) == 2
    assert len(data(bank)) == 2
    assert root_of_sign in data(bank)
    assert codes(again(bank, kept)) == {"jpki.evidence.data-missing"}
    assert purge_evidence(bank.desk, datetime.fromtimestamp(ends[1], tz=NOW.tzinfo)) == 1
    assert data(bank) == {}


def test_a_record_outlives_its_customer(bank: Bank) -> None:
    kept = kept_of(bank, "open_account")
    assert delete_customer(bank.desk, kept.user_id, NOW) is None
    assert all(one.ok for one in again(bank, kept).values())


def test_data_that_were_changed_do_not_open(bank: Bank) -> None:
    from sqlalchemy import update

    from jpki.rp.storage.schema import evidence_data

    kept = kept_of(bank, "sign")
    with bank.store.database.writing() as connection:  # type: ignore[attr-defined]
        connection.execute(update(evidence_data).values(sealed=bytes(64)))
    with pytest.raises(VaultError, match="does not open"):
        again(bank, kept)


def test_another_key_opens_nothing(bank: Bank) -> None:
    kept = kept_of(bank, "sign")
    with pytest.raises(VaultError, match="does not open"):
        again(bank, kept, vault=Vault(bytes(32)))


def test_a_record_of_somebody_else_does_not_open(bank: Bank) -> None:
    with pytest.raises(VaultError, match="does not open"):
        again(bank, replace(kept_of(bank, "sign"), user_id="somebody else"))


@pytest.mark.parametrize(
    "changed", [{"at": NOW + timedelta(seconds=1)}, {"ceremony": "account"}], ids=["at", "ceremony"]
)
def test_what_is_written_beside_a_record_is_what_it_says(bank: Bank, changed: dict[str, Any]) -> None:
    """Of two records of one customer neither passes as the other."""
    with pytest.raises(VaultError, match="written beside it"):
        again(bank, replace(kept_of(bank, "sign"), **changed))


@pytest.mark.parametrize("deed", ["sign", "open_account", "consent"])
def test_a_refusal_leaves_no_data(bank: Bank, deed: str) -> None:
    bank.enrol(bank.card())
    before = data(bank)
    bank.publish({(SIGN, 11): RevocationReason.SUPERSEDED}, now=NOW + timedelta(hours=1))
    assert not getattr(bank, deed)(bank.card()).ok
    assert data(bank) == before
