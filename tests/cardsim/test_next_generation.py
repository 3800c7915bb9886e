"""The next generation of cards, our design: two applications, two PINs with one counter each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from apdu.layout import next_generation as layout
from cardsim.errors import OrderError
from cardsim.personalise import personalise

AUTH, FACE = layout.AUTH_AID.hex(), layout.FACE_AID.hex()


@pytest.fixture
def hand(make_hand, whole_order, elliptic_pair):
    """A card of the next generation with its authentication application selected."""
    text = replace(whole_order.text, reference="123456")
    order = replace(whole_order, profile="next", sign=elliptic_pair, auth=elliptic_pair, text=text)
    hand = make_hand(image=personalise(order))
    hand.select_application(AUTH).expect(0x9000)
    return hand


@pytest.mark.parametrize(
    ("pin", "value", "readable"),
    [(None, "", []), (0x18, "1234", [0x0002]), (0x1B, "ABC123", [0x0001, 0x0002]), (0x15, "123456", [0x0002])],
    ids=["nothing", "pin", "password", "reference-number"],
)
def test_what_opens_the_holders_data(hand, pin: int | None, value: str, readable: list[int]) -> None:
    hand.select_application(FACE).expect(0x9000)
    if pin is not None:
        hand.verify(pin, value).expect(0x9000)
    opened = [fid for fid in (0x0001, 0x0002) if hand.select(fid) and hand.read(0, 1).response.sw.is_ok]
    assert opened == readable


def test_a_pin_has_one_counter_in_both_applications(hand) -> None:
    hand.verify(0x1B, "WRONG1").expect(0x63C4)
    hand.select_application(FACE)
    assert hand.tries(0x1B) == 4
    hand.verify(0x1B, "WRONG2").expect(0x63C3)
    hand.select_application(AUTH)
    assert hand.tries(0x1B) == 3


def test_a_pin_changed_in_one_is_changed_in_the_other(hand) -> None:
    hand.select_application(FACE)
    hand.verify(0x18, "1234").expect(0x9000)
    hand.change(0x18, "9876").expect(0x9000)
    hand.select_application(AUTH)
    hand.verify(0x18, "9876").expect(0x9000)


def test_a_verified_pin_does_not_cross_over(hand) -> None:
    hand.verify(0x18, "1234").expect(0x9000)
    hand.select_application(FACE)
    hand.select(0x0002)
    hand.read(0, 1).expect(0x6982)


@pytest.mark.parametrize(("p1", "length", "sw"), [(0x02, 32, 0x6985), (0x02, 48, 0x9000), (0x03, 255, 0x9000)])
def test_lengths_of_what_is_signed(hand, p1: int, length: int, sw: int) -> None:
    hand.verify(0x18, "1234").expect(0x9000)
    hand.sign(0x17, bytes(length), p1=p1).expect(sw)


def test_the_reference_number_has_ten_tries_and_cannot_be_changed(hand) -> None:
    """It stands on the card."""
    hand.select_application(FACE)
    hand.verify(0x15, "000000").expect(0x63C9)
    hand.verify(0x15, "123456").expect(0x9000)
    assert hand.tries(0x15) == 10
    hand.change(0x15, "654321").expect(0x6982)


def test_a_card_without_a_reference_number_has_it_blocked(make_hand, whole_order, elliptic_pair) -> None:
    hand = make_hand(image=personalise(replace(whole_order, profile="next", sign=elliptic_pair, auth=elliptic_pair)))
    hand.select_application(FACE).expect(0x9000)
    assert hand.tries(0x15) == 0


@pytest.mark.parametrize("reference", ["12345", "1234567", "12345A"])
def test_a_reference_number_has_six_digits(whole_order, elliptic_pair, reference: str) -> None:
    text = replace(whole_order.text, reference=reference)
    with pytest.raises(OrderError, match="not 6 characters"):
        personalise(replace(whole_order, profile="next", sign=elliptic_pair, auth=elliptic_pair, text=text))


def test_rsa_keys_do_not_fit(whole_order) -> None:
    with pytest.raises(OrderError, match="on P-384"):
        personalise(replace(whole_order, profile="next"))


def test_elliptic_keys_fit_no_card_of_today(whole_order, elliptic_pair) -> None:
    with pytest.raises(OrderError, match="RSA of 2048 bits"):
        personalise(replace(whole_order, auth=elliptic_pair))
