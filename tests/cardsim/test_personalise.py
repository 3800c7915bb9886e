"""From an order to a card, and what is no order."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from apdu.layout.jpki import AID
from apdu.layout.token_information import TokenInformation
from cardsim.errors import OrderError, ProfileError
from cardsim.personalise import KeyAndCertificate, personalise


def test_each_card_has_its_own_numbers(order) -> None:
    one, other = personalise(order), personalise(replace(order, serial="400000012719844"))
    token = [TokenInformation.decode(card.applications[AID].files[0x0006]) for card in (one, other)]
    assert [entry.serial_number for entry in token] == ["0400000012719843", "0400000012719844"]
    assert one.serial != other.serial


def test_the_same_order_is_the_same_card(order) -> None:
    assert personalise(order) == personalise(order)


@pytest.mark.parametrize(
    ("absent", "availability", "pin_sfi", "key_sfi", "certificate"),
    [("sign", "008F00", 0x1B, 0x1A, 0x0001), ("auth", "8F0000", 0x18, 0x17, 0x000A)],
)
def test_a_card_without_a_certificate(make_hand, absent, availability, pin_sfi, key_sfi, certificate) -> None:
    hand = make_hand(**{absent: None})
    hand.select_jpki()
    hand.send("00B0880003").expect(0x9000, bytes.fromhex(availability))
    hand.select(pin_sfi).expect(0x9000)
    hand.send("00200080").expect(0x63C0)
    hand.verify(pin_sfi, "1234").expect(0x6984)
    hand.verify(pin_sfi, "ABC123").expect(0x6984)
    hand.sign(key_sfi, b"m").expect(0x6982)
    hand.select(certificate).expect(0x9000)


def test_a_full_card_says_so(jpki) -> None:
    jpki.select(0x0008)
    jpki.read(0, 256).expect(0x9000, bytes.fromhex("8F8F00"))


@pytest.mark.parametrize(
    ("length", "size"), [(0x0100, 2048), (2043, 2048), (2044, 2304), (2299, 2304), (2300, 2560), (3000, 3072)]
)
def test_a_certificate_file_has_filler_behind_any_certificate(order, length: int, size: int) -> None:
    certificate = b"\x30\x82" + length.to_bytes(2) + bytes(length)
    content = personalise(replace(order, auth_ca=certificate)).applications[AID].files[0x000B]
    assert content == certificate + b"\xff" * (size - len(certificate))


def pkcs8(key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


KEYS = {
    "none": lambda: b"",
    "no-key": lambda: b"\x30\x03\x02\x01\x00",
    "elliptic-curve": lambda: pkcs8(ec.generate_private_key(ec.SECP256R1())),
    "rsa-1024": lambda: pkcs8(rsa.generate_private_key(public_exponent=65537, key_size=1024)),
    "rsa-3072": lambda: pkcs8(rsa.generate_private_key(public_exponent=65537, key_size=3072)),
    "encrypted": lambda: ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    ),
}


@pytest.mark.parametrize("make", KEYS.values(), ids=KEYS)
def test_a_key_that_the_card_cannot_use(order, make) -> None:
    broken = KeyAndCertificate(private_key=make(), certificate=order.auth.certificate)
    with pytest.raises(OrderError, match="private key"):
        personalise(replace(order, auth=broken))


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("serial", "40000001271984", "serial has 15"),
        ("serial", "40000001271984X", "serial has 15"),
        ("serial", "４００００００１２７１９８４３", "serial has 15"),
        ("municipality_code", "132217", "municipality code has 5"),
        ("auth_pin", "987", "not 4 characters"),
        ("auth_pin", "12E4", "not 4 characters"),
        ("sign_pin", "ABC12", "not 6-16 characters"),
        ("sign_pin", "abc123", "not 6-16 characters"),
        ("sign_ca", b"", "certificate"),
        ("sign_ca", b"\x30\x82\x00\x04abc", "certificate"),
        ("auth_ca", b"\x30\x82\x00\x03abcd", "certificate"),
        ("auth_ca", b"\x30\x03abc", "certificate"),
        ("auth_ca", b"\x30\x82\x00\xff" + bytes(255), "256 to 65,535"),
    ],
)
def test_an_order_that_makes_no_card(order, field: str, value, message: str) -> None:
    with pytest.raises(OrderError, match=message) as caught:
        personalise(replace(order, **{field: value}))
    assert "pin" not in field or str(value) not in str(caught.value)


def test_an_unknown_profile_names_the_known_ones(order) -> None:
    with pytest.raises(ProfileError) as caught:
        personalise(replace(order, profile="C9"))
    assert "C2" in caught.value.hint


def test_an_order_shows_no_secret(order) -> None:
    assert "1234'" not in repr(order)
    assert "ABC123" not in repr(order)
    assert "private_key" not in repr(order)
