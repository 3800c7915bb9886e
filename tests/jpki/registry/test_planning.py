"""Plans for situations that the counter alone never brings about: single holds, single revocations, other terms."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from jpki.birthdate import BirthDate
from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.registry.planning import Plan, plan
from jpki.registry.records import CardState, CertificateId, CertificateState, Medium
from jpki.registry.request import Operation, Refusal
from jpki.registry.situation import HeldCertificate, Situation, Token
from jpki.validity import NEXT_TERMS, PRESENT_TERMS, Terms, end_of_day
from tests.jpki.registry.town import HOLDER, PERSON, request

NOW = datetime(2026, 6, 10, 1, 7, tzinfo=UTC)
GOOD, HELD, REVOKED = CertificateState.GOOD, CertificateState.ON_HOLD, CertificateState.REVOKED


def certificate(kind: CaKind, state: CertificateState, *, serial: int, ends: date) -> HeldCertificate:
    """One of them."""
    return HeldCertificate(id=CertificateId(kind, serial), state=state, not_after=end_of_day(ends))


def token(
    sign: CertificateState = GOOD,
    auth: CertificateState = GOOD,
    *,
    medium: Medium = Medium.CARD,
    state: CardState = CardState.IN_USE,
    ends: date = date(2031, 4, 15),
) -> Token:
    """A card with certificates 11 and 12, or a phone with 21 and 22."""
    first = 11 if medium is Medium.CARD else 21
    return Token(
        card_id=first,
        name="any",
        medium=medium,
        state=state,
        expires=date(2036, 4, 15),
        sign=certificate(CaKind.SIGN, sign, serial=first, ends=ends),
        auth=certificate(CaKind.AUTH, auth, serial=first + 1, ends=ends),
    )


def planned(situation: Situation, operation: Operation, *, now: datetime = NOW) -> Plan:
    """The plan, which there must be."""
    answer = plan(situation, request(operation), now=now)
    assert isinstance(answer, Plan)
    return answer


def person(card: Token, phone: Token | None = None) -> Situation:
    """Somebody with these."""
    return Situation(resident_id=PERSON, holder=HOLDER, card=card, phone=phone)


def revoked(plan: Plan) -> dict[int, RevocationReason]:
    """By serial number."""
    return {revocation.id.serial: revocation.reason for revocation in plan.revocations}


def test_loss_leaves_a_single_hold_as_it_is() -> None:
    """One certificate was held on the terminal before: it is not held twice."""
    assert revoked(planned(person(token(sign=HELD)), Operation.LOSE_CARD)) == {12: RevocationReason.CERTIFICATE_HOLD}


def test_revoked_stays_revoked() -> None:
    assert revoked(planned(person(token(sign=REVOKED)), Operation.RETURN_CARD)) == {
        12: RevocationReason.CESSATION_OF_OPERATION
    }


def test_new_certificates_beside_a_signing_certificate_that_was_left_alone() -> None:
    """Only the authentication certificate was revoked: its sister cannot stay, as both end together."""
    done = planned(person(token(auth=REVOKED)), Operation.CERTIFY)
    assert revoked(done) == {11: RevocationReason.SUPERSEDED}
    assert [(each.slot.kind, each.predecessor) for each in done.certificates] == [
        (CaKind.SIGN, CertificateId(CaKind.SIGN, 11)),
        (CaKind.AUTH, CertificateId(CaKind.AUTH, 12)),
    ]


def test_found_phone_while_only_its_authentication_was_held() -> None:
    phone = token(sign=REVOKED, auth=HELD, medium=Medium.PHONE, state=CardState.SUSPENDED)
    done = planned(person(token(), phone), Operation.FIND_PHONE)
    assert (revoked(done), done.releases) == ({}, (CertificateId(CaKind.AUTH, 22),))
    assert [(each.partner, each.on_card) for each in done.certificates] == [
        (CertificateId(CaKind.AUTH, 22), CertificateId(CaKind.SIGN, 11))
    ]


def test_found_phone_whose_authentication_was_revoked_for_good() -> None:
    """Nothing lifts a revocation."""
    phone = token(sign=HELD, auth=REVOKED, medium=Medium.PHONE, state=CardState.SUSPENDED)
    done = planned(person(token(), phone), Operation.FIND_PHONE)
    assert done.releases == ()
    assert [each.partner for each in done.certificates] == [None]


def test_signing_alone_ends_with_the_authentication_certificate() -> None:
    done = planned(person(token(sign=REVOKED, ends=date(2027, 4, 15))), Operation.SIGN_ANEW)
    assert [(each.last_day, each.is_renewal) for each in done.certificates] == [(date(2027, 4, 15), True)]


@pytest.mark.parametrize("operation", [Operation.RENEW, Operation.FIND_CARD], ids=lambda operation: operation.value)
def test_no_signing_certificate_under_fifteen(operation: Operation) -> None:
    state = CardState.IN_USE if operation is Operation.RENEW else CardState.SUSPENDED
    child = replace(HOLDER, birth_date=BirthDate.of(date(2016, 8, 20)))
    situation = replace(person(token(state=state, ends=date(2026, 8, 20))), holder=child)
    assert [each.slot.kind for each in planned(situation, operation).certificates] == [CaKind.AUTH]


@pytest.mark.parametrize(
    ("terms", "day", "renewable"),
    [
        pytest.param(PRESENT_TERMS, datetime(2031, 1, 14, 15, tzinfo=UTC), True, id="three months before, in Japan"),
        pytest.param(PRESENT_TERMS, datetime(2031, 1, 14, 14, 59, 59, tzinfo=UTC), False, id="a second earlier"),
        pytest.param(NEXT_TERMS, datetime(2030, 4, 14, 15, tzinfo=UTC), True, id="next generation: a year before"),
        pytest.param(NEXT_TERMS, datetime(2030, 4, 14, 14, 59, 59, tzinfo=UTC), False, id="and not earlier"),
    ],
)
def test_renewable_from(terms: Terms, day: datetime, renewable: bool) -> None:
    answer = plan(person(token()), request(Operation.RENEW), now=day, terms=terms)
    if renewable:
        assert isinstance(answer, Plan)
    else:
        assert isinstance(answer, Refusal)
        assert answer.code == "registry.lifecycle.too-early-to-renew"
