"""Issuing: what the register, the card and the certificates say of each other, and what is refused beforehand."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, BrokenBarrierError

import pytest
from cryptography import x509

from cardsim.errors import ProfileError
from cardsim.inspect import describe
from cardsim.store import read_image
from jpki.errors import IssueError
from jpki.kinds import CaKind
from jpki.registry.interfaces import Register
from jpki.registry.records import CertificateRecord
from mynalab.errors import CardNameError, LabBrokenError, PersonaError
from mynalab.lab import issue
from mynalab.lab.cards import open_card
from mynalab.lab.issue import CARDS_AT_ONCE, IssuedCard, IssuingDesk, issue_card
from mynalab.lab.lab import Lab
from mynalab.lab.making import CardMaker
from mynalab.lab.register import open_register
from mynalab.lab.relying_party import log_in
from mynalab.persona import Persona, load_persona
from readers.inprocess import InProcessChannel

NOW = datetime(2026, 11, 20, tzinfo=UTC)
Tree = Callable[[Path], dict[str, bytes]]


@pytest.fixture
def persona() -> Persona:
    return load_persona("adult-resident")


def registered_of(lab: Lab, card: str, *, kind: CaKind | None = None) -> Sequence[CertificateRecord]:
    with open_register(lab) as register:
        return register.certificates(kind=kind, card=card)


def test_card_and_register_hold_the_same_certificates(lab: Lab) -> None:
    summary = describe(read_image(lab.paths.card("alice")))
    registered = {issued.id.kind.value: issued.certificate_der for issued in registered_of(lab, "alice")}
    assert {kind: summary.certificates[kind] for kind in ("sign", "auth")} == registered


def test_certificates_are_issued_by_the_lab_s_authorities(lab: Lab) -> None:
    for kind in CaKind:
        authority = x509.load_der_x509_certificate(lab.paths.ca_certificate(kind.value).read_bytes())
        issued = registered_of(lab, "alice", kind=kind)[0]
        x509.load_der_x509_certificate(issued.certificate_der).verify_directly_issued_by(authority)


def test_cards_have_serials_of_their_own(lab: Lab, persona: Persona) -> None:
    issued = [issue_card(lab, name=name, persona=persona, now=NOW) for name in ("bob", "carol")]
    assert len({card.card_serial for card in issued} | {describe(read_image(lab.paths.card("alice"))).serial}) == 3


def test_profile_of_the_caller_comes_first(lab: Lab, persona: Persona) -> None:
    issue_card(lab, name="bob", persona=persona, now=NOW, profile="C2-keep")
    assert read_image(lab.paths.card("bob")).profile == "C2-keep"


@pytest.mark.parametrize(
    ("change", "name", "profile", "error"),
    [
        ({}, "alice", None, CardNameError),
        ({}, "../x", None, CardNameError),
        ({}, "bob", "Z9", ProfileError),
        ({"card_profile": "Z9"}, "bob", None, ProfileError),
        ({"full_name": "Hanako"}, "bob", None, PersonaError),
        ({"full_name": "見本　は\u3099"}, "bob", None, PersonaError),
        ({"address": "１" * 1000}, "bob", None, PersonaError),
        ({"prefecture": "mihon"}, "bob", None, PersonaError),
    ],
    ids=[
        "taken",
        "hostile",
        "profile",
        "persona-profile",
        "half-width",
        "combining",
        "long-address",
        "prefecture",
    ],
)
def test_refusal_comes_before_the_register_hears_of_it(
    lab: Lab,
    persona: Persona,
    tree: Tree,
    change: dict[str, str],
    name: str,
    profile: str | None,
    error: type[Exception],
) -> None:
    before = tree(lab.paths.root)
    with pytest.raises(error):
        issue_card(lab, name=name, persona=replace(persona, **change), now=NOW, profile=profile)  # type: ignore[arg-type]
    assert tree(lab.paths.root) == before


def test_persona_that_no_certificate_can_carry_is_named_with_its_file(lab: Lab, persona: Persona) -> None:
    broken = replace(persona, full_name="Hanako", origin="her.toml")
    with pytest.raises(PersonaError, match=r"^her\.toml: person: the name has a half-width character$"):
        issue_card(lab, name="bob", persona=broken, now=NOW)


def test_broken_authority_is_met_before_the_register_hears_of_it(lab: Lab, persona: Persona) -> None:
    before = lab.paths.register.read_bytes()
    lab.paths.ca_key("auth").write_bytes(b"garbage")
    with pytest.raises(LabBrokenError, match=r"auth\.key: these bytes are no private key"):
        issue_card(lab, name="bob", persona=persona, now=NOW)
    assert lab.paths.register.read_bytes() == before


def test_certificates_begin_when_they_were_issued(lab: Lab, persona: Persona) -> None:
    later = NOW + timedelta(days=100)
    issue_card(lab, name="bob", persona=persona, now=later)
    issued = registered_of(lab, "bob")[0]
    assert x509.load_der_x509_certificate(issued.certificate_der).not_valid_before_utc == later


def test_cards_issued_at_once_take_turns(lab: Lab, persona: Persona, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both would read the register before either writes to it, if they could."""
    both_have_read = Barrier(2)

    def open_and_wait(lab: Lab) -> Register:
        register = open_register(lab)
        register.count_persons()
        with contextlib.suppress(BrokenBarrierError):
            both_have_read.wait(timeout=0.3)
        return register

    monkeypatch.setattr(issue, "open_register", open_and_wait)
    with ThreadPoolExecutor(2) as pool:
        issued = list(pool.map(lambda name: issue_card(lab, name=name, persona=persona, now=NOW), ["bob", "carol"]))
    assert len({serial for card in issued for serial in card.serials.items()}) == 4


@pytest.mark.parametrize("kind", CaKind)
def test_register_knows_how_long_a_certificate_is_valid(lab: Lab, kind: CaKind) -> None:
    """It is told by the issuer, who does not read the certificate again."""
    issued = registered_of(lab, "alice", kind=kind)[0]
    certificate = x509.load_der_x509_certificate(issued.certificate_der)
    assert (issued.not_before, issued.not_after) == (
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
    )


NAMES = tuple(f"card{number:02}" for number in range(CARDS_AT_ONCE + 2))


def issue_all(lab: Lab, orders: Iterable[tuple[str, Persona]]) -> list[IssuedCard]:
    with open_register(lab) as register:
        return list(IssuingDesk(lab, register).issue_all(orders, now=NOW))


def test_cards_of_many_follow_each_other(lab: Lab, persona: Persona) -> None:
    """More than one unit of work; no number is left out, and each card is as one that is issued alone."""
    issued = issue_all(lab, [(name, persona) for name in NAMES])
    assert [one.name for one in issued] == list(NAMES)
    for kind in CaKind:
        first = issued[0].serials[kind.value]
        assert [one.serials[kind.value] for one in issued] == list(range(first, first + len(NAMES)))
    for name in (NAMES[0], NAMES[-1]):
        with open_card(lab.paths, name) as card, InProcessChannel(card) as channel:
            assert log_in(lab, channel, persona.authentication_pin, now=NOW).verdict.ok


def test_many_are_issued_as_they_come(lab: Lab, persona: Persona) -> None:
    """The first unit is there before anybody asks for the second."""
    asked = []

    def orders() -> Iterator[tuple[str, Persona]]:
        for name in NAMES:
            asked.append(name)
            yield name, persona

    with open_register(lab) as register:
        next(IssuingDesk(lab, register).issue_all(orders(), now=NOW))
    assert len(asked) == CARDS_AT_ONCE


@pytest.mark.parametrize(
    "names", [("bob", "carol", "bob"), ("bob", "alice")], ids=["twice in the unit", "there already"]
)
def test_unit_with_a_name_that_is_taken_issues_nothing(lab: Lab, persona: Persona, names: tuple[str, ...]) -> None:
    before = lab.paths.register.read_bytes()
    with pytest.raises(CardNameError):
        issue_all(lab, [(name, persona) for name in names])
    assert (lab.paths.register.read_bytes(), lab.paths.card_names()) == (before, ["alice"])


def test_unit_is_all_or_nothing(lab: Lab, persona: Persona, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    make = CardMaker.make

    def second_fails(self: CardMaker, *args: object, **kwargs: object) -> object:
        made.append(args)
        if len(made) == 2:
            raise IssueError("the second cannot be made")
        return make(self, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(CardMaker, "make", second_fails)
    with pytest.raises(IssueError, match="second"):
        issue_all(lab, [("bob", persona), ("carol", persona)])
    assert lab.paths.card_names() == ["alice"]
    with open_register(lab) as register:
        assert register.count_persons() == 1


def test_renewed_certificates_have_numbers_of_their_own(lab: Lab, persona: Persona) -> None:
    """Two of each kind for one card."""
    renewed = load_persona("renewed")
    issued = issue_all(lab, zip(NAMES, (persona, renewed, renewed), strict=False))
    numbers = [one.serials["sign"] for one in issued]
    assert [number - numbers[0] for number in numbers] == [0, 2, 4]
