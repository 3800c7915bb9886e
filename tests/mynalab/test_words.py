"""Every kind and state has a Japanese name."""

from __future__ import annotations

from cardsim.inspect import describe
from cardsim.store import read_image
from jpki.kinds import CaKind
from jpki.registry.records import CertificateState
from mynalab.lab.issue import issue_card
from mynalab.lab.lab import Lab
from mynalab.persona import load_persona
from mynalab.words import KIND_JA, PIN_JA, STATE_JA


def test_every_kind_has_a_name() -> None:
    assert set(KIND_JA) == {kind.value for kind in CaKind}


def test_every_state_has_a_name() -> None:
    assert set(STATE_JA) == {state.value for state in CertificateState}


def test_every_counter_of_a_card_has_a_name(lab: Lab) -> None:
    names = set()
    for profile in ("C2", "next"):
        issue_card(
            lab, name=profile.lower(), persona=load_persona("adult-resident"), profile=profile, now=lab.settings.created
        )
        names |= {pin.name for pin in describe(read_image(lab.paths.card(profile.lower()))).pins}
    assert names == set(PIN_JA)
