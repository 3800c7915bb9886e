"""Classes, instructions, lengths; and that any bytes at all are answered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu.command import Command
from cardsim.commands import PARSERS
from cardsim.personalise import personalise
from cardsim.store import MemoryStore

INSTRUCTIONS = sorted({code & 0xFF for code in PARSERS} | {0x32, 0x82, 0x88, 0xA2, 0xAE, 0xC0, 0xCB, 0xFC})


@pytest.mark.parametrize(
    ("cla", "sw"),
    [
        *((cla, 0x6881) for cla in (0x01, 0x02, 0x03, 0x0D, 0x13, 0x40, 0x7F, 0x81, 0x83)),
        *((cla, 0x6882) for cla in (0x04, 0x08, 0x0C, 0x1C, 0x84, 0x8C)),
        *((cla, 0x6884) for cla in (0x10, 0x90)),
        *((cla, 0x6E00) for cla in (0x20, 0x3F, 0xA0, 0xB0, 0xE0, 0xFF)),
    ],
    ids=lambda value: f"{value:X}",
)
@pytest.mark.parametrize("ins", [0xA4, 0xB0, 0x20, 0x2A, 0xCA])
def test_classes_that_are_not_served(jpki, cla: int, sw: int, ins: int) -> None:
    jpki.command(cla, ins, 0x00, 0x00, ne=256).expect(sw)


@pytest.mark.parametrize("apdu", ["FFCA000000", "FF0052FF00", "FF00520000"], ids=["uid", "beep-on", "beep-off"])
def test_commands_for_the_reader_are_refused(hand, apdu: str) -> None:
    hand.send(apdu).expect(0x6E00)


@pytest.mark.parametrize(
    "apdu", ["00CB3FFF035C017E08", "00C0000000", "00700000", "80A4040000", "80B0000000", "00220000"]
)
def test_unknown_instructions(jpki, apdu: str) -> None:
    jpki.send(apdu).expect(0x6D00)


@pytest.mark.parametrize(
    ("apdu", "sw"),
    [
        ("80A200C1000100" + "00" * 256, 0x6700),  # jsapdu e2e, mynatest: 256 dummy bytes
        ("80A206C1000100" + "00" * 256, 0x6700),
        ("80A20000", 0x6A86),
        ("80A200AE", 0x6A86),
        ("80A28000", 0x6A86),
        ("80A200B6", 0x6A86),
        ("80AE0000000100" + "00" * 256, 0x6982),  # soltia48/myna-card src/sm.rs
        ("80FC0000", 0x6700),
        ("0088009904010203040000", 0x6700),
        ("00880099040102030400", 0x6982),
        ("803200800439393939", 0x6982),
        *((f"{code}0080", 0x6982) for code in ("002C", "0082", "8006", "8050", "8052", "8054", "808A")),
    ],
)
def test_commands_that_exist_and_lead_nowhere(jpki, apdu: str, sw: int) -> None:
    jpki.send(apdu).expect(sw)


@pytest.mark.parametrize(("apdu", "sw"), [("80FC0000", 0x6700), ("80AE0000", 0x6D00), ("002C0080", 0x6D00)])
def test_the_card_manager_knows_fewer_of_them(hand, apdu: str, sw: int) -> None:
    hand.send(apdu).expect(sw)


@pytest.mark.parametrize(
    "raw",
    ["", "00", "00A4", "00A404", "00A40400 02 D3", "00A4040C 0A D392F000", "00B00000 00 00", "00B00000 00 00 00 00"],
    ids=lambda raw: raw.replace(" ", "") or "empty",
)
def test_bytes_that_are_no_command(jpki, raw: str) -> None:
    jpki.send(raw).expect(0x6700)


@pytest.mark.parametrize(
    "apdu",
    ["00B08A00000000", "00A4040C00000AD392F000260100000001", "00B00000000004"],
    ids=["case-2E", "case-3E", "case-2E-small"],
)
def test_the_profile_without_extended_lengths_refuses_them(make_hand, apdu: str) -> None:
    make_hand(profile="C3").send(apdu).expect(0x6700)


def test_the_profile_without_extended_lengths_works_with_short_ones(make_hand) -> None:
    hand = make_hand(profile="C3")
    hand.select_jpki().expect(0x9000)
    hand.send("00B0860004").expect(0x9000, b"JPKI")


byte = st.integers(0, 255)
likely = st.builds(
    lambda cla, ins, p1, p2, data, ne, extended: Command(
        cla=cla, ins=ins, p1=p1, p2=p2, data=data, ne=ne, extended=extended
    ).encode(),
    st.sampled_from([0x00, 0x80, 0x00, 0x80, 0x08, 0x0C, 0x10]),
    st.sampled_from(INSTRUCTIONS),
    st.one_of(st.integers(0, 5), byte),
    st.one_of(st.sampled_from([0x00, 0x0C, 0x80, 0x81, 0x97, 0x98, 0x9A, 0x9B, 0x8A]), byte),
    st.one_of(
        st.sampled_from([b"", b"1234", b"ABC123", b"\x00\x17", b"\x00\x18", b"\x00\x1b", bytes(32)]),
        st.sampled_from([bytes.fromhex("D392F000260100000001"), bytes.fromhex("A0000001510000"), b"\xd3"]),
        st.binary(max_size=300),
    ),
    st.one_of(st.none(), st.sampled_from([1, 4, 255, 256, 65_536]), st.integers(1, 65_536)),
    st.booleans(),
)


@given(st.lists(st.one_of(likely, likely, st.binary(max_size=300)), max_size=12), st.booleans())
def test_any_bytes_in_any_state_are_answered(image, make_hand_over, commands: list[bytes], in_jpki: bool) -> None:
    hand = make_hand_over(MemoryStore(image))
    if in_jpki:
        hand.select_jpki()
    for raw in commands:
        answer = hand.card.process(raw)
        assert len(answer) >= 2
        assert answer[-2:] != b"\x6f\x00"
        assert len(answer) <= 65_538


AIDS = [bytes.fromhex(aid) for aid in ("D392100031000101" + end for end in ("0408", "0402", "0401", "0100"))]


@given(st.sampled_from(AIDS), st.lists(likely, max_size=12))
def test_any_command_in_any_application_is_answered(
    whole_order, make_hand_over, aid: bytes, commands: list[bytes]
) -> None:
    hand = make_hand_over(MemoryStore(personalise(whole_order)))
    hand.select_application(aid.hex()).expect(0x9000)
    hand.verify(0x11, "4321")
    for raw in commands:
        answer = hand.card.process(raw)
        assert len(answer) >= 2
        assert answer[-2:] != b"\x6f\x00"


@given(st.binary(max_size=80_000))
def test_bytes_of_any_length_are_answered(image, make_hand_over, raw: bytes) -> None:
    answer = make_hand_over(MemoryStore(image)).card.process(raw)
    assert len(answer) >= 2
    assert answer[-2:] != b"\x6f\x00"
