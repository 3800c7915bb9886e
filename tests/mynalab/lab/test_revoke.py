"""Revoking by hand, beside the counter: what becomes of the card itself."""

from __future__ import annotations

from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.registry.records import CardState
from mynalab.lab.revoke import revoke_card
from tests.mynalab.lab.town import Town, day


def hold(town: Town, card: str, on: float) -> CardState | None:
    """Hold a card's signing certificate; the card's state then."""
    revoke_card(town.lab, card, kinds=[CaKind.SIGN], reason=RevocationReason.CERTIFICATE_HOLD, now=day(on))
    (record,) = town.register.cards(name=card)
    return town.register.card_state(record.card_id, at=day(on))


def test_hold_suspends_a_card_in_use(town: Town) -> None:
    assert hold(town, "alice", 1) is CardState.SUSPENDED


def test_hold_hands_no_card_over(town: Town) -> None:
    """Suspended, it would count as in hand: it could be "found", and the hold would have replaced the delivery."""
    town.do("lose-card", 1, card="alice")
    town.do("reissue", 2, card="alice", new_card="second")
    town.do("issue", 3, card="second")
    assert hold(town, "second", 4) is CardState.MADE
    assert town.refused("find-card", 5, card="second") == "no-card"
    town.do("deliver", 6, card="second")
