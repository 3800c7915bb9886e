"""Every kind and state has a Japanese name."""

from __future__ import annotations

from jpki.kinds import CaKind
from jpki.registry.records import CertificateState
from mynalab.words import KIND_JA, STATE_JA


def test_every_kind_has_a_name() -> None:
    assert set(KIND_JA) == {kind.value for kind in CaKind}


def test_every_state_has_a_name() -> None:
    assert set(STATE_JA) == {state.value for state in CertificateState}
