"""Choosing among revocation lists, their clocks, and the check that checks nothing."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jpki.ca.crl import CrlEntry
from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.verify.errors import UnsafeVerificationWarning
from jpki.verify.revocation import DEFAULT_CLOCK_SKEW, CrlRevocationCheck, UnsafeNoRevocationCheck

NOW = datetime(2026, 5, 1, 3, 0, tzinfo=UTC)
JUST_OVER = DEFAULT_CLOCK_SKEW + timedelta(seconds=1)
LISTED = CrlEntry(serial=7, revoked_at=NOW - timedelta(days=1), reason=RevocationReason.CERTIFICATE_HOLD)


def test_the_unsafe_check_warns_when_it_is_made() -> None:
    with pytest.warns(UnsafeVerificationWarning, match="revoked certificates will be accepted"):
        UnsafeNoRevocationCheck()


def test_the_unsafe_check_accepts_what_a_list_refuses(bench: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        verdict = bench.verify(revocation=UnsafeNoRevocationCheck())
    assert verdict.ok
    assert verdict.codes == ("jpki.revocation.not-checked",)


@pytest.mark.parametrize("newest_first", [True, False])
def test_the_highest_number_counts_whatever_the_order(bench: Any, newest_first: bool) -> None:
    lists = [bench.crl(CaKind.AUTH, LISTED, number=43), bench.crl(number=42)]
    verdict = bench.verify(crls=lists if newest_first else lists[::-1])
    assert verdict.codes == ("jpki.revocation.revoked",)
    assert verdict.revocation.crl_number == 43


@pytest.mark.parametrize("listed_first", [True, False])
def test_of_two_lists_with_one_number_the_longer_counts(bench: Any, listed_first: bool) -> None:
    lists = [bench.crl(CaKind.AUTH, LISTED), bench.crl()]
    verdict = bench.verify(crls=lists if listed_first else lists[::-1])
    assert verdict.codes == ("jpki.revocation.revoked",)


def test_a_forged_list_does_not_hide_the_real_one(bench: Any) -> None:
    forged = bytearray(bench.crl(number=99))
    forged[-1] ^= 1
    assert bench.verify(crls=[bytes(forged), bench.crl(CaKind.AUTH, LISTED)]).codes == ("jpki.revocation.revoked",)


def test_garbage_beside_a_real_list_changes_nothing(bench: Any) -> None:
    assert bench.verify(crls=[b"garbage", bench.crl()]).codes == ()


def test_the_flaw_that_is_told_is_that_of_the_closest_list(bench: Any) -> None:
    lists = [b"garbage", bench.crl(CaKind.SIGN), bench.crl(next_update=NOW - timedelta(hours=1))]
    assert bench.verify(crls=lists).codes == ("jpki.revocation.crl-stale",)


def test_a_serial_number_of_the_other_ca_is_not_meant(bench: Any) -> None:
    assert bench.verify(crls=[bench.crl(CaKind.SIGN, LISTED), bench.crl()]).codes == ()


@pytest.mark.parametrize(
    ("this_update", "next_update", "codes"),
    [
        (NOW + DEFAULT_CLOCK_SKEW, NOW + timedelta(days=1), ()),
        (
            NOW + DEFAULT_CLOCK_SKEW + timedelta(seconds=1),
            NOW + timedelta(days=1),
            ("jpki.revocation.crl-not-yet-valid",),
        ),
        (NOW - timedelta(days=1), NOW - DEFAULT_CLOCK_SKEW, ()),
        (NOW - timedelta(days=1), NOW - JUST_OVER, ("jpki.revocation.crl-stale",)),
    ],
    ids=["future-within-skew", "future", "past-within-skew", "past"],
)
def test_the_skew_of_clocks_is_forgiven_to_the_second(
    bench: Any, this_update: datetime, next_update: datetime, codes: tuple[str, ...]
) -> None:
    assert bench.verify(crls=[bench.crl(this_update=this_update, next_update=next_update)]).codes == codes


def test_a_list_may_be_replaced_while_the_check_is_in_use(bench: Any) -> None:
    check = CrlRevocationCheck(bench.crls())
    assert bench.verify(revocation=check).ok
    check.replace([bench.crl(CaKind.AUTH, LISTED)])
    assert bench.verify(revocation=check).codes == ("jpki.revocation.revoked",)
