"""What has become of a card: each state is reached from any day, and nothing impossible is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from cardsim.store import read_image
from jpki.birthdate import BirthDate
from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.registry.records import CertificateState
from mynalab.errors import PersonaError
from mynalab.lab.issue import issue_card
from mynalab.lab.lab import Lab
from mynalab.lab.register import open_register
from mynalab.lab.trouble import life_of, with_birthday
from mynalab.periods import parse_relative
from mynalab.persona import Persona, load_persona
from mynalab.personas.life import History

NOW = datetime(2026, 11, 20, tzinfo=UTC)
FIRST = datetime(2018, 2, 1, tzinfo=UTC)
"""Before which a lab of that moment has no CAs."""
Tree = Callable[[Path], dict[str, bytes]]


@pytest.fixture
def persona() -> Persona:
    return load_persona("adult-resident")


@pytest.mark.parametrize(
    ("birth", "now", "expiry"),
    [
        # 発行日から10回目の誕生日: the birthday of this year counts when it is still to come.
        (date(1990, 4, 15), datetime(2026, 11, 20, tzinfo=UTC), date(2036, 4, 15)),
        (date(1990, 12, 15), datetime(2026, 11, 20, tzinfo=UTC), date(2035, 12, 15)),
        (date(1990, 11, 20), datetime(2026, 11, 20, tzinfo=UTC), date(2036, 11, 20)),
        (date(1990, 11, 21), datetime(2026, 11, 20, 14, 59, tzinfo=UTC), date(2035, 11, 21)),
        (date(1990, 11, 21), datetime(2026, 11, 20, 15, 0, tzinfo=UTC), date(2036, 11, 21)),
        (date(1992, 2, 29), datetime(2026, 11, 20, tzinfo=UTC), date(2036, 2, 28)),
    ],
)
def test_card_ends_on_the_tenth_birthday(persona: Persona, birth: date, now: datetime, expiry: date) -> None:
    born = replace(persona, birth=BirthDate.of(birth))
    assert life_of(born, FIRST, now=now).card_expiry == expiry


def test_card_ends_full_years_after_issue_where_the_birthday_is_unknown(persona: Persona) -> None:
    unknown = replace(persona, birth=BirthDate.decode("319480000"))
    assert life_of(unknown, FIRST, now=NOW).card_expiry == date(2036, 11, 20)


def test_card_ends_when_the_persona_says(persona: Persona) -> None:
    ending = replace(persona, card_ends=parse_relative("in 1d"))
    assert life_of(ending, FIRST, now=NOW).card_expiry == date(2026, 11, 21)


def test_issue_before_the_lab_s_first_cas_is_refused(lab: Lab, persona: Persona, tree: Tree) -> None:
    old = replace(persona, history=History(issued=parse_relative("9y ago")))
    before = tree(lab.paths.root)
    with pytest.raises(PersonaError, match=r"history\.issued is 2017-11-20, before the CAs of this lab \(2018-02-24\)"):
        issue_card(lab, name="old", persona=old, now=NOW)
    assert tree(lab.paths.root) == before


@pytest.mark.parametrize("days", range(-3, 4))
@pytest.mark.parametrize("year", [2026, 2028])
def test_birthday_is_tomorrow_whatever_today_is(persona: Persona, year: int, days: int) -> None:
    """Also around 29 February and New Year; who is born on a leap day has another."""
    told = replace(persona, history=History(birthday=parse_relative("in 1d")))
    for start in (datetime(year, 3, 1, tzinfo=UTC), datetime(year, 12, 31, tzinfo=UTC)):
        now = start + timedelta(days=days)
        tomorrow = (now + timedelta(days=1)).date()
        born = with_birthday(told, now=now).birth
        expected = (3, 1) if (tomorrow.month, tomorrow.day) == (2, 29) else (tomorrow.month, tomorrow.day)
        assert (born.year, (born.month, born.day)) == (1990, expected)


def test_renewal_leaves_the_superseded_certificates_in_the_register(lab: Lab, persona: Persona) -> None:
    renewed = replace(persona, history=History(issued=parse_relative("4y9mo ago"), renewed=parse_relative("1mo ago")))
    issued = issue_card(lab, name="bob", persona=renewed, now=NOW)
    with open_register(lab) as register:
        for kind in CaKind:
            first, present = register.certificates(kind=kind, card="bob")
            assert present.id.serial == issued.serials[kind.value]
            status = register.status(first.id, at=NOW)
            assert (status.state, status.reason) == (CertificateState.REVOKED, RevocationReason.SUPERSEDED)
            assert register.status(present.id, at=NOW).state is CertificateState.GOOD


def test_renewed_certificates_last_until_the_sixth_birthday(lab: Lab, persona: Persona) -> None:
    renewed = replace(persona, history=History(issued=parse_relative("1y ago"), renewed=parse_relative("1mo ago")))
    issue_card(lab, name="bob", persona=renewed, now=NOW)
    with open_register(lab) as register:
        of_both = [register.certificates(kind=kind, card="bob") for kind in CaKind]
    for first, present in of_both:
        ends = [x509.load_der_x509_certificate(one.certificate_der).not_valid_after_utc for one in (first, present)]
        assert [end.date() for end in ends] == [date(2030, 4, 15), date(2032, 4, 15)]


@pytest.mark.parametrize(
    ("issued", "label"), [("11mo ago", "auth"), ("4y ago", "auth-earlier"), ("6y ago", "auth-first")]
)
def test_old_cards_are_of_the_earlier_cas(lab: Lab, persona: Persona, issued: str, label: str) -> None:
    old = replace(persona, history=History(issued=parse_relative(issued)))
    issue_card(lab, name="old", persona=old, now=NOW)
    authority = lab.paths.ca_certificate(label).read_bytes()
    image = read_image(lab.paths.card("old"))
    assert any(content.startswith(authority) for app in image.applications.values() for content in app.files.values())
