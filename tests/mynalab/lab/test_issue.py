"""Issuing: what the register, the card and the certificates say of each other, and what is refused beforehand."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
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
from jpki.kinds import CaKind
from jpki.registry.interfaces import Register
from jpki.registry.records import CertificateRecord
from mynalab.errors import CardNameError, LabBrokenError, PersonaError
from mynalab.lab import issue
from mynalab.lab.issue import IssuingDesk, issue_card
from mynalab.lab.lab import Lab
from mynalab.lab.register import open_register
from mynalab.persona import Persona, load_persona

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


NAMES = ("bob", "carol", "dave")


def numbers_of(lab: Lab, persona: Persona, *, expected: int) -> list[dict[str, int]]:
    """Of three cards that one desk issues."""
    with open_register(lab) as register:
        desk = IssuingDesk(lab, register, expected=expected)
        return [desk.issue(name=name, persona=persona, now=NOW).serials for name in NAMES]


@pytest.mark.parametrize("expected", [1, 2, 3, 1000])
def test_numbers_follow_each_other_however_many_are_reserved_at_once(lab: Lab, persona: Persona, expected: int) -> None:
    numbers = numbers_of(lab, persona, expected=expected)
    for kind in CaKind:
        first = numbers[0][kind.value]
        assert [each[kind.value] for each in numbers] == [first, first + 1, first + 2]


@pytest.mark.parametrize(("expected", "reserved"), [(1, 3), (2, 4), (3, 3), (1000, 64)])
def test_numbers_that_nobody_came_for_stay_gaps(lab: Lab, persona: Persona, expected: int, reserved: int) -> None:
    first = numbers_of(lab, persona, expected=expected)[0]
    following = issue_card(lab, name="erin", persona=persona, now=NOW).serials
    assert following == {kind: number + reserved for kind, number in first.items()}


@pytest.mark.parametrize("expected", [1, 3])
def test_renewed_certificates_have_numbers_of_their_own(lab: Lab, persona: Persona, expected: int) -> None:
    """Two of each kind for one card, and fewer left than that."""
    renewed = load_persona("renewed")
    with open_register(lab) as register:
        desk = IssuingDesk(lab, register, expected=expected)
        issued = [
            desk.issue(name=name, persona=each, now=NOW).serials["sign"]
            for name, each in zip(NAMES, (persona, renewed, renewed), strict=True)
        ]
    assert [number - issued[0] for number in issued] == [0, 2, 4]
