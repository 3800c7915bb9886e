"""A desk's ceremonies share its verifiers: what they remember, whom they ask about revocation, what they accept."""

from __future__ import annotations

from typing import Any

import pytest

from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.rp.errors import CeremonyError
from jpki.rp.statement import StatementKind
from jpki.verify.findings import finding
from jpki.verify.policy import DOCUMENT_SIGNATURE, LOG_IN
from jpki.verify.preference import OFFLINE_OVERDUE, Preference, PreferredRevocationCheck
from jpki.verify.revocation import CrlRevocationCheck, RevocationAnswer
from jpki.verify.schemes import PSS_SHA256
from tests.jpki.rp.bank import NOW, Bank

SIGN, AUTH = CaKind.SIGN, CaKind.AUTH


class Silent:
    """A responder that nobody reaches."""

    def check(self, *_: object, **__: object) -> RevocationAnswer:
        return RevocationAnswer((finding("jpki.revocation.ocsp-unreachable", why="no route"),))


@pytest.mark.parametrize("kind", StatementKind)
def test_a_ceremony_has_the_verifier_of_its_purpose(bank: Bank, kind: StatementKind) -> None:
    assert bank.desk.ceremony(kind)._verifier is bank.desk.verifier(kind.purpose)


def test_what_one_ceremony_saw_the_next_one_knows(bank: Bank) -> None:
    card = bank.card()
    assert bank.enrol(card).ok
    verifiers = [bank.desk.verifier(purpose) for purpose in (LOG_IN, DOCUMENT_SIGNATURE)]
    assert [one.remembered for one in verifiers] == [1, 1]
    assert bank.log_in(card).ok
    assert bank.sign(card).ok
    assert [one.remembered for one in verifiers] == [1, 1]


def test_a_desk_that_remembers_nothing_accepts_the_same(bank: Bank) -> None:
    forgetful = bank.with_desk(remembered=0)
    assert forgetful.enrol(forgetful.card()).ok
    assert forgetful.desk.verifier(LOG_IN).remembered == 0


def test_who_is_known_can_still_be_revoked(bank: Bank) -> None:
    card = bank.card()
    assert bank.enrol(card).ok
    assert bank.log_in(card).ok
    bank.publish({(AUTH, 12): RevocationReason.SUPERSEDED})
    assert bank.log_in(card).codes == ("jpki.revocation.revoked",)


# Whom to ask when the responder is silent → what becomes of log-in and contract.
PREFERENCES: dict[Preference, tuple[str, ...]] = {
    Preference.CRL_ONLY: (),
    Preference.CRL_THEN_OCSP: (),
    Preference.OCSP_THEN_CRL: ("jpki.revocation.fell-back",),
    Preference.OCSP_ONLY: ("jpki.revocation.ocsp-unreachable",),
    Preference.BOTH: ("jpki.revocation.ocsp-unreachable",),
}


@pytest.mark.parametrize("preference", PREFERENCES, ids=lambda one: one.value)
@pytest.mark.parametrize("deed", ["log_in", "sign"])
def test_a_stated_preference_decides_what_silence_means(bank: Bank, preference: Preference, deed: str) -> None:
    card = bank.card()
    assert bank.enrol(card).ok
    asking: Any = PreferredRevocationCheck(preference, crl=bank.check, ocsp=Silent())
    outcome = getattr(bank.with_desk(revocation=asking), deed)(card)
    assert outcome.codes == PREFERENCES[preference]
    assert outcome.ok is ("jpki.revocation.ocsp-unreachable" not in outcome.codes)


def test_offline_an_overdue_list_is_used_and_said(bank: Bank) -> None:
    card = bank.card()
    assert bank.enrol(card).ok
    weekend = NOW + OFFLINE_OVERDUE
    assert bank.log_in(card, now=weekend).codes == ("jpki.revocation.crl-stale",)
    offline = bank.with_desk(revocation=CrlRevocationCheck(bank.lists, overdue=OFFLINE_OVERDUE))
    assert offline.log_in(card, now=weekend).codes == ("jpki.revocation.crl-overdue",)
    assert offline.log_in(card, now=weekend).ok
    assert offline.log_in(card, now=weekend + OFFLINE_OVERDUE).codes == ("jpki.revocation.crl-stale",)


def test_schemes_that_a_desk_does_not_allow_are_refused(bank: Bank) -> None:
    outcome = bank.with_desk(schemes=(PSS_SHA256,)).enrol(bank.card())
    assert outcome.codes == ("jpki.signature.invalid", "jpki.signature.invalid")


def test_a_text_that_is_no_text_is_not_begun(bank: Bank) -> None:
    from jpki.rp.customer_signing import CustomerSigning

    with pytest.raises(CeremonyError, match="surrogate"):
        CustomerSigning(bank.desk).begin("\ud800", NOW, bank.rng)
