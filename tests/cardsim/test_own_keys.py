"""The keys that need no PIN: of the text, card-face and common application."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import load_der_private_key

from apdu.layout import common, face, jpki, juki, text
from cardsim.personalise import personalise


@pytest.fixture(scope="module")
def whole(whole_order):
    return personalise(whole_order)


@pytest.fixture
def hand(make_hand, whole):
    """A whole card at power-on."""
    return make_hand(image=whole)


def verify(der: bytes, signature: bytes, message: bytes, scheme: padding.AsymmetricPadding) -> None:
    load_der_private_key(der, None).public_key().verify(signature, message, scheme, hashes.SHA256())


DEFAULT = [
    pytest.param(text.AID, 0x13, 3, id="text"),
    pytest.param(face.AID, 0x1A, 4, id="face"),
]


@pytest.mark.parametrize("p2", ["default", "short-id"])
@pytest.mark.parametrize(("aid", "fid", "number"), DEFAULT)
def test_the_default_key_signs_without_a_pin(hand, pool_keys, aid: bytes, fid: int, number: int, p2: str) -> None:
    """``80 2A .. 00``: AokiApp/jsapdu e2e, soltia48/myna-card."""
    hand.select_application(aid.hex())
    signature = hand.command(0x80, 0x2A, 0x03, 0x00 if p2 == "default" else 0x80 | fid, b"message", ne=256).expect(
        0x9000
    )
    verify(pool_keys[number], signature, b"message", padding.PKCS1v15())


@pytest.mark.parametrize("p1", [0x00, 0x05])
def test_the_two_forms_that_a_client_was_seen_to_use(hand, pool_keys, p1: int) -> None:
    """AokiApp/jsapdu e2e randr: ``80 2A 05 00 20`` and ``80 2A 00 00 20`` give 9000 and 256 bytes."""
    hand.select_application(text.AID.hex())
    digest = hashlib.sha256(b"m").digest()
    signature = hand.command(0x80, 0x2A, p1, 0x00, digest, ne=256).expect(0x9000)
    public = load_der_private_key(pool_keys[3], None).public_key()
    if p1 == 0x05:
        public.verify(signature, digest, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
    else:
        assert public.recover_data_from_signature(signature, padding.PKCS1v15(), None) == digest


@pytest.mark.parametrize("aid", [jpki.AID, common.AID, juki.AID], ids=["jpki", "common", "juki"])
def test_the_others_have_no_default_key(hand, aid: bytes) -> None:
    hand.select_application(aid.hex())
    hand.command(0x80, 0x2A, 0x00, 0x00, b"m", ne=256).expect(0x6A88)


@pytest.mark.parametrize("length", [1, 16, 255])
def test_internal_authenticate(hand, pool_keys, length: int) -> None:
    """``00 88 00 99``: SHA-256 with RSA over the challenge: measured, soltia48/myna-card src/ap/common.rs."""
    hand.select_application(common.AID.hex())
    challenge = bytes(range(length))
    signature = hand.command(0x00, 0x88, 0x00, 0x99, challenge, ne=256).expect(0x9000)
    verify(pool_keys[5], signature, challenge, padding.PKCS1v15())


def test_internal_authenticate_with_the_current_ef(hand) -> None:
    hand.select_application(common.AID.hex())
    hand.command(0x00, 0x88, 0x00, 0x80, b"c", ne=256).expect(0x6986)
    hand.select(0x0019)
    hand.command(0x00, 0x88, 0x00, 0x80, b"c", ne=256).expect(0x9000)


@pytest.mark.parametrize(
    ("aid", "apdu", "sw"),
    [
        (common.AID, "00880099000100" + "00" * 256 + "0000", 0x6700),
        (common.AID, "00880099", 0x6700),
        (common.AID, "008800990000", 0x6700),
        (common.AID, "008800990101", 0x6700),
        (common.AID, "0088009901010A", 0x6700),
        (common.AID, "00880199010100", 0x6A86),
        (common.AID, "00880000010100", 0x6A86),
        (common.AID, "0088009C010100", 0x6981),
        (common.AID, "00880097010100", 0x6A82),
        (text.AID, "00880093010100", 0x6985),
        (face.AID, "0088009A010100", 0x6985),
        (jpki.AID, "00880097010100", 0x6982),
        (juki.AID, "00880099010100", 0x6982),
    ],
    ids=[
        "256-bytes", "no-data", "no-challenge", "no-le", "small-le", "p1", "p2", "pin", "no-ef",
        "text", "face", "jpki", "juki",
    ],
)  # fmt: skip
def test_internal_authenticate_refused(hand, aid: bytes, apdu: str, sw: int) -> None:
    hand.select_application(aid.hex())
    hand.send(apdu).expect(sw)


@pytest.mark.parametrize("pin", [None, "2222"])
def test_the_authentication_key_signs_nothing_else(hand, pin: str | None) -> None:
    hand.select_application(common.AID.hex())
    if pin:
        hand.verify(0x1C, pin).expect(0x9000)
    hand.sign(0x19, b"m").expect(0x6982)
