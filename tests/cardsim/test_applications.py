"""Every application of the whole card: each EF of the layout, and who may do what with it."""

from __future__ import annotations

import pytest

from apdu.layout import applications, card_manager, common, face, jpki, juki, text
from apdu.layout.facts import ApplicationFact, FileFact, FileKind
from cardsim.personalise import personalise
from cardsim.state import CardImage

PINS = {
    jpki.AID: {0x18: "1234", 0x1B: "ABC123"},
    text.AID: {0x11: "4321", 0x14: "537686677188", 0x15: "55021720352285"},
    face.AID: {0x11: "550217", 0x12: "55021720352285", 0x13: "537686677188"},
    common.AID: {0x1C: "2222"},
    juki.AID: {0x1C: "3333"},
}
LIMITS = {
    jpki.AID: {0x18: 3, 0x1B: 5},
    text.AID: {0x11: 3, 0x12: 0, 0x14: 10, 0x15: 10},
    face.AID: {0x11: 10, 0x12: 10, 0x13: 10},
    common.AID: {0x1C: 3},
    juki.AID: {0x1C: 3},
}
APPLICATIONS = [fact for fact in applications.ON_CARD if fact.aid != card_manager.AID]
FILES = [
    pytest.param(application, file, id=f"{application.name_en.replace(' ', '-')}-{file.fid:04X}")
    for application in APPLICATIONS
    for file in application.files.values()
    if file.kind is not FileKind.UNKNOWN
]
UNKNOWN = [
    pytest.param(application, fid, id=f"{application.name_en.replace(' ', '-')}-{fid:04X}")
    for application in APPLICATIONS
    for fid in range(1, 0x1F)
    if fid not in application.files or application.files[fid].kind is FileKind.UNKNOWN
]
CELLS = [
    pytest.param(application, file, pin, id=f"{application.name_en.replace(' ', '-')}-{file.fid:04X}-after-{name}")
    for application in APPLICATIONS
    for file in application.files.values()
    if file.kind in (FileKind.TRANSPARENT, FileKind.RECORD)
    for pin, name in [(None, "nothing"), *((pin, f"{pin:04X}") for pin in PINS[application.aid])]
]


@pytest.fixture(scope="module")
def whole(whole_order) -> CardImage:
    return personalise(whole_order)


@pytest.fixture
def hand(make_hand, whole):
    """A whole card at power-on."""
    return make_hand(image=whole)


def enter(hand, aid: bytes) -> None:
    hand.select_application(aid.hex()).expect(0x9000)


@pytest.mark.parametrize(("application", "file"), FILES)
def test_every_ef_of_the_layout_is_there(hand, application: ApplicationFact, file: FileFact) -> None:
    enter(hand, application.aid)
    hand.select(file.fid).expect(0x9000)


@pytest.mark.parametrize(("application", "fid"), UNKNOWN)
def test_no_other_ef_is_there(hand, application: ApplicationFact, fid: int) -> None:
    enter(hand, application.aid)
    hand.select(fid).expect(0x6A82)


def read(hand, file: FileFact):
    hand.select(file.fid)
    if file.kind is FileKind.RECORD:
        return hand.send("00B2010400")
    return hand.read(0, 65_536)


@pytest.mark.parametrize(("application", "file", "pin"), CELLS)
def test_reading(hand, whole, application: ApplicationFact, file: FileFact, pin: int | None) -> None:
    """File × PIN state, from the table of the layout."""
    enter(hand, application.aid)
    if pin is not None:
        hand.verify(pin, PINS[application.aid][pin]).expect(0x9000)
    allowed = file.access.is_free or (not file.access.is_never and pin in file.access.any_of)
    content = read(hand, file).expect(0x9000 if allowed else 0x6982)
    image = whole.applications[application.aid]
    stored = image.records[file.fid][0] if file.kind is FileKind.RECORD else image.files[file.fid]
    assert content == (stored if allowed else b"")
    assert file.size is None or not allowed or len(content) == file.size


# The splits between the reference numbers, as soltia48/myna-card measured them, not as our table says.
SPLITS = [
    (text.AID, 0x14, {0x0001, 0x0003, 0x0004, 0x0005, 0x0006, 0x0007}),
    (text.AID, 0x15, {0x0002, 0x0003, 0x0004, 0x0005, 0x0006, 0x0007}),
    (text.AID, 0x11, {0x0001, 0x0002, 0x0003, 0x0004, 0x0005, 0x0006, 0x0007}),
    (face.AID, 0x13, {0x0002, 0x0003, 0x0004, 0x0005, 0x0006}),
    (face.AID, 0x12, {0x0002, 0x0003, 0x0004, 0x0006}),
    (face.AID, 0x11, {0x0001, 0x0003, 0x0004}),
]


@pytest.mark.parametrize(("aid", "pin", "readable"), SPLITS, ids=lambda value: f"{value}" if type(value) is int else "")
def test_what_each_pin_opens(hand, aid: bytes, pin: int, readable: set[int]) -> None:
    enter(hand, aid)
    hand.verify(pin, PINS[aid][pin]).expect(0x9000)
    opened = set()
    for fid in range(1, 9):
        hand.select(fid)
        if hand.select(fid).response.sw.is_ok and hand.read(0, 1).response.sw.is_ok:
            opened.add(fid)
    assert opened == readable


EACH_PIN = [pytest.param(aid, pin, id=f"{aid.hex()}-{pin:04X}") for aid, pins in LIMITS.items() for pin in pins]


@pytest.mark.parametrize(("aid", "pin"), EACH_PIN)
def test_each_pin_has_its_limit(hand, aid: bytes, pin: int) -> None:
    enter(hand, aid)
    hand.command(0x00, 0x20, 0x00, 0x80 | pin).expect(0x63C0 | LIMITS[aid][pin])


@pytest.mark.parametrize(("aid", "pin"), EACH_PIN)
def test_each_pin_counts_for_itself(hand, aid: bytes, pin: int) -> None:
    """照合番号A and B of the text and of the card-face application are four counters."""
    enter(hand, aid)
    hand.verify(pin, "0000")
    others = {(a, p): limit for a, limits in LIMITS.items() for p, limit in limits.items() if (a, p) != (aid, pin)}
    for other, fid in others:
        enter(hand, other)
        assert hand.tries(fid) == others[other, fid]


@pytest.mark.parametrize("value", ["0000", "", "AB"])
def test_ef_0012_of_the_text_application_is_blocked_as_issued(hand, value: str) -> None:
    """63C0 and 6984: measured, soltia48/myna-card src/ap/text.rs."""
    enter(hand, text.AID)
    hand.select(0x0012)
    hand.verify(0x12, value).expect(0x6984 if value else 0x63C0)


# --- changing a PIN: which command for which


CHANGES = {
    (jpki.AID, 0x18): ("0024", "9999"),
    (jpki.AID, 0x1B): ("0024", "NEW123"),
    (text.AID, 0x11): ("0024", "9999"),
    (common.AID, 0x1C): ("8032", "9999"),
    (juki.AID, 0x1C): ("8032", "9999"),
}


@pytest.mark.parametrize("command", ["0024", "8032"])
@pytest.mark.parametrize(("aid", "pin"), EACH_PIN)
def test_changing(hand, aid: bytes, pin: int, command: str) -> None:
    own, new = CHANGES.get((aid, pin), ("", PINS[aid].get(pin, "1")))
    enter(hand, aid)
    p1 = 0x01 if command == "0024" else 0x00
    cla, ins = bytes.fromhex(command)
    hand.command(cla, ins, p1, 0x80 | pin, new.encode()).expect(0x6982)
    if pin in PINS[aid]:
        hand.verify(pin, PINS[aid][pin]).expect(0x9000)
    hand.command(cla, ins, p1, 0x80 | pin, new.encode()).expect(0x9000 if own == command else 0x6982)
    hand.card.reset()
    enter(hand, aid)
    if own == command:
        hand.verify(pin, new).expect(0x9000)


@pytest.mark.parametrize(
    ("apdu", "sw"),
    [
        ("8032018004 39393939", 0x6A86),
        ("8032000004 39393939", 0x6A86),
        ("80320080", 0x6700),
        ("803200800341", 0x6700),
        ("8032008003 393939", 0x6A80),
        ("8032009A04 39393939", 0x6A82),
        ("8032008104 39393939", 0x6981),
    ],
)
def test_change_key_in_a_wrong_form(hand, apdu: str, sw: int) -> None:
    enter(hand, common.AID)
    hand.verify(0x1C, "2222").expect(0x9000)
    hand.send(apdu).expect(sw)


# --- commands that exist and lead nowhere, application by application


@pytest.mark.parametrize(
    ("aid", "sw"),
    [(jpki.AID, 0x6982), (juki.AID, 0x6982), (common.AID, 0x66F1), (face.AID, 0x66F1), (text.AID, 0x6982)],
    ids=["jpki", "juki", "common", "face", "text"],
)
def test_set_session_key(hand, aid: bytes, sw: int) -> None:
    """Measured: soltia48/myna-card src/sm.rs; in the text application for want of the PIN."""
    enter(hand, aid)
    hand.command(0x80, 0xAE, 0x00, 0x00, bytes(256)).expect(sw)


@pytest.mark.parametrize("aid", PINS, ids=lambda aid: aid.hex())
@pytest.mark.parametrize(("p1p2", "sw"), [("00C1", 0x6700), ("06C1", 0x6700), ("0000", 0x6A86)])
def test_set_public_ic_key(hand, aid: bytes, p1p2: str, sw: int) -> None:
    enter(hand, aid)
    hand.send(f"80A2{p1p2}000100" + "00" * 256).expect(sw)


@pytest.mark.parametrize("aid", PINS, ids=lambda aid: aid.hex())
@pytest.mark.parametrize("apdu", ["80FC0000"])
def test_the_last_command_indicator_is_a_phones(hand, aid: bytes, apdu: str) -> None:
    enter(hand, aid)
    hand.send(apdu).expect(0x6700)


# --- the card record


@pytest.mark.parametrize("apdu", ["00B2010C00", "00B2010400"])
def test_the_card_record(hand, apdu: str) -> None:
    """By short id as jpki/myna reads it, and of the current EF; bytes measured: soltia48/myna-card."""
    enter(hand, common.AID)
    hand.select(0x0001)
    hand.send(apdu).expect(0x9000, b"\x01\x1c400000012719843132212035" + b"0217")


@pytest.mark.parametrize(
    ("apdu", "sw"),
    [
        ("00B2020C00", 0x6A83),
        ("00B2000C00", 0x6A83),
        ("00B2010D00", 0x6A81),
        ("00B2011400", 0x6981),
        ("00B2013C00", 0x6A82),
        ("00B08100 01", 0x6981),
        ("00B2010C", 0x6700),
    ],
    ids=["second", "zero", "several", "transparent", "no-ef", "binary-of-records", "no-le"],
)
def test_reading_records_otherwise(hand, apdu: str, sw: int) -> None:
    enter(hand, common.AID)
    hand.send(apdu).expect(sw)


def test_a_record_is_cut_to_le(hand) -> None:
    enter(hand, common.AID)
    hand.send("00B2010C02").expect(0x9000, b"\x01\x1c")


def test_the_control_parameters_of_a_record_ef(hand) -> None:
    enter(hand, common.AID)
    hand.send("00A4020002000100").expect(0x9000, bytes.fromhex("6F0782010583020001"))


# --- the card manager


def test_the_long_object_needs_room(hand) -> None:
    """6700 with a short Le, whole with an extended one: measured, soltia48/myna-card src/mf.rs."""
    hand.send("00CA7F2100").expect(0x6700)
    assert len(hand.send("00CA7F21000000").expect(0x9000)) == 568
    hand.send("00CA00F700").expect(0x9000, b"6000020\x08\x05001" + bytes(4))
    hand.send("00CA00F3000000").expect(0x6A88)
