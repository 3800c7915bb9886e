"""A verifier that remembers gives the verdicts of the procedure, the first time and each later time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from jpki.ca.crl import CrlEntry
from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.verify.policy import DOCUMENT_SIGNATURE, LOG_IN, Policy
from jpki.verify.procedure import verify
from jpki.verify.revocation import CrlRevocationCheck
from jpki.verify.verifier import Verifier
from tests.jpki.verify.conftest import NOW

AUTH = CaKind.AUTH
REVOKED = CrlEntry(serial=7, revoked_at=NOW - timedelta(days=1), reason=RevocationReason.SUPERSEDED)
MOMENTS = {
    "now": NOW,
    "before-the-list": NOW - timedelta(hours=4),
    "before-the-ca": NOW - timedelta(days=900),
    "list-stale": NOW + timedelta(days=4),
    "expired": NOW + timedelta(days=365 * 6),
    "ca-expired": NOW + timedelta(days=365 * 12),
}


def made(bench: Any, *, crls: list[bytes] | None = None, remembered: int = 10, purpose: Any = LOG_IN) -> Verifier:
    revocation = CrlRevocationCheck(bench.crls() if crls is None else crls)
    return Verifier(trust=bench.trust(), policy=Policy(purpose=purpose, revocation=revocation), remembered=remembered)


def asked(bench: Any, verifier: Verifier, certificate: bytes | None = None, **changes: Any) -> Any:
    arguments: dict[str, Any] = {
        "certificate": certificate or bench.issue(AUTH),
        "signature": bench.sign(),
        "message": bench.message,
        "now": NOW,
    }
    return verifier.verify(**arguments | changes)


def by_procedure(bench: Any, verifier: Verifier, **changes: Any) -> Any:
    arguments: dict[str, Any] = {
        "certificate": bench.issue(AUTH),
        "signature": bench.sign(),
        "message": bench.message,
        "now": NOW,
    }
    return verify(trust=verifier.trust, policy=verifier.policy, **arguments | changes)


@pytest.mark.parametrize("purpose", [LOG_IN, DOCUMENT_SIGNATURE], ids=lambda purpose: purpose.label)
@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS)
def test_a_later_verdict_is_the_first_one(bench: Any, moment: Any, purpose: Any) -> None:
    verifier = made(bench, purpose=purpose)
    asked(bench, verifier)  # remembered at a moment when it was good
    first, later = (asked(bench, verifier, now=moment) for _ in range(2))
    assert first == later == by_procedure(bench, verifier, now=moment)


@pytest.mark.parametrize(
    "changes", [{"message": b"other"}, {"signature": b""}, {"signature": bytes(256)}], ids=["message", "none", "zeros"]
)
def test_a_remembered_certificate_vouches_for_no_signature(bench: Any, changes: Any) -> None:
    verifier = made(bench)
    assert asked(bench, verifier).ok
    refused = asked(bench, verifier, **changes)
    assert not refused.ok
    assert refused == by_procedure(bench, verifier, **changes)


def test_a_remembered_certificate_can_be_revoked(bench: Any) -> None:
    verifier = made(bench)
    assert asked(bench, verifier).ok
    verifier.policy.revocation.replace([bench.crl(AUTH, REVOKED, number=43)])  # type: ignore[union-attr]
    assert asked(bench, verifier).codes == ("jpki.revocation.revoked",)


def test_one_changed_bit_is_another_certificate(bench: Any) -> None:
    verifier = made(bench)
    good = bench.issue(AUTH)
    assert asked(bench, verifier, good).ok
    assert asked(bench, verifier, good[:-1] + bytes([good[-1] ^ 1])).codes == ("jpki.path.signature-invalid",)


def test_only_what_an_anchor_signed_and_the_profile_allows_is_remembered(bench: Any) -> None:
    verifier = made(bench)
    forged = bench.seal(bench.parts(), bench.keys[3])
    unfit = bench.seal(bench.parts().with_extension("1.3.6.1.4.1.99999.1", b"\x05\x00", critical=True))
    other_ca = bench.issue(CaKind.SIGN)
    assert not any(asked(bench, verifier, each).ok for each in (forged, unfit, other_ca, b"none"))
    assert verifier.remembered == 0


@pytest.mark.parametrize("limit", [0, 1, 2])
def test_no_more_are_remembered_than_said(bench: Any, limit: int) -> None:
    verifier = made(bench, remembered=limit)
    assert all(asked(bench, verifier, bench.issue(AUTH, serial=number)).ok for number in (1, 2, 3, 1))
    assert verifier.remembered == limit


def test_an_empty_policy_fails_here_too(bench: Any) -> None:
    assert asked(bench, Verifier(trust=bench.trust(), policy=Policy())).codes == ("jpki.policy.empty",)


def test_a_newer_list_wins_though_an_older_one_was_chosen_before(bench: Any) -> None:
    """The one with the higher number is of tomorrow: it counts as soon as its time has come."""
    old = bench.crl(AUTH, number=42, next_update=NOW + timedelta(days=9))
    new = bench.crl(AUTH, REVOKED, number=43, this_update=NOW + timedelta(hours=2), next_update=NOW + timedelta(days=3))
    verifier = made(bench, crls=[old, new])
    assert asked(bench, verifier).ok
    assert asked(bench, verifier, now=NOW + timedelta(hours=3)).codes == ("jpki.revocation.revoked",)
