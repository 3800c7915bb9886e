"""Every shape of certificate through the whole procedure: test, production and next; card and phone; both purposes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from jpki.ca.authority import Authority
from jpki.kinds import CaKind
from jpki.profiles import TEST, Hierarchy
from jpki.verify.evidence import record
from jpki.verify.evidence_check import reverify
from jpki.verify.policy import DOCUMENT_SIGNATURE, LOG_IN, Policy
from jpki.verify.procedure import Verdict, verify
from jpki.verify.revocation import CrlRevocationCheck
from jpki.verify.trust import TrustAnchor, TrustStore
from tests.jpki.verify.conftest import NOW, Bench

SIGN, AUTH = CaKind.SIGN, CaKind.AUTH
PURPOSES = {SIGN: DOCUMENT_SIGNATURE, AUTH: LOG_IN}
PHONE = {SIGN: "1.2.392.200149.8.5.1.1.40", AUTH: "1.2.392.200149.8.5.1.3.50"}
"""The first is reported, the second made up: what a phone's certificates carry is not public."""
Make = Callable[..., Authority]


@pytest.fixture(params=["test", "production"])
def shape(request: pytest.FixtureRequest, production: Hierarchy) -> Hierarchy:
    """The shape that the certificates have."""
    return TEST if request.param == "test" else production


def on_phone(shape: Hierarchy) -> Hierarchy:
    """What a CA would issue for phones."""
    return replace(shape, sign_policy=PHONE[SIGN], auth_policy=PHONE[AUTH])


def knowing(shape: Hierarchy, *kinds: CaKind) -> Hierarchy:
    """The shape of a verifier who was told the phones' policies."""
    return replace(shape, phone_policies=tuple((kind, PHONE[kind]) for kind in kinds))


class Judge:
    """Certificates of one CA before a verifier who trusts it under some hierarchy."""

    def __init__(self, bench: Bench, make: Make, kind: CaKind, issued: Hierarchy, trusted: Hierarchy) -> None:
        authority = make(kind, hierarchy=issued)
        self.trust = TrustStore([TrustAnchor.load(kind, trusted, authority.certificate_der)])
        crl = bench.crl(kind, authority=authority)
        self.policy = Policy(purpose=PURPOSES[kind], revocation=CrlRevocationCheck([crl]))
        self.shown: dict[str, Any] = {
            "certificate": bench.issue(kind, authority),
            "signature": bench.sign(kind),
            "message": bench.message,
            "now": NOW,
            "trust": self.trust,
            "policy": self.policy,
        }

    def verdict(self) -> Verdict:
        return verify(**self.shown)


@pytest.mark.parametrize("kind", CaKind)
def test_a_cards_certificate_is_accepted(bench: Bench, make_authority: Make, shape: Hierarchy, kind: CaKind) -> None:
    verdict = Judge(bench, make_authority, kind, shape, shape).verdict()
    assert verdict.ok
    assert verdict.codes == ()
    assert verdict.certificate is not None
    assert (verdict.certificate.attributes is not None) is (kind is SIGN)


@pytest.mark.parametrize("kind", CaKind)
def test_a_phones_certificate_is_accepted_where_its_policy_was_told(
    bench: Bench, make_authority: Make, shape: Hierarchy, kind: CaKind
) -> None:
    assert Judge(bench, make_authority, kind, on_phone(shape), knowing(shape, kind)).verdict().ok
    other = AUTH if kind is SIGN else SIGN
    for trusted in (shape, knowing(shape, other)):
        refused = Judge(bench, make_authority, kind, on_phone(shape), trusted).verdict()
        assert refused.codes == ("jpki.purpose.policy",)


@pytest.mark.parametrize("kind", CaKind)
def test_who_was_told_phones_policies_accepts_cards_too(
    bench: Bench, make_authority: Make, shape: Hierarchy, kind: CaKind
) -> None:
    assert Judge(bench, make_authority, kind, shape, knowing(shape, SIGN, AUTH)).verdict().ok


@pytest.mark.parametrize("kind", CaKind)
def test_evidence_says_which_policies_were_accepted(
    bench: Bench, make_authority: Make, shape: Hierarchy, kind: CaKind
) -> None:
    judge = Judge(bench, make_authority, kind, on_phone(shape), knowing(shape, SIGN, AUTH))
    raw = record(judge.verdict(), **judge.shown)
    again = reverify(raw, trust=judge.trust)
    assert again.ok
    assert again.verdict is not None
    assert again.verdict.ok
    told_nothing = Judge(bench, make_authority, kind, shape, shape).trust
    assert reverify(raw, trust=told_nothing).codes == ("jpki.evidence.anchor-unknown",)


@pytest.mark.parametrize("kind", CaKind)
def test_a_policy_that_nobody_has_is_named_with_those_that_are_accepted(
    bench: Bench, make_authority: Make, kind: CaKind
) -> None:
    odd = replace(TEST, sign_policy="1.2.3", auth_policy="1.2.3")
    (found,) = Judge(bench, make_authority, kind, odd, knowing(TEST, kind)).verdict().findings
    assert found.detail == {"found": "1.2.3", "wanted": f"{TEST.policy(kind)} or {PHONE[kind]}"}
