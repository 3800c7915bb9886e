"""SELECT and READ, form by form (ISO/IEC 7816-4 clauses 11.2.2 and 11.3.3; measured facts as named)."""

from __future__ import annotations

import pytest

JPKI = "D392F000260100000001"
MANAGER = "A0000001510000"


def test_the_card_manager_is_selected_at_power_on(hand) -> None:
    hand.command(0x00, 0xCA, 0x00, 0x45, ne=256).expect(0x9000, b"400000012719843")


@pytest.mark.parametrize("p2", [0x00, 0x0C], ids=["fci-wanted", "no-fci"])
def test_select_without_le_returns_no_data(hand, p2: int) -> None:
    hand.select_application(JPKI, p2=p2).expect(0x9000, b"")


def test_select_with_le_returns_the_fci(hand) -> None:
    hand.select_application(JPKI, p2=0x00, ne=256).expect(0x9000, bytes.fromhex("6F0C840A" + JPKI))


@pytest.mark.parametrize(
    ("apdu", "size"), [("00A404000A" + JPKI + "0E", 14), ("00A4020002000A0D", 13), ("00A4020002001809", 9)]
)
def test_select_with_just_enough_le(jpki, apdu: str, size: int) -> None:
    assert len(jpki.send(apdu).expect(0x9000)) == size


def test_select_that_wants_no_fci_ignores_le(hand) -> None:
    hand.select_application(JPKI, p2=0x0C, ne=256).expect(0x9000, b"")


def test_select_with_too_small_le_selects_nothing(hand) -> None:
    hand.select_application(JPKI, p2=0x00, ne=13).expect(0x6700)
    hand.select(0x0018).expect(0x6A82)


@pytest.mark.parametrize("prefix", ["D3", "D392F0", "D392F0002601000000"])
def test_the_beginning_of_an_aid_selects_it(hand, prefix: str) -> None:
    hand.select_application(prefix).expect(0x9000)
    hand.select(0x0018).expect(0x9000)


@pytest.mark.parametrize(
    "aid",
    ["D4", JPKI + "01", "D392F000260100000002", "A000000151000000", "627601FF000000", "00" * 17],
)
@pytest.mark.parametrize("from_application", [False, True], ids=["at-power-on", "in-jpki"])
def test_an_unknown_aid_is_not_found_and_changes_nothing(hand, aid: str, from_application: bool) -> None:
    if from_application:
        hand.select_jpki()
        hand.select(0x0006)
    hand.select_application(aid).expect(0x6A82)
    hand.read(0, 4).expect(0x9000 if from_application else 0x6986)


def test_an_empty_name_selects_the_card_manager(jpki) -> None:
    jpki.send("00A4040000").expect(0x9000, bytes.fromhex("6F098407" + MANAGER))
    jpki.select(0x0018).expect(0x6A82)


def test_next_occurrence_walks_the_matches_and_ends(hand) -> None:
    hand.command(0x00, 0xA4, 0x04, 0x02, ne=256).expect(0x6A82)
    hand.select_application("D3", p2=0x02, ne=256).expect(0x9000, bytes.fromhex("6F0C840A" + JPKI))
    hand.select_application("D3", p2=0x0E).expect(0x6A82)
    hand.select(0x0018).expect(0x9000)


@pytest.mark.parametrize("p2", [0x01, 0x03, 0x04, 0x08, 0x10, 0x80])
def test_other_p2_of_select_by_name_is_refused(hand, p2: int) -> None:
    hand.select_application(JPKI, p2=p2).expect(0x6A86)


@pytest.mark.parametrize("apdu", ["00A40000", "00A4000000", "00A4000C"])
def test_the_master_file_is_refused_at_power_on_and_without_effect_in_an_application(hand, apdu: str) -> None:
    hand.send(apdu).expect(0x6A86)  # measured: soltia48/myna-card src/card.rs
    hand.select_jpki()
    hand.select(0x0006)
    hand.send(apdu).expect(0x9000, b"")
    hand.read(0, 4).expect(0x9000, b"JPKI")


@pytest.mark.parametrize("fid", ["3F00", "2F10", "2F11", "7FFF"])
@pytest.mark.parametrize("from_application", [False, True], ids=["at-power-on", "in-jpki"])
def test_no_such_identifier_under_the_master_file(hand, fid: str, from_application: bool) -> None:
    if from_application:
        hand.select_jpki()
    hand.send(f"00A4000C02{fid}").expect(0x6A82)


def test_p1_00_finds_an_ef_of_the_application(jpki) -> None:
    jpki.send("00A4000C020006").expect(0x9000)
    jpki.read(0, 4).expect(0x9000, b"JPKI")


@pytest.mark.parametrize("p1", [0x01, 0x03, 0x05, 0x08, 0x09, 0xFF])
def test_other_p1_of_select_is_refused(jpki, p1: int) -> None:
    jpki.command(0x00, 0xA4, p1, 0x0C, b"\x00\x06").expect(0x6A86)


@pytest.mark.parametrize("data", ["00", "000600"])
def test_an_identifier_has_two_bytes(jpki, data: str) -> None:
    jpki.command(0x00, 0xA4, 0x02, 0x0C, bytes.fromhex(data)).expect(0x6700)


@pytest.mark.parametrize("fid", range(0x1F), ids=lambda fid: f"{fid:04X}")
def test_no_ef_under_the_card_manager(hand, fid: int) -> None:
    hand.select(fid).expect(0x6A82)  # measured: soltia48/myna-card src/mf.rs


@pytest.mark.parametrize(
    "fid",
    [0x0001, 0x0002, 0x0006, 0x0008, 0x0009, 0x000A, 0x000B, 0x0016, 0x0017, 0x0018, 0x001A, 0x001B, 0x001E],
    ids=lambda fid: f"{fid:04X}",
)
def test_every_ef_of_the_application_can_be_selected(jpki, fid: int) -> None:
    jpki.select(fid).expect(0x9000, b"")


@pytest.mark.parametrize("fid", [0x0000, 0x0005, 0x0010, 0x0019, 0x001C, 0x0118], ids=lambda fid: f"{fid:04X}")
def test_a_missing_ef_leaves_the_current_one(jpki, fid: int) -> None:
    jpki.select(0x0006)
    jpki.select(fid).expect(0x6A82)
    jpki.read(0, 4).expect(0x9000, b"JPKI")


def test_the_fci_of_an_ef_tells_its_size(jpki) -> None:
    jpki.send("00A4020002000600").expect(0x9000, bytes.fromhex("6F0B800200A082010183020006"))


@pytest.mark.parametrize(("length", "size"), [(0xFDFC, "8002FF00"), (0xFEFC, "800400010000"), (0xFFFF, "800400010100")])
def test_the_fci_tells_a_size_beyond_two_bytes(make_hand, length: int, size: str) -> None:
    hand = make_hand(auth_ca=b"\x30\x82" + length.to_bytes(2) + bytes(length))
    hand.select_jpki()
    fci = f"{size}8201018302000B"
    hand.send("00A4020002000B00").expect(0x9000, bytes.fromhex(f"6F{len(fci) // 2:02X}{fci}"))


@pytest.mark.parametrize("fid", ["0017", "0018"])
def test_the_fci_of_a_secret_tells_no_size(jpki, fid: str) -> None:
    jpki.send(f"00A4020002{fid}00").expect(0x9000, bytes.fromhex("6F078201088302" + fid))


def test_token_information_is_160_bytes_and_ends(jpki) -> None:
    jpki.select(0x0006)
    data = jpki.read(0, 256).expect(0x9000)
    assert len(data) == 160
    assert data[:32] == b"JPKIAPICCTOKEN2".ljust(32)
    assert data[80:96] == b"0400000012719843"
    jpki.read(159, 256).expect(0x9000, data[159:])
    jpki.read(160, 1).expect(0x6B00)
    jpki.read(0x7FFF, 1).expect(0x6B00)


def test_le_00_gives_256_bytes_when_there_are(jpki) -> None:
    jpki.select(0x000A)
    assert len(jpki.send("00B0000000").expect(0x9000)) == 256


def test_extended_le_gives_the_whole_file(jpki) -> None:
    data = jpki.send("00B08A00000000").expect(0x9000)
    assert len(data) == 2048
    assert data[:4].hex() == "3082061f"
    assert set(data[0x061F + 4 :]) == {0xFF}


def test_extended_le_of_an_exact_length(jpki) -> None:
    jpki.select(0x000A)
    jpki.send("00B0000400061F").expect(0x9000, b"\xa1" * 0x061F)  # as tex2e sends it


def test_a_short_identifier_makes_the_ef_current(jpki) -> None:
    jpki.send("00B0860004").expect(0x9000, b"JPKI")
    jpki.send("00B0000404").expect(0x9000, b"APIC")
    jpki.send("00B0800404").expect(0x9000, b"APIC")


def test_a_short_identifier_of_no_ef(jpki) -> None:
    jpki.select(0x0006)
    jpki.send("00B0850004").expect(0x6A82)
    jpki.read(0, 4).expect(0x9000, b"JPKI")


@pytest.mark.parametrize("apdu", ["00B0A60004", "00B0C60004", "00B0E60004"])
def test_bits_beside_a_short_identifier_are_refused(jpki, apdu: str) -> None:
    jpki.send(apdu).expect(0x6A86)


@pytest.mark.parametrize("apdu", ["00B00000", "00B000000100", "00B00000010000", "00B20104"])
def test_reading_needs_le_and_takes_no_data(jpki, apdu: str) -> None:
    jpki.select(0x0006)
    jpki.send(apdu).expect(0x6700)


@pytest.mark.parametrize("fid", [0x0016, 0x0017, 0x0018, 0x001A, 0x001B, 0x001E], ids=lambda fid: f"{fid:04X}")
def test_an_internal_ef_cannot_be_read(jpki, fid: int) -> None:
    jpki.select(fid)
    jpki.read(0, 1).expect(0x6981)  # measured: soltia48/myna-card src/mf.rs


def test_reading_without_a_current_ef(jpki) -> None:
    jpki.read(0, 1).expect(0x6986)


def test_selecting_the_application_drops_the_current_ef(jpki) -> None:
    jpki.select(0x0006)
    jpki.select_jpki()
    jpki.read(0, 1).expect(0x6986)


@pytest.mark.parametrize(
    ("select", "apdu", "sw"),
    [
        (None, "00B2010400", 0x6986),
        (0x0006, "00B2010400", 0x6981),
        (0x0018, "00B2010400", 0x6981),
        (None, "00B2013400", 0x6981),
        (None, "00B2012C00", 0x6A82),
        (0x0006, "00B2010500", 0x6A81),
    ],
    ids=["no-ef", "transparent", "pin", "short-id", "short-id-of-none", "several"],
)
def test_there_are_no_records(jpki, select: int | None, apdu: str, sw: int) -> None:
    if select is not None:
        jpki.select(select)
    jpki.send(apdu).expect(sw)
