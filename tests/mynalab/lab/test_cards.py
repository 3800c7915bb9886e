"""Cards taken out of the drawer."""

from __future__ import annotations

import pytest

from cardsim.errors import ImageError, StoreDamagedError, StoreLockedError
from mynalab.errors import CardNameError
from mynalab.lab.cards import open_card, require_card
from mynalab.lab.lab import Lab


def test_card_is_one_reader_s_at_a_time(lab: Lab) -> None:
    with open_card(lab.paths, "alice"), pytest.raises(StoreLockedError, match="card alice is in another reader"):
        open_card(lab.paths, "alice")
    open_card(lab.paths, "alice").close()


def test_unknown_card_lists_those_that_are_there(lab: Lab) -> None:
    with pytest.raises(CardNameError, match="there is no card 'bob'") as caught:
        require_card(lab.paths, "bob")
    assert caught.value.hint == "make it: mynalab card new bob; cards there: alice"


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [(b'{"schema"', b"", StoreDamagedError), (b"D392F000260100000001", b"D392F000260100000002", ImageError)],
    ids=["cut", "unknown-application"],
)
def test_card_that_cannot_be_opened_is_not_locked(lab: Lab, old: bytes, new: bytes, error: type[Exception]) -> None:
    path = lab.paths.card("alice")
    good = path.read_bytes()
    path.write_bytes(good.replace(old, new))
    with pytest.raises(error):
        open_card(lab.paths, "alice")
    path.write_bytes(good)
    open_card(lab.paths, "alice").close()
