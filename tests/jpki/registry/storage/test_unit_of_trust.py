"""Entering certificates and what becomes of them: what is refused, and that a refusal changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest

from jpki.errors import (
    AlreadyRevokedError,
    DuplicateEntryError,
    NotOnHoldError,
    RegistryError,
    UnknownEntryError,
)
from jpki.kinds import CaKind
from jpki.reasons import RevocationReason as Reason
from jpki.registry.interfaces import Register, UnitOfWork
from jpki.registry.records import CertificateId, CertificateSigned, Link
from tests.jpki.registry.stock import BOTH, DAY, Stock, key_id

Work = Callable[[UnitOfWork, CertificateId], None]


def _hold(unit: UnitOfWork, id_: CertificateId) -> None:
    unit.revoke([id_], Reason.CERTIFICATE_HOLD)


def _revoke(unit: UnitOfWork, id_: CertificateId) -> None:
    unit.revoke([id_], Reason.AFFILIATION_CHANGED)


def _release(unit: UnitOfWork, id_: CertificateId) -> None:
    unit.release([id_])


@pytest.mark.parametrize(
    ("before", "then", "error", "says"),
    [
        pytest.param([_hold], _hold, AlreadyRevokedError, "on hold already", id="hold-twice"),
        pytest.param([_revoke], _revoke, AlreadyRevokedError, "revoked already", id="revoke-twice"),
        pytest.param([_revoke], _hold, AlreadyRevokedError, "revoked already", id="hold-what-is-revoked"),
        pytest.param([_revoke], _release, NotOnHoldError, "not on hold", id="lift-a-revocation"),
        pytest.param([], _release, NotOnHoldError, "not on hold", id="lift-nothing"),
        pytest.param([_hold, _release], _release, NotOnHoldError, "not on hold", id="lift-twice"),
    ],
)
def test_change_that_is_refused(
    stock: Stock, now: datetime, before: list[Work], then: Work, error: type[RegistryError], says: str
) -> None:
    id_ = stock.issue("hanako")[CaKind.SIGN]
    for work in before:
        with stock.register.transaction(now=now) as unit:
            work(unit, id_)
    stood = stock.register.timeline(certificate=id_)
    with pytest.raises(error, match=says), stock.register.transaction(now=now) as unit:
        then(unit, id_)
    assert stock.register.timeline(certificate=id_) == stood


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param([_hold, _revoke], id="hold-then-revoke"),
        pytest.param([_hold, _release, _hold, _revoke], id="lifted-and-held-again"),
        pytest.param([_hold, _release, _revoke], id="lifted-then-revoked"),
    ],
)
def test_change_that_is_made(stock: Stock, now: datetime, changes: list[Work]) -> None:
    id_ = stock.issue("hanako")[CaKind.SIGN]
    for days, work in enumerate(changes, 1):
        with stock.register.transaction(now=now + days * DAY) as unit:
            work(unit, id_)
    assert stock.register.status(id_, at=now + 9 * DAY).reason is Reason.AFFILIATION_CHANGED


def test_refusal_says_what_stands(stock: Stock, now: datetime) -> None:
    id_ = stock.issue("hanako")[CaKind.SIGN]
    with stock.register.transaction(now=now + DAY) as unit:
        _revoke(unit, id_)
    with pytest.raises(AlreadyRevokedError) as caught, stock.register.transaction(now=now + 2 * DAY) as unit:
        _hold(unit, id_)
    assert (caught.value.reason, caught.value.revoked_at) == (Reason.AFFILIATION_CHANGED, now + DAY)


def test_all_or_none(stock: Stock, now: datetime) -> None:
    """A lost card loses both certificates; when one cannot be held, neither is."""
    ids = stock.issue("hanako")
    with stock.register.transaction(now=now) as unit:
        _revoke(unit, ids[CaKind.AUTH])
    with pytest.raises(AlreadyRevokedError), stock.register.transaction(now=now) as unit:
        unit.revoke(ids.values(), Reason.CERTIFICATE_HOLD)
    assert stock.register.status(ids[CaKind.SIGN], at=now).reason is None


def test_nothing_to_revoke(register: Register, now: datetime) -> None:
    with pytest.raises(RegistryError, match="at least one"), register.transaction(now=now) as unit:
        unit.revoke([], Reason.SUPERSEDED)


def test_one_twice_in_one_breath(stock: Stock, now: datetime) -> None:
    id_ = stock.issue("hanako")[CaKind.SIGN]
    with pytest.raises(RegistryError, match="each once"), stock.register.transaction(now=now) as unit:
        unit.revoke([id_, id_], Reason.SUPERSEDED)


def test_revoke_what_there_is_not(register: Register, now: datetime) -> None:
    with pytest.raises(UnknownEntryError, match="has no auth certificate 5"), register.transaction(now=now) as unit:
        unit.revoke([CertificateId(CaKind.AUTH, 5)], Reason.SUPERSEDED)


@pytest.mark.parametrize(
    ("days", "says"),
    [pytest.param(-1, "before it was issued", id="issue"), pytest.param(4, "before its last change", id="hold")],
)
def test_change_before_what_was(stock: Stock, now: datetime, days: int, says: str) -> None:
    id_ = stock.issue("hanako")[CaKind.SIGN]
    with stock.register.transaction(now=now + 5 * DAY) as unit:
        _hold(unit, id_)
    with pytest.raises(RegistryError, match=says), stock.register.transaction(now=now + 5 * DAY) as unit:
        unit.revoke([id_], Reason.SUPERSEDED, at=now + days * DAY)


def _recorded(stock: Stock, change: Callable[[CertificateSigned], CertificateSigned]) -> None:
    stock.issue("hanako")
    card_id = stock.register.cards()[0].card_id
    with stock.register.transaction(now=stock.now, serials=BOTH) as unit:
        signed = stock.signed(CaKind.SIGN, unit.take_serial(CaKind.SIGN), card_id)
        unit.record_certificates([change(signed)])


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        pytest.param(
            lambda signed: replace(signed, id=CertificateId(CaKind.SIGN, 2)),
            DuplicateEntryError,
            "in the register already: sign certificate 2",
            id="number-that-is-used",
        ),
        pytest.param(
            lambda signed: replace(signed, id=CertificateId(CaKind.SIGN, 4)),
            UnknownEntryError,
            "did not come from the counter",
            id="number-of-one's-own",
        ),
        pytest.param(
            lambda signed: replace(signed, key_id=b"x" * 20), UnknownEntryError, "no sign CA with", id="unknown-ca"
        ),
        pytest.param(
            lambda signed: replace(signed, key_id=key_id(CaKind.AUTH)),
            UnknownEntryError,
            "no sign CA with",
            id="the-other-ca",
        ),
        pytest.param(
            lambda signed: replace(signed, card_id=99), UnknownEntryError, "the card of the certificate", id="no-card"
        ),
    ],
)
def test_certificate_that_is_refused(
    stock: Stock,
    change: Callable[[CertificateSigned], CertificateSigned],
    error: type[RegistryError],
    says: str,
) -> None:
    with pytest.raises(error, match=says):
        _recorded(stock, change)
    assert len(stock.register.certificates()) == 2


def test_authority_twice(stock: Stock, now: datetime) -> None:
    known = stock.register.authorities(CaKind.SIGN)[0]
    with (
        pytest.raises(DuplicateEntryError, match="this sign CA is in the register already"),
        stock.register.transaction(now=now) as unit,
    ):
        unit.record_authority(known)


def test_authority_that_was_undone_is_not_remembered(stock: Stock, now: datetime) -> None:
    """What a unit that failed had entered is no CA for the next."""
    stock.issue("hanako")
    card_id = stock.register.cards()[0].card_id
    serials = dict.fromkeys(CaKind, 2)

    def enter(unit: UnitOfWork, *, authority: bool) -> None:
        if authority:
            known = stock.register.authorities(CaKind.SIGN)[0]
            unit.record_authority(
                replace(known, generation=2, key_id=key_id(CaKind.SIGN, 2), serial=unit.take_serial(CaKind.SIGN))
            )
        number = unit.take_serial(CaKind.SIGN)
        unit.record_certificates([stock.signed(CaKind.SIGN, number, card_id, generation=2)])
        raise InterruptedError

    with pytest.raises(InterruptedError), stock.register.transaction(now=now, serials=serials) as unit:
        enter(unit, authority=True)
    with (
        pytest.raises(UnknownEntryError, match="no sign CA"),
        stock.register.transaction(now=now, serials=serials) as unit,
    ):
        enter(unit, authority=False)


@pytest.mark.parametrize(
    ("target", "error"),
    [
        pytest.param(CertificateId(CaKind.AUTH, 99), UnknownEntryError, id="to-nothing"),
        pytest.param(CertificateId(CaKind.AUTH, 2), DuplicateEntryError, id="twice"),
    ],
)
def test_link_that_is_refused(stock: Stock, now: datetime, target: CertificateId, error: type[RegistryError]) -> None:
    id_ = stock.issue("hanako")[CaKind.SIGN]
    with pytest.raises(error), stock.register.transaction(now=now) as unit:
        unit.link(Link.PAIR, id_, target)


def test_nothing_to_record(register: Register, now: datetime) -> None:
    with register.transaction(now=now) as unit:
        unit.record_certificates([])
    assert register.changes == 0
