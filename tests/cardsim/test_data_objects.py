"""GET DATA and GET CHALLENGE (measured: soltia48/myna-card src/mf.rs; choices where they are named)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from apdu.layout import card_manager


@pytest.mark.parametrize(
    ("tag", "content"),
    [
        (0x0042, bytes.fromhex("36303030303230 0805 303031 FFFFFFFF")),
        (0x0045, b"400000012719843"),
        (0x0066, bytes.fromhex("6619731706072A864886FC6B01600C060A2A864886FC6B02020101")),
        (0x00F0, b"13221"),
        (0x00F2, b"20350217"),
        (0x5F51, bytes.fromhex("DA13FF8131FB468012392F31C173C601C03B")),
    ],
    ids=lambda value: f"{value:04X}" if isinstance(value, int) else "",
)
def test_the_objects_of_a_fresh_card(hand, tag: int, content: bytes) -> None:
    hand.command(0x00, 0xCA, tag >> 8, tag & 0xFF, ne=256).expect(0x9000, content)


def test_a_contactless_card_tells_the_atr_of_its_contacts(make_hand) -> None:
    make_hand(profile="T2").send("00CA5F5100").expect(0x9000, bytes.fromhex("E000FF8131FE4514"))


@pytest.mark.parametrize("tag", ["DF30", "00F8", "7F21", "0000", "FFFF"])
def test_absent_objects(hand, tag: str) -> None:
    hand.send(f"00CA{tag}00").expect(0x6A88)


@pytest.mark.parametrize("tag", ["0045", "5F51", "DF30"])
def test_no_object_inside_an_application(jpki, tag: str) -> None:
    jpki.send(f"00CA{tag}05").expect(0x6A88)
    jpki.select_card_manager()
    jpki.send("00CA004500").expect(0x9000)


@pytest.mark.parametrize("apdu", ["00CA0045", "00CA00450E", "00CA0045010000"], ids=["no-le", "short-le", "with-data"])
def test_a_wrong_length(hand, apdu: str) -> None:
    hand.send(apdu).expect(0x6700)


def test_a_large_object_needs_an_extended_le(make_hand, image) -> None:
    manager = image.applications[card_manager.AID]
    large = replace(manager, objects={**manager.objects, 0x00F8: bytes(600)})
    hand = make_hand(image=replace(image, applications={**image.applications, card_manager.AID: large}))
    hand.send("00CA00F800").expect(0x6700)
    hand.send("00CA00F8000000").expect(0x9000, bytes(600))


@pytest.mark.parametrize(
    ("apdu", "count"), [("0084000001", 1), ("0084000008", 8), ("0084000000", 256), ("00840000000100", 256)]
)
def test_a_challenge_has_the_length_asked_for(hand, apdu: str, count: int) -> None:
    first = hand.send(apdu).expect(0x9000)
    assert len(first) == count
    hand.select_jpki()
    assert len(hand.send(apdu).expect(0x9000)) == count


def test_challenges_differ(hand) -> None:
    assert hand.send("0084000010").expect(0x9000) != hand.send("0084000010").expect(0x9000)


@pytest.mark.parametrize(
    ("apdu", "sw"),
    [
        ("00840000000101", 0x6985),
        ("00840000000000", 0x6985),
        ("00840001" + "08", 0x6A86),
        ("00840100" + "08", 0x6A86),
        ("00840000", 0x6700),
        ("00840000010000", 0x6700),
    ],
)
def test_refused_challenges(hand, apdu: str, sw: int) -> None:
    hand.send(apdu).expect(sw)
