"""PINs: counting, blocking, changing, and what becomes of the security status."""

from __future__ import annotations

import pytest

from cardsim.access import Operation
from cardsim.commands import ChangePin, Verify

AUTH, SIGN = 0x18, 0x1B


def test_a_wrong_pin_tells_the_tries_left_after_it(jpki) -> None:
    jpki.verify(AUTH, "0000").expect(0x63C2)
    jpki.verify(AUTH, "0000").expect(0x63C1)
    jpki.verify(AUTH, "1234").expect(0x9000)
    assert jpki.tries(AUTH) == 3


def test_the_last_try_gives_63c0_and_later_ones_6984(jpki) -> None:
    jpki.verify(AUTH, "0000").expect(0x63C2)
    jpki.verify(AUTH, "0000").expect(0x63C1)
    jpki.verify(AUTH, "0000").expect(0x63C0)
    jpki.verify(AUTH, "1234").expect(0x6984)
    jpki.verify(AUTH, "0000").expect(0x6984)
    jpki.command(0x00, 0x20, 0x00, 0x98).expect(0x63C0)


def test_the_signature_password_has_five_tries_of_its_own(jpki) -> None:
    jpki.verify(SIGN, "WRONG1").expect(0x63C4)
    assert jpki.tries(AUTH) == 3


@pytest.mark.parametrize("restart", ["reset", "power_off"])
def test_nothing_unblocks_by_restarting(jpki, restart: str) -> None:
    jpki.verify(AUTH, "0000").expect(0x63C2)
    jpki.verify(AUTH, "0000").expect(0x63C1)
    jpki.verify(AUTH, "0000").expect(0x63C0)
    getattr(jpki.card, restart)()
    jpki.select_jpki()
    jpki.verify(AUTH, "1234").expect(0x6984)


@pytest.mark.parametrize("apdu", ["00200080", "0020008000", "0020008001", "00200080000000"])
def test_every_form_of_the_query_counts_and_costs_nothing(jpki, apdu: str) -> None:
    jpki.select(0x0018)
    jpki.verify(AUTH, "0000").expect(0x63C2)
    jpki.send(apdu).expect(0x63C2)
    jpki.send(apdu).expect(0x63C2)


@pytest.mark.parametrize("apdu", ["00200098", "0020009800"])
def test_the_query_by_short_identifier(jpki, apdu: str) -> None:
    jpki.send(apdu).expect(0x63C3)


def test_the_query_is_63cx_after_success_too(jpki) -> None:
    jpki.verify(AUTH, "1234").expect(0x9000)
    jpki.command(0x00, 0x20, 0x00, 0x80).expect(0x63C3)
    jpki.sign(0x17, b"x").expect(0x9000)


def test_a_short_identifier_makes_the_pin_current(jpki) -> None:
    jpki.select(0x0006)
    jpki.verify(AUTH, "0000").expect(0x63C2)
    jpki.send("00200080").expect(0x63C2)


@pytest.mark.parametrize("value", ["1", "123", "12345", "1234\0", "あ", "1" * 200])
def test_an_impossible_pin_is_a_wrong_pin(jpki, value: str) -> None:
    jpki.verify(AUTH, value).expect(0x63C2)


def test_lower_case_is_wrong(jpki) -> None:
    jpki.verify(SIGN, "abc123").expect(0x63C4)


def test_le_beside_a_value_is_ignored(jpki) -> None:
    jpki.send("00200098043132333400").expect(0x9000)


@pytest.mark.parametrize(
    ("apdu", "sw"),
    [
        ("002001980431323334", 0x6A86),
        ("002000000431323334", 0x6A86),
        ("002000180431323334", 0x6A86),
        ("002000C00431323334", 0x6A86),
        ("002000B80431323334", 0x6A86),
        ("002000800431323334", 0x6986),
        ("002000850431323334", 0x6A82),
        ("002000860431323334", 0x6981),
        ("002000970431323334", 0x6981),
        ("00200086", 0x6981),
        ("00200080", 0x6986),
    ],
)
def test_a_reference_that_is_no_pin(jpki, apdu: str, sw: int) -> None:
    jpki.send(apdu).expect(sw)


def test_both_pins_can_be_verified_at_once_and_survive_select_ef_and_signatures(jpki) -> None:
    jpki.verify(AUTH, "1234").expect(0x9000)
    jpki.verify(SIGN, "ABC123").expect(0x9000)
    jpki.select(0x0002).expect(0x9000)
    jpki.sign(0x17, b"x").expect(0x9000)
    jpki.sign(0x1A, b"x").expect(0x9000)
    jpki.sign(0x1A, b"y").expect(0x9000)


def test_a_failure_takes_back_the_success_of_the_same_pin_only(jpki) -> None:
    jpki.verify(AUTH, "1234").expect(0x9000)
    jpki.verify(SIGN, "ABC123").expect(0x9000)
    jpki.verify(AUTH, "0000").expect(0x63C2)
    jpki.sign(0x17, b"x").expect(0x6982)
    jpki.sign(0x1A, b"x").expect(0x9000)


@pytest.mark.parametrize("leave", ["card_manager", "reset", "power_off"])
def test_the_status_dies_with_the_application_or_the_session(jpki, leave: str) -> None:
    jpki.verify(AUTH, "1234").expect(0x9000)
    if leave == "card_manager":
        jpki.select_card_manager().expect(0x9000)
    else:
        getattr(jpki.card, leave)()
    jpki.select_jpki()
    jpki.sign(0x17, b"x").expect(0x6982)


def test_a_failed_select_keeps_the_status(jpki) -> None:
    jpki.verify(AUTH, "1234").expect(0x9000)
    jpki.select_application("D392100031000101").expect(0x6A82)
    jpki.sign(0x17, b"x").expect(0x9000)


@pytest.mark.parametrize(("profile", "sw"), [("C2", 0x6982), ("C2-keep", 0x9000), ("T2", 0x6982), ("T2-keep", 0x9000)])
def test_selecting_the_same_application_again_is_a_matter_of_profile(make_hand, profile: str, sw: int) -> None:
    hand = make_hand(profile=profile)
    hand.select_jpki()
    hand.verify(AUTH, "1234").expect(0x9000)
    hand.select_jpki().expect(0x9000)
    hand.sign(0x17, b"x").expect(sw)


def test_the_keeping_profile_forgets_in_another_application(make_hand) -> None:
    hand = make_hand(profile="C2-keep")
    hand.select_jpki()
    hand.verify(AUTH, "1234").expect(0x9000)
    hand.select_card_manager()
    hand.select_jpki()
    hand.sign(0x17, b"x").expect(0x6982)


def test_change_needs_the_pin_and_takes_effect(jpki) -> None:
    jpki.change(AUTH, "9999").expect(0x6982)
    jpki.verify(AUTH, "1234").expect(0x9000)
    jpki.change(AUTH, "9999").expect(0x9000)
    jpki.sign(0x17, b"x").expect(0x9000)
    jpki.card.reset()
    jpki.select_jpki()
    jpki.verify(AUTH, "1234").expect(0x63C2)
    jpki.verify(AUTH, "9999").expect(0x9000)


def test_one_pin_does_not_change_the_other(jpki) -> None:
    jpki.verify(AUTH, "1234").expect(0x9000)
    jpki.change(SIGN, "NEW123").expect(0x6982)


@pytest.mark.parametrize(
    ("sfi", "old", "new"),
    [
        (AUTH, "1234", "123"),
        (AUTH, "1234", "12345"),
        (AUTH, "1234", "12A4"),
        (SIGN, "ABC123", "ABC12"),
        (SIGN, "ABC123", "A" * 17),
        (SIGN, "ABC123", "abc123"),
    ],
)
def test_a_new_pin_out_of_form_is_refused(jpki, sfi: int, old: str, new: str) -> None:
    jpki.verify(sfi, old).expect(0x9000)
    jpki.change(sfi, new).expect(0x6A80)
    jpki.verify(sfi, old).expect(0x9000)


@pytest.mark.parametrize(
    ("apdu", "sw"),
    [
        ("002400980439393939", 0x6A86),
        ("00240098083132333439393939", 0x6A86),
        ("002401000439393939", 0x6A86),
        ("00240198", 0x6700),
        ("002401800439393939", 0x9000),
        ("002401860439393939", 0x6981),
        ("002401850439393939", 0x6A82),
    ],
)
def test_forms_of_change(jpki, apdu: str, sw: int) -> None:
    jpki.verify(AUTH, "1234").expect(0x9000)
    jpki.send(apdu).expect(sw)


@pytest.mark.parametrize(
    "command", [Verify(0x18, b"1234"), ChangePin(0x18, b"1234", Operation.CHANGE)], ids=["verify", "change"]
)
def test_a_typed_command_shows_no_pin(command) -> None:
    assert "1234" not in repr(command)
    assert "1234" not in str(command)
    assert b"1234".hex() not in repr(command)


def test_the_image_shows_no_pin_and_no_key(image) -> None:
    assert "1234" not in repr(image)
    assert "ABC123" not in repr(image)
    assert "keys" not in repr(image)
