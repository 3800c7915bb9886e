"""COMPUTE DIGITAL SIGNATURE: every P1, every P2, every complaint."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from apdu.layout import jpki as layout

AUTH_KEY, SIGN_KEY, AUTH, SIGN = 0x17, 0x1A, 0x18, 0x1B
DIGEST_INFO_SHA256 = bytes.fromhex("3031300D060960864801650304020105000420")
PSS = padding.PSS(padding.MGF1(hashes.SHA256()), 32)


def recovered(key, signature: bytes) -> bytes:
    """What the card padded (RFC 8017 clause 8.2.2), by the public key."""
    numbers = key.public_key().public_numbers()
    block = pow(int.from_bytes(signature), numbers.e, numbers.n).to_bytes(256)
    head, _, content = block[2:].partition(b"\x00")
    assert block[:2] == b"\x00\x01"
    assert set(head) == {0xFF}
    return content


@pytest.fixture
def authenticated(jpki):
    jpki.verify(AUTH, "1234").expect(0x9000)
    return jpki


@pytest.mark.parametrize("length", [1, 20, 34, 35, 51, 67, 83, 244, 245])
def test_p1_00_pads_the_data_as_it_is(authenticated, auth_key, length: int) -> None:
    data = bytes(range(1, 1 + length))
    signature = authenticated.sign(AUTH_KEY, data).expect(0x9000)
    assert len(signature) == 256
    assert recovered(auth_key, signature) == data


def test_the_signature_key_is_another_key(jpki, sign_key) -> None:
    jpki.verify(SIGN, "ABC123").expect(0x9000)
    assert recovered(sign_key, jpki.sign(SIGN_KEY, b"contract").expect(0x9000)) == b"contract"


def test_p1_01_hashes_and_pads_the_bare_hash(authenticated, auth_key) -> None:
    signature = authenticated.sign(AUTH_KEY, b"m" * 255, p1=0x01).expect(0x9000)
    assert recovered(auth_key, signature) == hashlib.sha256(b"m" * 255).digest()


def test_p1_02_wraps_the_callers_hash(authenticated, auth_key) -> None:
    digest = hashlib.sha256(b"m").digest()
    assert recovered(auth_key, authenticated.sign(AUTH_KEY, digest, p1=0x02).expect(0x9000)) == (
        DIGEST_INFO_SHA256 + digest
    )


def test_p1_03_hashes_and_wraps(authenticated, auth_key) -> None:
    signature = authenticated.sign(AUTH_KEY, b"m", p1=0x03).expect(0x9000)
    auth_key.public_key().verify(signature, b"m", padding.PKCS1v15(), hashes.SHA256())


def test_p1_04_is_pss_over_the_callers_hash(authenticated, auth_key) -> None:
    digest = hashlib.sha256(b"m").digest()
    signature = authenticated.sign(AUTH_KEY, digest, p1=0x04).expect(0x9000)
    auth_key.public_key().verify(signature, digest, PSS, Prehashed(hashes.SHA256()))


def test_p1_05_hashes_for_pss_with_a_fresh_salt(authenticated, auth_key) -> None:
    first = authenticated.sign(AUTH_KEY, b"m", p1=0x05).expect(0x9000)
    second = authenticated.sign(AUTH_KEY, b"m", p1=0x05).expect(0x9000)
    auth_key.public_key().verify(first, b"m", PSS, hashes.SHA256())
    assert first != second


@pytest.mark.parametrize("p1", [0x06, 0x0F, 0x9E, 0xFF])
def test_other_p1_is_refused(authenticated, p1: int) -> None:
    authenticated.sign(AUTH_KEY, b"m", p1=p1).expect(0x6A86)


@pytest.mark.parametrize(
    ("p1", "length"), [(0, 246), (0, 300), (1, 256), (2, 31), (2, 33), (3, 256), (4, 31), (4, 33), (5, 256)]
)
def test_data_of_a_length_that_the_operation_does_not_take(authenticated, p1: int, length: int) -> None:
    authenticated.sign(AUTH_KEY, bytes(length), p1=p1).expect(0x6985)


@pytest.mark.parametrize(
    "apdu",
    ["802A0097", "802A009700", "802A0097016D", "802A0097016D20", "802A009700000000"],
    ids=["nothing", "no-data", "no-le", "le-32", "no-data-extended"],
)
def test_data_and_room_for_256_bytes_are_needed(authenticated, apdu: str) -> None:
    authenticated.send(apdu).expect(0x6700)


@pytest.mark.parametrize("apdu", ["802A0097016D00", "002A0097016D00", "802A00970000016D0000", "802A00970000016D0100"])
def test_both_classes_and_both_length_forms(authenticated, apdu: str) -> None:
    assert len(authenticated.send(apdu).expect(0x9000)) == 256


def test_p2_80_is_the_current_ef(authenticated, auth_key) -> None:
    authenticated.select(0x0017)
    assert recovered(auth_key, authenticated.sign(0, b"m").expect(0x9000)) == b"m"


def test_p2_with_a_short_identifier_makes_the_key_current(authenticated) -> None:
    authenticated.sign(AUTH_KEY, b"m").expect(0x9000)
    authenticated.sign(0, b"m").expect(0x9000)


@pytest.mark.parametrize(
    ("apdu", "sw"),
    [
        ("802A0000016D00", 0x6A88),
        ("802A0080016D00", 0x6986),
        ("802A0085016D00", 0x6A82),
        ("802A0086016D00", 0x6981),
        ("802A0098016D00", 0x6981),
        ("802A0016016D00", 0x6A86),
        ("802A00B7016D00", 0x6A86),
        ("802A0097016D00", 0x6982),
        ("802A009A016D00", 0x6982),
    ],
)
def test_a_reference_that_is_no_usable_key(jpki, apdu: str, sw: int) -> None:
    jpki.send(apdu).expect(sw)


def test_each_key_needs_its_own_pin(authenticated) -> None:
    authenticated.sign(SIGN_KEY, b"m").expect(0x6982)


def test_no_key_at_the_card_manager(hand) -> None:
    hand.sign(AUTH_KEY, b"m").expect(0x6A82)
    hand.sign(0, b"m").expect(0x6986)
    hand.command(0x80, 0x2A, 0x00, 0x00, b"m", ne=256).expect(0x6A88)


@pytest.mark.parametrize("content", [b"", b"\x30\x03\x02\x01\x00"], ids=["empty", "no-key"])
def test_a_key_ef_without_a_key_is_an_execution_error(make_hand, image, content: bytes) -> None:
    application = image.applications[layout.AID]
    broken = replace(application, keys={**application.keys, layout.AUTH_KEY: content})
    hand = make_hand(image=replace(image, applications={**image.applications, layout.AID: broken}))
    hand.select_jpki()
    hand.verify(AUTH, "1234").expect(0x9000)
    hand.sign(AUTH_KEY, b"m").expect(0x6400)
