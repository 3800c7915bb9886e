"""New certificates on a card that is in use: on every device, whatever is left of its PINs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from apdu.layout import jpki, next_generation
from cardsim.card import VirtualCard
from cardsim.errors import OrderError
from cardsim.inspect import describe
from cardsim.personalise import CardOrder, KeyAndCertificate, personalise
from cardsim.recertify import recertify
from cardsim.state import ApplicationImage, CardImage
from cardsim.store import MemoryStore
from tests.cardsim.conftest import Hand

HOME = {"next": next_generation.AUTH_AID}
PINS = {jpki.SIGN_CERTIFICATE: "NEW999", jpki.AUTH_CERTIFICATE: "9999"}
BOTH = (jpki.SIGN_CERTIFICATE, jpki.AUTH_CERTIFICATE)


def certificate(size: int, fill: int = 0xC1) -> bytes:
    return b"\x30\x82" + (size - 4).to_bytes(2) + bytes((fill,)) * (size - 4)


def home(image: CardImage) -> ApplicationImage:
    return image.applications[HOME.get(image.profile, jpki.AID)]


def card_of(order: CardOrder, profile: str, elliptic_pair: KeyAndCertificate) -> CardImage:
    pair = {"sign": elliptic_pair, "auth": elliptic_pair} if profile == "next" else {}
    return personalise(replace(order, profile=profile, **pair))


def renewed(image: CardImage, key: bytes, *fids: int, size: int = 1500) -> CardImage:
    pairs = {fid: KeyAndCertificate(private_key=key, certificate=certificate(size)) for fid in fids}
    return recertify(image, pairs, ca_certificates=dict.fromkeys(fids, certificate(1400, 0xCA)), pins=PINS)


@pytest.mark.parametrize("profile", ["C2", "T1", "C3", "C2-keep", "C2-long", "android", "iphone", "next"])
def test_every_device_gets_its_certificates(
    whole_order: CardOrder, elliptic_pair: KeyAndCertificate, profile: str
) -> None:
    before = card_of(whole_order, profile, elliptic_pair)
    key = elliptic_pair.private_key if profile == "next" else whole_order.auth.private_key
    after = renewed(before, key, *BOTH)
    assert [describe(after).certificates[kind] for kind in ("sign", "auth")] == [certificate(1500)] * 2
    assert (home(after).keys[jpki.SIGN_KEY], home(after).keys[jpki.AUTH_KEY]) == (key, key)
    for fid in (jpki.SIGN_CA_CERTIFICATE, jpki.AUTH_CA_CERTIFICATE):
        assert home(after).files[fid].startswith(certificate(1400, 0xCA) + b"\xff")


@pytest.mark.parametrize("profile", ["C2", "android", "next"])
def test_nothing_else_changes(whole_order: CardOrder, elliptic_pair: KeyAndCertificate, profile: str) -> None:
    before = card_of(whole_order, profile, elliptic_pair)
    after = renewed(before, elliptic_pair.private_key, jpki.AUTH_CERTIFICATE)
    changed = {jpki.AUTH_CERTIFICATE, jpki.AUTH_CA_CERTIFICATE}
    assert {fid for fid, content in home(after).files.items() if content != home(before).files[fid]} == changed
    others = {**after.applications, home(before).aid: home(before)}
    assert replace(after, applications=others) == before


@pytest.mark.parametrize("left", [0, 1, 3])
def test_tries_are_not_given_back(whole_order: CardOrder, pool_keys: list[bytes], left: int) -> None:
    card = personalise(whole_order)
    pin = replace(home(card).pins[jpki.AUTH_PIN], tries_left=left)
    after = renewed(card.with_pin(jpki.AID, jpki.AUTH_PIN, pin), pool_keys[3], *BOTH)
    assert home(after).pins[jpki.AUTH_PIN] == pin


def test_the_holders_pin_stays(whole_order: CardOrder, pool_keys: list[bytes]) -> None:
    after = renewed(personalise(whole_order), pool_keys[3], *BOTH)
    assert home(after).pins[jpki.SIGN_PIN].value == b"ABC123"


@pytest.mark.parametrize(("absent", "fid"), [("sign", jpki.SIGN_CERTIFICATE), ("auth", jpki.AUTH_CERTIFICATE)])
def test_a_pin_that_was_never_set_is_set(whole_order: CardOrder, pool_keys: list[bytes], absent: str, fid: int) -> None:
    """公的個人認証法: under 15 none for signing; she gets certificate and password on her first day."""
    card = personalise(replace(whole_order, **{absent: None}))
    after = renewed(card, pool_keys[3], fid)
    hand = Hand(VirtualCard(MemoryStore(after), rng=bytes))
    pin_sfi, key_sfi = (0x1B, 0x1A) if absent == "sign" else (0x18, 0x17)
    hand.select_jpki()
    hand.send("00B0880003").expect(0x9000, bytes.fromhex("8F8F00"))
    hand.verify(pin_sfi, PINS[fid]).expect(0x9000)
    hand.sign(key_sfi, b"m").expect(0x9000)


def test_a_pin_that_cannot_be_one_is_refused(whole_order: CardOrder, pool_keys: list[bytes]) -> None:
    card = personalise(replace(whole_order, sign=None))
    pair = KeyAndCertificate(private_key=pool_keys[3], certificate=certificate(1500))
    fid = jpki.SIGN_CERTIFICATE
    with pytest.raises(OrderError, match="PIN"):
        recertify(card, {fid: pair}, ca_certificates={fid: certificate(9)}, pins={fid: "abc"})


@pytest.mark.parametrize(
    ("size", "file"), [(100, 2048), (2047, 2048), (2048, 2304), (2303, 2304), (2304, 2560), (4000, 4096)]
)
def test_a_file_grows_with_its_certificate(
    whole_order: CardOrder, pool_keys: list[bytes], size: int, file: int
) -> None:
    """Always a byte of filler behind it, as on a fresh card, and never a smaller file than before."""
    content = home(renewed(personalise(whole_order), pool_keys[3], *BOTH, size=size)).files[jpki.SIGN_CERTIFICATE]
    assert content == certificate(size) + b"\xff" * (file - size)


def test_a_shorter_certificate_leaves_nothing_of_the_longer(whole_order: CardOrder, pool_keys: list[bytes]) -> None:
    long = renewed(personalise(whole_order), pool_keys[3], *BOTH, size=4000)
    content = home(renewed(long, pool_keys[3], *BOTH, size=100)).files[jpki.SIGN_CERTIFICATE]
    assert content == certificate(100) + b"\xff" * 3996


def test_a_card_without_such_an_application_is_refused(whole_order: CardOrder, pool_keys: list[bytes]) -> None:
    card = personalise(whole_order)
    rest = {aid: application for aid, application in card.applications.items() if aid != jpki.AID}
    with pytest.raises(OrderError, match="no application for certificates"):
        renewed(replace(card, applications=rest), pool_keys[3], *BOTH)
