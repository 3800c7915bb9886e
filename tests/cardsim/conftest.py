"""A hand that plays commands on a card, in verbs, and the cards that it plays on."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from apdu.command import Command
from apdu.response import Response
from cardsim.card import VirtualCard
from cardsim.personalise import CardOrder, KeyAndCertificate, personalise
from cardsim.state import CardImage
from cardsim.store import MemoryStore

AUTH_PIN = "1234"
SIGN_PIN = "ABC123"


@dataclass(frozen=True)
class Answer:
    """What came back, and a way to say what should have."""

    response: Response

    def expect(self, sw: int, data: bytes | None = None) -> bytes:
        assert str(self.response.sw) == f"{sw:04X}"
        if data is not None:
            assert self.response.data.hex() == data.hex()
        return self.response.data


class Hand:
    """The host side, in verbs."""

    def __init__(self, card: VirtualCard) -> None:
        self.card = card

    def send(self, raw: str | bytes) -> Answer:
        return Answer(Response.decode(self.card.process(bytes.fromhex(raw) if isinstance(raw, str) else raw)))

    def command(self, cla: int, ins: int, p1: int, p2: int, data: bytes = b"", **options: Any) -> Answer:
        return self.send(Command(cla=cla, ins=ins, p1=p1, p2=p2, data=data, **options).encode())

    def select_application(self, aid: str, *, p2: int = 0x0C, **options: Any) -> Answer:
        return self.command(0x00, 0xA4, 0x04, p2, bytes.fromhex(aid), **options)

    def select_jpki(self) -> Answer:
        return self.select_application("D392F000260100000001")

    def select_card_manager(self) -> Answer:
        return self.select_application("A0000001510000")

    def select(self, fid: int) -> Answer:
        return self.command(0x00, 0xA4, 0x02, 0x0C, fid.to_bytes(2))

    def read(self, offset: int = 0, ne: int = 256) -> Answer:
        return self.command(0x00, 0xB0, offset >> 8, offset & 0xFF, ne=ne)

    def tries(self, sfi: int) -> int | None:
        return self.command(0x00, 0x20, 0x00, 0x80 | sfi).response.sw.tries_left

    def verify(self, sfi: int, value: str) -> Answer:
        return self.command(0x00, 0x20, 0x00, 0x80 | sfi, value.encode())

    def change(self, sfi: int, value: str) -> Answer:
        return self.command(0x00, 0x24, 0x01, 0x80 | sfi, value.encode())

    def sign(self, sfi: int, data: bytes, *, p1: int = 0x00, **options: Any) -> Answer:
        return self.command(0x80, 0x2A, p1, 0x80 | sfi, data, **{"ne": 256, **options})


def dummy_certificate(length: int, fill: int) -> bytes:
    """A DER SEQUENCE of 4 + ``length`` bytes: the card looks no deeper."""
    return b"\x30\x82" + length.to_bytes(2) + bytes((fill,)) * length


@pytest.fixture(scope="session")
def auth_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="session")
def sign_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _pkcs8(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@pytest.fixture(scope="session")
def order(auth_key: rsa.RSAPrivateKey, sign_key: rsa.RSAPrivateKey) -> CardOrder:
    """A card whose certificates have the lengths of the published exchanges (tex2e: 30 82 06 1F, 30 82 06 CA)."""
    return CardOrder(
        serial="400000012719843",
        profile="C2",
        municipality_code="13221",
        card_expiry=date(2035, 2, 17),
        sign=KeyAndCertificate(private_key=_pkcs8(sign_key), certificate=dummy_certificate(0x06CA, 0x51)),
        auth=KeyAndCertificate(private_key=_pkcs8(auth_key), certificate=dummy_certificate(0x061F, 0xA1)),
        sign_ca=dummy_certificate(0x0400, 0x52),
        auth_ca=dummy_certificate(0x03F0, 0xA2),
        sign_pin=SIGN_PIN,
        auth_pin=AUTH_PIN,
    )


@pytest.fixture(scope="session")
def image(order: CardOrder) -> CardImage:
    return personalise(order)


@pytest.fixture
def make_hand(order: CardOrder) -> Callable[..., Hand]:
    """A hand with a fresh card, its order changed as told."""

    def make(*, image: CardImage | None = None, **changes: Any) -> Hand:
        fresh = image or personalise(replace(order, **changes))
        return Hand(VirtualCard(MemoryStore(fresh), rng=random.Random(7).randbytes))

    return make


@pytest.fixture
def hand(make_hand: Callable[..., Hand]) -> Hand:
    """A fresh card at power-on."""
    return make_hand()


@pytest.fixture
def jpki(hand: Hand) -> Hand:
    """A fresh card with the JPKI application selected."""
    hand.select_jpki().expect(0x9000)
    return hand


@pytest.fixture(scope="session")
def make_hand_over() -> Callable[..., Hand]:
    """A hand with a card over the given store."""
    return lambda store: Hand(VirtualCard(store, rng=random.Random(7).randbytes))


@pytest.fixture(autouse=True)
def no_fault_of_the_card(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """6F00 is logged where it is made; no test of the card may end with one."""
    yield
    faults = [record for record in caplog.get_records("call") if record.name == "cardsim.card"]
    assert not faults
