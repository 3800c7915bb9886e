"""What speaks of a certificate in a sweep: the full list, that of its point, an answer by OCSP; the newest counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from jpki.ca.crl import CrlEntry, build_crl
from jpki.kinds import CaKind
from jpki.names import crl_distribution_point
from jpki.reasons import RevocationReason
from jpki.rp.listed import RevokedHandles
from jpki.rp.records import State
from jpki.rp.sweep import run_sweep
from jpki.verify.crl_frame import RevokedEntry
from jpki.verify.crl_index import CrlIndex
from jpki.verify.findings import finding
from jpki.verify.ocsp_status import OcspRevocationStatus
from jpki.verify.revocation import RevocationAnswer
from tests.jpki.rp.bank import NOW, Bank

SIGN, AUTH = CaKind.SIGN, CaKind.AUTH
HERE, ELSEWHERE = "Mihon-shi", "Betsu-shi"
HOUR = timedelta(hours=1)
MOVED, HOLD = RevocationReason.AFFILIATION_CHANGED, RevocationReason.CERTIFICATE_HOLD
Serials = Mapping[int, RevocationReason]


def published(
    bank: Bank, kind: CaKind, listed: Serials, *, at: datetime = NOW - HOUR, town: str | None = None, days: int = 2
) -> CrlIndex:
    """A list of a town, or a full one."""
    authority = bank.authorities[kind]
    organization = authority.hierarchy.organization
    point = town and crl_distribution_point(organization, kind, prefecture="Mihon-ken", municipality=town)
    entries = [CrlEntry(serial=one, revoked_at=at - HOUR, reason=reason) for one, reason in sorted(listed.items())]
    return CrlIndex(
        build_crl(
            authority,
            entries=entries,
            number=43,
            this_update=at,
            next_update=at + timedelta(days=days),
            distribution_point=point or None,
        )
    )


def handles(bank: Bank, *lists: CrlIndex) -> RevokedHandles:
    return RevokedHandles.of(bank.anchors, lists, bank.vault, at=NOW)


def swept(bank: Bank, listed: RevokedHandles) -> dict[CaKind, State]:
    """How both certificates of the one customer stand."""
    found = run_sweep(bank.store, listed, at=NOW)
    assert found.sweep.is_complete
    with bank.store.reading() as unit:
        troubled = {one.kind: one.state for one in unit.snapshots(found.sweep.number)}
    return {kind: troubled.get(kind, State.GOOD) for kind in CaKind}


@pytest.fixture
def customer(bank: Bank) -> Bank:
    """With one customer, who lives here: certificates 11 and 12."""
    assert bank.enrol(bank.card()).ok
    return bank


OLD, NEW = NOW - 3 * HOUR, NOW - HOUR
# Name → lists of the signing CA as (town, moment, what is listed); how the customer's certificate stands.
LISTS: dict[str, tuple[list[tuple[str | None, datetime, Serials]], State]] = {
    "its-partition": ([(HERE, NEW, {})], State.GOOD),
    "listed-in-its-partition": ([(HERE, NEW, {11: MOVED})], State.REVOKED),
    "held-in-its-partition": ([(HERE, NEW, {11: HOLD})], State.HELD),
    "another-partition": ([(ELSEWHERE, NEW, {99: MOVED})], State.UNKNOWN),
    "all-partitions": ([(ELSEWHERE, NEW, {99: MOVED}), (HERE, NEW, {})], State.GOOD),
    "newer-partition": ([(None, OLD, {}), (HERE, NEW, {11: MOVED})], State.REVOKED),
    "newer-full-list": ([(HERE, OLD, {11: HOLD}), (None, NEW, {})], State.GOOD),
    "older-full-list": ([(None, OLD, {11: HOLD}), (HERE, NEW, {})], State.GOOD),
    "partition-beside-full-list": ([(None, NEW, {}), (ELSEWHERE, NEW, {})], State.GOOD),
    "stale-partition": ([(HERE, NOW - timedelta(days=9), {})], State.UNKNOWN),
    "newest-of-a-partition": ([(HERE, OLD, {}), (HERE, NEW, {11: MOVED})], State.REVOKED),
    "none": ([], State.UNKNOWN),
}


@pytest.mark.parametrize("name", LISTS)
def test_the_newest_list_that_speaks_of_a_certificate_counts(customer: Bank, name: str) -> None:
    lists, state = LISTS[name]
    given = [published(customer, SIGN, listed, at=at, town=town) for town, at, listed in lists]
    assert swept(customer, handles(customer, *given)) == {SIGN: state, AUTH: State.UNKNOWN}


@pytest.mark.parametrize("name", LISTS)
def test_a_sweep_says_what_the_verifier_says(customer: Bank, name: str) -> None:
    """Of a certificate of which the verifier has no status, the sweep has none either."""
    lists, state = LISTS[name]
    given = [published(customer, SIGN, listed, at=at, town=town) for town, at, listed in lists]
    customer.check.replace([*given, published(customer, AUTH, {})])
    outcome = customer.sign(customer.card())
    assert outcome.ok is (state is State.GOOD)
    assert ("jpki.revocation.revoked" in outcome.codes) is (state in (State.REVOKED, State.HELD))


@pytest.mark.parametrize(
    ("town", "listed", "state"),
    [(HERE, {}, State.UNKNOWN), (HERE, {11: MOVED}, State.REVOKED), (None, {}, State.GOOD)],
    ids=["partition", "listed", "full"],
)
def test_of_whom_an_older_release_bound_only_a_hit_or_a_full_list_speaks(
    customer: Bank, town: str | None, listed: Serials, state: State
) -> None:
    with customer.store.database.writing() as connection:  # type: ignore[attr-defined]
        connection.execute(text("UPDATE rp_certificates SET points = NULL"))
    assert swept(customer, handles(customer, published(customer, SIGN, listed, town=town)))[SIGN] is state


def ocsp(this_update: datetime, reason: RevocationReason | None) -> Callable[[], RevocationAnswer]:
    def answer() -> RevocationAnswer:
        entry = RevokedEntry(11, NOW - 2 * HOUR, int(reason)) if reason is not None else None
        status = OcspRevocationStatus(produced_at=NOW, this_update=this_update, next_update=None, entry=entry)
        return RevocationAnswer((), status)

    return answer


def silence() -> RevocationAnswer:
    return RevocationAnswer((finding("jpki.revocation.ocsp-unreachable", why="no route"),))


class Told:
    """A responder's check that answers as a test tells it."""

    def __init__(self, answer: Callable[[], RevocationAnswer]) -> None:
        self._answer = answer

    def check(self, *_: object, **__: object) -> RevocationAnswer:
        return self._answer()


# Name → the full list of the signing CA, what OCSP answers, how the certificate stands.
ANSWERS: dict[str, tuple[Serials | None, Callable[[], RevocationAnswer], State]] = {
    "good-without-a-list": (None, ocsp(NEW, None), State.GOOD),
    "revoked-without-a-list": (None, ocsp(NEW, MOVED), State.REVOKED),
    "held-without-a-list": (None, ocsp(NEW, HOLD), State.HELD),
    "revoked-since-the-list": ({}, ocsp(NOW, MOVED), State.REVOKED),
    "released-since-the-list": ({11: HOLD}, ocsp(NOW, None), State.GOOD),
    "older-than-the-list": ({11: MOVED}, ocsp(OLD, None), State.REVOKED),
    "silence": (None, silence, State.UNKNOWN),
    "silence-beside-a-list": ({}, silence, State.GOOD),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_by_ocsp_speaks_of_one_certificate(customer: Bank, name: str) -> None:
    listed, answer, state = ANSWERS[name]
    lists = () if listed is None else (published(customer, SIGN, listed),)
    anchor = next(one for one in customer.anchors if one.kind is SIGN)
    check: Any = Told(answer)
    told = handles(customer, *lists).with_answers([(anchor, 11)], check, customer.vault, at=NOW)
    assert swept(customer, told) == {SIGN: state, AUTH: State.UNKNOWN}


def test_each_list_and_answer_is_part_of_the_basis(customer: Bank) -> None:
    full, part = published(customer, SIGN, {}), published(customer, SIGN, {}, town=HERE)
    anchor = next(one for one in customer.anchors if one.kind is SIGN)
    check: Any = Told(ocsp(NEW, None))
    found = [handles(customer, *lists) for lists in ((), (full,), (part,), (full, part))]
    found.append(found[1].with_answers([(anchor, 11)], check, customer.vault, at=NOW))
    assert len({one.basis for one in found}) == 5
    assert found[3].basis == handles(customer, part, full).basis


def test_who_is_on_two_lists_is_counted_once(customer: Bank) -> None:
    lists = [published(customer, SIGN, {11: MOVED, 99: MOVED}), published(customer, SIGN, {11: MOVED}, town=HERE)]
    assert len(handles(customer, *lists)) == 2


def test_no_point_is_kept_in_the_clear(customer: Bank) -> None:
    with customer.store.database.reading() as connection:  # type: ignore[attr-defined]
        points = list(connection.execute(text("SELECT points FROM rp_certificates")).scalars())
    assert [len(one) for one in points] == [16, 16]
    assert len(set(points)) == 2  # the two CAs name one town differently
    assert not any(b"Mihon" in one for one in points)
