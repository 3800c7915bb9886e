"""The sweep over a store's customers: every state, what to ask of whom, killed after every page, stale lists."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jpki.holder import Holder
from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.rp.asks import ASKS, Ask, ask_about
from jpki.rp.consent import ConsentCeremony
from jpki.rp.errors import SweepIncompleteError
from jpki.rp.leaving import delete_customer
from jpki.rp.listed import RevokedHandles
from jpki.rp.records import Snapshot, State
from jpki.rp.sweep import begin_or_resume, report, run_sweep, sweep_pages
from jpki.verify.crl_index import CrlIndex
from tests.jpki.rp.bank import NOW, Bank, ToldLatest

SIGN, AUTH = CaKind.SIGN, CaKind.AUTH
R = RevocationReason


def enrol(bank: Bank, number: int, **changes: Any) -> str:
    user_id = bank.enrol(bank.card(sign=10 * number + 1, auth=10 * number + 2, **changes)).user_id
    assert user_id is not None
    return user_id


def counts(bank: Bank, *, at: datetime = NOW, page: int = 3) -> dict[str, int]:
    found = run_sweep(bank.store, bank.listed(at=at), at=at, page=page)
    assert found.sweep.is_complete
    assert found.sweep.seen == sum(found.sweep.counts.values())
    return {state.value: count for state, count in found.sweep.counts.items() if count}


def test_every_certificate_is_in_one_state(bank: Bank) -> None:
    for number in range(1, 6):
        enrol(bank, number)
    bank.publish({(SIGN, 11): R.AFFILIATION_CHANGED, (AUTH, 22): R.CERTIFICATE_HOLD, (SIGN, 21): R.CERTIFICATE_HOLD})
    assert counts(bank) == {"good": 7, "revoked": 1, "held": 2}


def test_nobody_is_swept_completely(bank: Bank) -> None:
    assert counts(bank) == {}


def test_an_ended_certificate_is_expired_and_a_revoked_one_stays_revoked(bank: Bank) -> None:
    enrol(bank, 1)
    enrol(bank, 2)
    at = datetime(2040, 1, 1, tzinfo=UTC)
    bank.publish({(SIGN, 11): R.SUPERSEDED}, now=at)
    # The authorities ended, too, but an end needs no list.
    assert counts(bank, at=at)["expired"] == 3


def test_without_a_usable_list_nobody_is_good(bank: Bank) -> None:
    enrol(bank, 1)
    assert counts(bank, at=NOW + timedelta(days=10)) == {"unknown": 2}


def test_a_list_of_one_ca_says_nothing_of_the_other(bank: Bank) -> None:
    enrol(bank, 1)
    bank.lists = [one for one, kind in zip(bank.lists, bank.authorities, strict=True) if kind is AUTH]
    assert counts(bank) == {"good": 1, "unknown": 1}


def test_a_list_with_a_broken_signature_is_none(bank: Bank) -> None:
    enrol(bank, 1)
    bank.lists = [one[:-1] + bytes([one[-1] ^ 1]) for one in bank.lists]
    assert counts(bank) == {"unknown": 2}


ROWS = [
    (SIGN, R.AFFILIATION_CHANGED, Ask.LATEST_ATTRIBUTES),
    (AUTH, R.AFFILIATION_CHANGED, Ask.CONTACT),
    (SIGN, R.SUPERSEDED, Ask.AWAIT_NEWER),
    (AUTH, R.SUPERSEDED, Ask.AWAIT_NEWER),
    (SIGN, R.CERTIFICATE_HOLD, Ask.SUSPEND),
    (AUTH, R.CERTIFICATE_HOLD, Ask.SUSPEND),
    (AUTH, R.KEY_COMPROMISE, Ask.SUSPEND),
    (SIGN, R.CA_COMPROMISE, Ask.SUSPEND),
    (AUTH, R.CESSATION_OF_OPERATION, Ask.CONTACT),
    (SIGN, R.UNSPECIFIED, Ask.CONTACT),
]


@pytest.mark.parametrize(("kind", "reason", "ask"), ROWS, ids=[f"{k.value}-{r.rfc_name}" for k, r, _ in ROWS])
def test_what_is_asked_after_a_revocation(bank: Bank, kind: CaKind, reason: R, ask: Ask) -> None:
    user_id = enrol(bank, 1)
    bank.publish({(kind, 11 if kind is SIGN else 12): reason})
    (found,) = run_sweep(bank.store, bank.listed(), at=NOW).asks
    assert (found.user_id, found.row.ask) == (user_id, ask)
    assert found.snapshot.since == NOW - timedelta(hours=2)


def test_the_sternest_of_two_counts(bank: Bank) -> None:
    enrol(bank, 1)
    bank.publish({(SIGN, 11): R.SUPERSEDED, (AUTH, 12): R.CERTIFICATE_HOLD})
    (found,) = run_sweep(bank.store, bank.listed(), at=NOW).asks
    assert found.row.ask is Ask.SUSPEND


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("kind", CaKind)
@pytest.mark.parametrize("reason", [None, *range(11)])
def test_every_state_has_a_row(state: State, kind: CaKind, reason: int | None) -> None:
    row = ask_about(Snapshot(certificate=1, user_id="x", kind=kind, state=state, reason=reason))
    assert row in ASKS
    assert row.en != row.ja


@pytest.mark.parametrize("killed_after", range(5))
def test_a_sweep_is_resumed_where_it_was_killed(bank: Bank, killed_after: int) -> None:
    for number in range(1, 5):
        enrol(bank, number)
    bank.publish({(SIGN, 11): R.SUPERSEDED, (AUTH, 42): R.CERTIFICATE_HOLD})
    listed = bank.listed()
    first = begin_or_resume(bank.store, listed, at=NOW)
    pages = sweep_pages(bank.store, listed, first, page=2)
    for _ in range(min(killed_after, 4)):
        next(pages)
    pages.close()
    resumed = begin_or_resume(bank.store, bank.listed(), at=NOW)
    assert (resumed.number == first.number) is (killed_after < 4)
    found = run_sweep(bank.store, listed, at=NOW, page=2)
    assert found.as_dict() | {"sweep": 0} == {
        "sweep": 0,
        "complete": True,
        "in": 8,
        "good": 6,
        "revoked": 1,
        "held": 1,
        "expired": 0,
        "unknown": 0,
        "asks": {"await-newer": 1, "suspend": 1},
        "findings": {"rp.sweep.superseded": 1, "rp.sweep.held": 1},
    }


def test_a_page_that_fails_leaves_no_trace(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1, 4):
        enrol(bank, number)
    listed = bank.listed()
    sweep = begin_or_resume(bank.store, listed, at=NOW)
    pages = sweep_pages(bank.store, listed, sweep, page=2)
    one = next(pages)

    def killed(*_: object, **__: object) -> Snapshot:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(RevokedHandles, "snapshot", killed)
        with pytest.raises(KeyboardInterrupt):
            next(pages)
    assert begin_or_resume(bank.store, listed, at=NOW) == one


def test_other_lists_begin_another_sweep(bank: Bank) -> None:
    enrol(bank, 1)
    first = begin_or_resume(bank.store, bank.listed(), at=NOW)
    bank.publish({(SIGN, 11): R.SUPERSEDED}, now=NOW + timedelta(minutes=1))
    later = NOW + timedelta(minutes=1)
    assert begin_or_resume(bank.store, bank.listed(at=later), at=later).number != first.number


def test_who_enrols_or_leaves_meanwhile_does_not_break_the_sum(bank: Bank) -> None:
    users = [enrol(bank, number) for number in range(1, 5)]
    listed = bank.listed()
    sweep = begin_or_resume(bank.store, listed, at=NOW)
    pages = sweep_pages(bank.store, listed, sweep, page=2)
    next(pages)
    assert delete_customer(bank.desk, users[2], NOW) is None
    enrol(bank, 9)
    *_, last = pages
    assert last.is_complete
    assert (last.seen, last.counts[State.GOOD]) == (6, 6)


def test_certificates_that_were_followed_are_swept_no_more(bank: Bank) -> None:
    enrol(bank, 1)
    bank.publish({(AUTH, 12): R.SUPERSEDED})
    bank.succeed(AUTH, 22, 12)
    assert counts(bank) == {"good": 1, "revoked": 1}
    assert bank.log_in(bank.card(sign=21, auth=22)).ok
    assert counts(bank) == {"good": 2}


def test_a_count_that_does_not_fit_stops_the_sweep(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    from jpki.rp.storage.store import SqlUnit

    enrol(bank, 1)
    monkeypatch.setattr(SqlUnit, "count_page", lambda *_, **__: 99)
    with pytest.raises(SweepIncompleteError, match="not the same twice"):
        run_sweep(bank.store, bank.listed(), at=NOW)


def test_a_move_is_found_asked_about_and_answered(bank: Bank, holder: Holder) -> None:
    """The whole way: consent, a move, the sweep, the service, the new attributes, the new certificate."""
    user_id = enrol(bank, 1)
    bank.open_account(bank.card())
    bank.consent(bank.card())
    bank.publish({(SIGN, 11): R.AFFILIATION_CHANGED})
    (found,) = run_sweep(bank.store, bank.listed(), at=NOW).asks
    assert (found.user_id, found.row.ask, found.row.whom) == (
        user_id,
        Ask.LATEST_ATTRIBUTES,
        "the service of the latest attributes",
    )
    moved = replace(holder, address="見本県別市北一丁目１番")
    source = ToldLatest((bank.binding(SIGN, 21), moved.attributes()))
    answer = ConsentCeremony(bank.desk).latest(user_id, source, NOW, bank.rng)
    assert answer.is_new
    assert answer.attributes == moved.attributes()


def test_a_sweep_can_be_read_again(bank: Bank) -> None:
    enrol(bank, 1)
    bank.publish({(SIGN, 11): R.SUPERSEDED})
    first = run_sweep(bank.store, bank.listed(), at=NOW)
    with bank.store.reading() as unit:
        sweep = unit.sweep(first.sweep.number)
    assert sweep is not None
    assert report(bank.store, sweep) == first
    assert "見本" not in repr(first)


def test_a_partition_says_nothing_of_all(bank: Bank) -> None:
    enrol(bank, 1)
    indexes = [CrlIndex(one) for one in bank.lists]
    for one in indexes:
        one.frame = replace(one.frame, partition=frozenset({b"a place"}))
    listed = RevokedHandles.of(bank.anchors, indexes, bank.vault, at=NOW)
    assert run_sweep(bank.store, listed, at=NOW).sweep.counts[State.UNKNOWN] == 2
