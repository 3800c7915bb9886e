"""Card profiles."""

from __future__ import annotations

import pytest

from apdu.layout.atr import ATRS
from apdu.layout.record_tlv import LengthForm
from cardsim.errors import ProfileError
from cardsim.profiles import DEFAULT_PROFILE, PROFILES, Device, profile_named

PLASTIC = [name for name, profile in PROFILES.items() if profile.device is Device.CARD]


@pytest.mark.parametrize("name", PLASTIC)
def test_a_card_of_every_profile_shows_its_atr(make_hand, name: str) -> None:
    hand = make_hand(profile=name)
    assert hand.card.atr == ATRS[name.partition("-")[0]].value
    hand.select_jpki().expect(0x9000)


def test_each_answer_to_reset_is_a_card_that_keeps_and_one_with_long_lengths_too() -> None:
    assert {name for name in PLASTIC if "-" not in name} == set(ATRS)
    assert [name for name in PLASTIC if PROFILES[name].keeps_status] == [f"{name}-keep" for name in ATRS]
    assert [name for name in PLASTIC if PROFILES[name].length_form is LengthForm.LONG] == [
        f"{atr}-long" for atr in ATRS
    ]
    assert set(PROFILES) - set(PLASTIC) == {"android", "iphone", "next"}


def test_the_default_is_a_contact_card_that_takes_extended_lengths() -> None:
    profile = profile_named(DEFAULT_PROFILE)
    assert profile.atr.hex() == "3bda13ff8131fb468012392f31c173c601c03b"
    assert profile.extended_length
    assert not profile.keeps_status


def test_no_such_profile() -> None:
    with pytest.raises(ProfileError, match="'c2'"):
        profile_named("c2")
