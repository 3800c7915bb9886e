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


def contents(order, what: str, files: dict[int, bytes | None]):
    """The order with EFs of one application replaced, or left out when None."""
    before = getattr(order, what)
    after = {**before.files, **files}
    changed = replace(before, files={fid: content for fid, content in after.items() if content is not None})
    return replace(order, **{what: changed})


@pytest.mark.parametrize(
    ("what", "files", "message"),
    [
        ("text", {0x0001: bytes(16)}, "EF 0001 of the text contents has 17 bytes, not 16"),
        ("text", {0x0001: None}, "EF 0001 of the text contents has 17 bytes, not 0"),
        ("text", {0x0002: b""}, "EF 0002 of the text contents has some bytes, not 0"),
        ("text", {0x0003: bytes(337)}, "EF 0003 of the text contents has 336 bytes, not 337"),
        ("text", {0x0005: bytes(164)}, "EF 0005 of the text contents has 256 bytes, not 164"),
        ("text", {0x0008: bytes(15)}, "EF 0008 of the text contents has 16 bytes, not 15"),
        ("text", {0x0011: b"x"}, "the text application has no file 0011"),
        ("face", {0x0004: bytes(567)}, "EF 0004 of the face contents has 568 bytes, not 567"),
        ("face", {0x0007: b"x", 0x0009: b"x"}, "the face application has no file 0007, 0009"),
    ],
)
def test_contents_that_fit_no_ef(whole_order, what: str, files, message: str) -> None:
    with pytest.raises(OrderError, match=message):
        personalise(contents(whole_order, what, files))


@pytest.mark.parametrize(
    ("what", "field", "value"),
    [
        ("text", "pin", "98761"),
        ("text", "reference_a", "53768667718"),
        ("text", "reference_b", "19800217203522"[:13]),
        ("face", "birth_pin", "19800217"),
        ("face", "reference_a", "A" * 12),
        ("face", "reference_b", ""),
        ("common", "pin", "987"),
        ("juki", "pin", "12E4"),
    ],
)
def test_a_pin_of_another_form(whole_order, what: str, field: str, value: str) -> None:
    with pytest.raises(OrderError, match="a PIN of the order") as caught:
        personalise(replace(whole_order, **{what: replace(getattr(whole_order, what), **{field: value})}))
    assert not value or value not in str(caught.value)


@pytest.mark.parametrize(
    ("what", "field"),
    [("text", "internal_key"), ("text", "session_key"), ("face", "internal_key"), ("common", "internal_key")],
)
def test_a_key_of_an_application_that_the_card_cannot_use(whole_order, what: str, field: str) -> None:
    with pytest.raises(OrderError, match="private key"):
        personalise(replace(whole_order, **{what: replace(getattr(whole_order, what), **{field: b"no key"})}))


@pytest.mark.parametrize("what", ["common", "juki"])
def test_a_key_reference_has_sixteen_bytes(whole_order, what: str) -> None:
    with pytest.raises(OrderError, match=r"EF 0002 .* has 16 bytes, not 15"):
        personalise(replace(whole_order, **{what: replace(getattr(whole_order, what), key_reference=bytes(15))}))


def test_what_is_left_out_is_not_on_the_card(whole_order) -> None:
    whole = personalise(whole_order)
    assert [aid.hex().upper() for aid in whole.applications] == [
        "A0000001510000",
        "D392F000260100000001",
        "D3921000310001010408",
        "D3921000310001010402",
        "D3921000310001010401",
        "D3921000310001010100",
    ]
    bare = personalise(replace(whole_order, text=None, face=None, common=None, juki=None, manager=None))
    assert list(bare.applications) == list(whole.applications)[:2]


def test_contents_show_no_secret(whole_order) -> None:
    for secret in ("4321", "2222", "3333", "537686677188", "55021720352285", "550217"):
        assert secret not in repr(whole_order)
