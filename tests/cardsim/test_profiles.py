"""Card profiles."""

from __future__ import annotations

import pytest

from apdu.layout.atr import ATRS
from cardsim.errors import ProfileError
from cardsim.profiles import DEFAULT_PROFILE, PROFILES, profile_named


@pytest.mark.parametrize("name", PROFILES)
def test_a_card_of_every_profile_shows_its_atr(make_hand, name: str) -> None:
    hand = make_hand(profile=name)
    assert hand.card.atr == ATRS[name.removesuffix("-keep")].value
    hand.select_jpki().expect(0x9000)


def test_the_default_is_a_contact_card_that_takes_extended_lengths() -> None:
    profile = profile_named(DEFAULT_PROFILE)
    assert profile.atr.hex() == "3bda13ff8131fb468012392f31c173c601c03b"
    assert profile.extended_length
    assert not profile.keeps_status


def test_no_such_profile() -> None:
    with pytest.raises(ProfileError, match="'c2'"):
        profile_named("c2")
