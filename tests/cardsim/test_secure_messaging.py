"""Secure messaging of the text application, against a host written from the description alone (no code of the card).

Description: soltia48/myna-card src/sm.rs, as design choices ``sm.*`` complete it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import load_der_private_key

from cardsim.personalise import personalise

TEXT = "D3921000310001010408"
SEED = bytes(range(0x40, 0x60))


@dataclass
class Host:
    """The other end: counts, encrypts, and decrypts what comes back."""

    key: bytes
    number: int = 0

    def vector(self) -> bytes:
        context = Cipher(algorithms.AES(self.key), modes.ECB()).encryptor()
        return context.update(b"%b" % self.number.to_bytes(16, "big")) + context.finalize()

    def cipher(self) -> Cipher:
        return Cipher(algorithms.AES(self.key), modes.CBC(self.vector()))

    def with_data(self, header: str, data: bytes) -> bytes:
        self.number += 1
        block = data + b"\x80" + b"\x00" * (15 - len(data) % 16)
        context = self.cipher().encryptor()
        body = b"\x01" + context.update(block) + context.finalize()
        field = bytes((0x86, len(body))) + body
        return bytes.fromhex(header) + bytes((len(field),)) + field

    def with_length(self, header: str, length: int = 0) -> bytes:
        self.number += 1
        return bytes.fromhex(header + "000005 960300") + length.to_bytes(2) + b"\x00\x00"

    def data(self, answer: bytes) -> bytes:
        assert answer[0] == 0x86
        size, start = (answer[1], 2)
        if size & 0x80:
            start = 2 + (size & 0x7F)
            size = int.from_bytes(answer[2:start])
        assert answer[start] == 0x01
        assert len(answer) == start + size
        context = self.cipher().decryptor()
        plain = context.update(answer[start + 1 :]) + context.finalize()
        plain = plain.rstrip(b"\x00")
        assert plain[-1] == 0x80
        return plain[:-1]


def cryptogram(der: bytes, plain: bytes) -> bytes:
    public = load_der_private_key(der, None).public_key()
    return public.encrypt(plain, padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None))


@pytest.fixture
def text(make_hand, whole_order):
    """A whole card with the text application selected."""
    hand = make_hand(image=personalise(whole_order))
    hand.select_application(TEXT).expect(0x9000)
    return hand


def agree(hand, pool_keys, plain: bytes = b"\xa0\x22\x80\x20" + SEED):
    return hand.command(0x80, 0xAE, 0x00, 0x00, cryptogram(pool_keys[2], plain))


@pytest.fixture
def session(text, pool_keys):
    """A hand and a host with a session key: PIN verified, EF 0002 not yet selected."""
    text.verify(0x11, "4321").expect(0x9000)
    agree(text, pool_keys).expect(0x9000, b"")
    return text, Host(SEED[:16])


def test_a_file_comes_back_encrypted(session, text_contents) -> None:
    hand, host = session
    hand.send(host.with_data("08A4020C", b"\x00\x02")).expect(0x9000, b"")
    answer = hand.send(host.with_length("08B00000")).expect(0x9000)
    assert host.data(answer) == text_contents.files[0x0002]
    answer = hand.send(host.with_length("08B00005", 7)).expect(0x9000)
    assert host.data(answer) == text_contents.files[0x0002][5:12]


def test_every_command_has_another_vector(session) -> None:
    hand, host = session
    hand.send(host.with_data("08A4020C", b"\x00\x02"))
    first = hand.send(host.with_length("08B00000")).expect(0x9000)
    second = hand.send(host.with_length("08B00000")).expect(0x9000)
    assert first != second


def test_a_pin_in_a_cryptogram(session) -> None:
    hand, host = session
    hand.send(host.with_data("08200095", b"55021720352285")).expect(0x9000, b"")
    hand.send(host.with_data("08200095", b"00000000000000")).expect(0x63C9)
    assert hand.tries(0x15) == 9


@pytest.mark.parametrize(
    ("header", "data", "sw"),
    [("08A4020C", b"\x00\x1f", 0x6A82), ("08200091", b"0000", 0x63C2), ("0820009D", b"0", 0x6A82)],
    ids=["no-ef", "wrong-pin", "no-pin"],
)
def test_the_number_moves_on_when_the_application_refuses(session, text_contents, header: str, data, sw: int) -> None:
    hand, host = session
    hand.send(host.with_data(header, data)).expect(sw)
    hand.send(host.with_data("08A4020C", b"\x00\x04")).expect(0x9000)
    assert host.data(hand.send(host.with_length("08B00000")).expect(0x9000)) == text_contents.files[0x0004]


def test_a_command_in_clear_does_not_move_it(session) -> None:
    hand, host = session
    hand.select(0x0004).expect(0x9000)
    host.data(hand.send(host.with_length("08B00000")).expect(0x9000))


@pytest.mark.parametrize(
    "raw",
    [
        "08A4020C",
        "08A4020C020002",
        "08A4020C03960100",
        "08A4020C1386110299999999999999999999999999999999",
        "08A4020C1286100199999999999999999999999999999999"[:-2],
        "08A4020C0286 00",
        "08A4020C038601 01",
        "08A4020C13861101 99999999999999999999999999999999",
        "08B0000003860101",
        "08B0000005 9603010000",
        "08B0000004 96020000",
        "08B0000000",
        "0820009104 34333231",
    ],
    ids=[
        "nothing", "clear", "other-object", "other-padding", "no-whole-block", "empty", "no-block", "bad-padding",
        "read-with-cryptogram", "three-byte-length", "one-byte-length", "read-with-nothing", "clear-pin",
    ],
)  # fmt: skip
def test_what_is_wrong_ends_the_session(session, raw: str) -> None:
    """6988, and 69FC ever after: measured, soltia48/myna-card src/sm.rs."""
    hand, host = session
    hand.send(raw).expect(0x6988)
    hand.send(host.with_length("08B00000")).expect(0x69FC)
    assert hand.tries(0x11) == 3


def test_a_replay_is_bad_padding(session) -> None:
    """Its vector is the next one, so what comes out is noise (this seed's has no padding)."""
    hand, host = session
    command = host.with_data("08A4020C", b"\x00\x02")
    hand.send(command).expect(0x9000)
    hand.send(command).expect(0x6988)


def test_class_0c(session) -> None:
    """6987: measured, soltia48/myna-card src/sm.rs."""
    hand, host = session
    hand.send("0CB0000000").expect(0x6987)
    hand.send(host.with_length("08B00000")).expect(0x69FC)


@pytest.mark.parametrize(("raw", "sw"), [("08A4020C020002", 0x6882), ("08B00000", 0x69FC), ("0CA40000", 0x69FC)])
def test_without_a_session(text, raw: str, sw: int) -> None:
    text.send(raw).expect(sw)


@pytest.mark.parametrize("ins", [0x24, 0x84, 0x88, 0xB2])
def test_other_commands_are_not_secured(session, ins: int) -> None:
    hand, host = session
    hand.command(0x08, ins, 0x00, 0x00, ne=1).expect(0x6882)
    host.number += 1
    hand.send(host.with_data("08A4020C", b"\x00\x02")).expect(0x9000)


@pytest.mark.parametrize("how", ["select", "reset"])
def test_what_ends_a_session(session, how: str) -> None:
    hand, host = session
    if how == "reset":
        hand.card.reset()
    hand.select_application(TEXT)
    hand.send(host.with_length("08B00000")).expect(0x69FC)


def test_a_key_agreed_again_counts_from_one(session, pool_keys) -> None:
    hand, host = session
    hand.send(host.with_data("08A4020C", b"\x00\x02")).expect(0x9000)
    agree(hand, pool_keys, b"\xa0\x22\x80\x20" + SEED[::-1]).expect(0x9000)
    host = Host(SEED[::-1][:16])
    hand.send(host.with_data("08A4020C", b"\x00\x02")).expect(0x9000)


@pytest.mark.parametrize("pins", [[], [(0x14, "537686677188")], [(0x15, "55021720352285")]], ids=["none", "A", "B"])
def test_the_pin_itself_has_to_be_verified(text, pool_keys, pins) -> None:
    for pin, value in pins:
        text.verify(pin, value).expect(0x9000)
    agree(text, pool_keys).expect(0x6982)


@pytest.mark.parametrize(
    "plain",
    [b"", SEED, b"\xa0\x22\x80\x1f" + SEED, b"\xa0\x22\x80\x20" + SEED[1:], b"\xa0\x22\x80\x20" + SEED + b"\0"],
    ids=["empty", "bare", "other-length", "short", "long"],
)
def test_a_seed_of_another_form(text, pool_keys, plain: bytes) -> None:
    text.verify(0x11, "4321").expect(0x9000)
    agree(text, pool_keys, plain).expect(0x6A80)


@pytest.mark.parametrize(
    ("apdu", "sw"),
    [
        ("80AE0000", 0x6700),
        ("80AE0000 0000FF" + "00" * 255, 0x6700),
        ("80AE0100 000100" + "00" * 256, 0x6A86),
        ("80AE0000 000100" + "01" * 256, 0x6A80),
        ("80AE0000 000100" + "FF" * 256, 0x6F00),
    ],
    ids=["empty", "short", "p1", "noise", "above-the-modulus"],
)
def test_what_is_no_cryptogram(text, apdu: str, sw: int) -> None:
    """6F00 above the modulus: measured, soltia48/myna-card src/sm.rs."""
    text.verify(0x11, "4321").expect(0x9000)
    text.send(apdu).expect(sw)


@pytest.mark.parametrize("apdu", ["80AE0000000100" + "00" * 256, "08B00000000005 9603000000 0000"], ids=["key", "read"])
def test_a_card_without_extended_lengths_has_no_room_for_it(make_hand, whole_order, apdu: str) -> None:
    hand = make_hand(image=personalise(replace(whole_order, profile="C3")))
    hand.select_application(TEXT)
    hand.send(apdu).expect(0x6700)


def test_no_key_is_in_a_representation(session) -> None:
    hand, _ = session
    assert SEED[:16].hex() not in repr(hand.card._runtime.session)
    assert repr(SEED[:16]) not in repr(hand.card._runtime.session)
