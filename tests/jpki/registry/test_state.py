"""The register's rules, event by event."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from jpki.errors import AlreadyRevokedError, DuplicateEntryError, RegistryError, UnknownEntryError
from jpki.holder import Holder
from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.registry.records import (
    CertificateId,
    CertificateIssued,
    CertificatesRevoked,
    Event,
    PersonRegistered,
    SerialAllocated,
)
from jpki.registry.state import RegisterState

T0 = datetime(2026, 4, 1, tzinfo=UTC)
DAY = timedelta(days=1)
SIGN, AUTH, UNUSED = CertificateId(CaKind.SIGN, 2), CertificateId(CaKind.AUTH, 2), CertificateId(CaKind.AUTH, 3)
HOLD, GONE = RevocationReason.CERTIFICATE_HOLD, RevocationReason.CESSATION_OF_OPERATION


def issued(id_: CertificateId, person: str = "p", card: str = "c") -> CertificateIssued:
    """A certificate of the person, issued at T0."""
    return CertificateIssued(id=id_, person_id=person, card=card, certificate_der=b"", at=T0)


def revoked(*ids: CertificateId, reason: RevocationReason = GONE, day: int = 1) -> CertificatesRevoked:
    """A revocation some days after T0."""
    return CertificatesRevoked(ids=ids, reason=reason, at=T0 + day * DAY)


@pytest.fixture
def state(holder: Holder) -> RegisterState:
    """One person with two certificates, and a serial number that is not used yet."""
    made = RegisterState()
    allocated = [SerialAllocated(id=id_, at=T0) for id_ in (SIGN, AUTH, UNUSED)]
    play(made, PersonRegistered(person_id="p", holder=holder, at=T0), *allocated, issued(SIGN), issued(AUTH))
    return made


def play(state: RegisterState, *events: Event) -> None:
    """Check and apply."""
    for event in events:
        state.check(event)
        state.apply(event)


@pytest.mark.parametrize(
    ("event", "error", "message"),
    [
        pytest.param(SerialAllocated(id=SIGN, at=T0), DuplicateEntryError, "counter has passed", id="serial-again"),
        pytest.param(
            SerialAllocated(id=CertificateId(CaKind.SIGN, 1), at=T0), DuplicateEntryError, "passed", id="serial-back"
        ),
        pytest.param(issued(SIGN), DuplicateEntryError, "in the register already", id="certificate-again"),
        pytest.param(issued(UNUSED, person="q"), UnknownEntryError, "nobody is registered as q", id="unknown-person"),
        pytest.param(issued(UNUSED, card=""), RegistryError, "card's name", id="card-without-name"),
        pytest.param(issued(UNUSED, card="a\nb"), RegistryError, "card's name", id="card-name-of-two-lines"),
        pytest.param(
            issued(CertificateId(CaKind.SIGN, 9)), UnknownEntryError, "did not come from the counter", id="own-serial"
        ),
        pytest.param(revoked(UNUSED), UnknownEntryError, "no auth certificate 3", id="revoke-unissued"),
        pytest.param(revoked(), RegistryError, "at least one", id="revoke-nothing"),
        pytest.param(revoked(SIGN, SIGN), RegistryError, "each once", id="revoke-twice-at-once"),
        pytest.param(revoked(SIGN, day=-1), RegistryError, "before it was issued", id="revoke-too-early"),
    ],
)
def test_refused(state: RegisterState, event: Event, error: type[RegistryError], message: str) -> None:
    """Each rule has its error."""
    with pytest.raises(error, match=message):
        state.check(event)


@pytest.mark.parametrize("person_id", ["", "p\n", "\ud800"], ids=["empty", "line-break", "surrogate"])
def test_person_identifiers(state: RegisterState, holder: Holder, person_id: str) -> None:
    """An identifier is something to print."""
    with pytest.raises(RegistryError, match="person's identifier"):
        state.check(PersonRegistered(person_id=person_id, holder=holder, at=T0))


def test_person_once(state: RegisterState, make_holder: Callable[..., Holder]) -> None:
    """A second person of that identifier would take over the first one's certificates."""
    with pytest.raises(DuplicateEntryError, match="p is registered already"):
        state.check(PersonRegistered(person_id="p", holder=make_holder(name="別人"), at=T0))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(GONE, RevocationReason.KEY_COMPROMISE, id="revoked-then-revoked"),
        pytest.param(GONE, HOLD, id="revoked-then-held"),
        pytest.param(HOLD, HOLD, id="held-then-held"),
    ],
)
def test_no_second_revocation(state: RegisterState, first: RevocationReason, second: RevocationReason) -> None:
    """A revocation is final; the error says what stands in the register."""
    play(state, revoked(SIGN, reason=first, day=1))
    with pytest.raises(AlreadyRevokedError) as caught:
        state.check(revoked(SIGN, reason=second, day=2))
    assert (caught.value.reason, caught.value.revoked_at) == (first, T0 + DAY)
    assert caught.value.hint


@pytest.mark.parametrize("reason", [r for r in RevocationReason if r is not HOLD], ids=lambda reason: reason.rfc_name)
def test_hold_becomes_revocation(state: RegisterState, reason: RevocationReason) -> None:
    """A hold is not lifted, it becomes a revocation, which counts from the hold."""
    play(state, revoked(SIGN, reason=HOLD, day=1), revoked(SIGN, reason=reason, day=3))
    with pytest.raises(AlreadyRevokedError) as caught:
        state.check(revoked(SIGN, day=4))
    assert (caught.value.reason, caught.value.revoked_at) == (reason, T0 + DAY)


def test_hold_does_not_become_revocation_before_it_began(state: RegisterState) -> None:
    """History has one direction."""
    play(state, revoked(SIGN, reason=HOLD, day=3))
    with pytest.raises(RegistryError, match="before its hold began"):
        state.check(revoked(SIGN, day=2))


def test_all_or_none(state: RegisterState) -> None:
    """If one of the certificates cannot be revoked, none is."""
    play(state, revoked(SIGN))
    with pytest.raises(AlreadyRevokedError):
        state.check(revoked(AUTH, SIGN, day=2))
    state.check(revoked(AUTH, day=2))
