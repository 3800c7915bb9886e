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
    assert set(STATE_JA) == {state.value for state in CertificateState} | {"expired"}  # what its dates add


def test_every_counter_of_a_card_has_a_name(lab: Lab) -> None:
    named = set()
    for persona in ("adult-resident", "next-generation"):
        issue_card(lab, name=persona, persona=load_persona(persona), now=lab.settings.created)
        named |= {pin.name for pin in describe(read_image(lab.paths.card(persona))).pins}
    assert named == set(PIN_JA)
