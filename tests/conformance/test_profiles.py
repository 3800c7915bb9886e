"""One script for cards of every profile: what all of them do alike, and where the table says that they differ."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, replace

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_private_key

from apdu.command import Command
from apdu.layout import applications, common, jpki, next_generation, text
from apdu.layout.record_tlv import LengthForm
from apdu.layout.text_records import Attributes
from apdu.response import Response
from cardsim.card import VirtualCard
from cardsim.image import decode_image, encode_image
from cardsim.personalise import CardOrder, KeyAndCertificate, personalise
from cardsim.profiles import PROFILES, CardProfile, Device
from cardsim.store import MemoryStore

ATTRIBUTES = Attributes(name="黒桐　幹也", address="東京都清瀬市", birth="19800217", sex="1")


@dataclass
class Desk:
    """A card of one profile, and the words of a client."""

    card: VirtualCard
    profile: CardProfile
    order: CardOrder

    @property
    def is_next(self) -> bool:
        return self.profile.device is Device.NEXT_CARD

    @property
    def signing_aid(self) -> bytes:
        return next_generation.AUTH_AID if self.is_next else jpki.AID

    @property
    def text_aid(self) -> bytes:
        return next_generation.FACE_AID if self.is_next else text.AID

    def ask(self, raw: str) -> tuple[str, bytes]:
        response = Response.decode(self.card.process(bytes.fromhex(raw)))
        return str(response.sw), response.data

    def select(self, aid: bytes) -> str:
        return self.ask(f"00A4040C{len(aid):02X}{aid.hex()}")[0]

    def verify(self, sfi: int, pin: str) -> str:
        return self.ask(f"002000{0x80 | sfi:02X}{len(pin):02X}{pin.encode().hex()}")[0]

    def sign(self, sfi: int, p1: int, data: bytes) -> tuple[str, bytes]:
        return self.ask(Command(cla=0x80, ins=0x2A, p1=p1, p2=0x80 | sfi, data=data, ne=256).encode().hex())


@pytest.fixture(params=PROFILES)
def desk(request: pytest.FixtureRequest, whole_order: CardOrder, elliptic_pair: KeyAndCertificate) -> Desk:
    """A card of each profile, from one order; its image has been through a file."""
    profile = PROFILES[request.param]
    assert whole_order.text is not None
    files = {**whole_order.text.files, text.ATTRIBUTES: ATTRIBUTES.encode(profile.length_form)}
    order = replace(whole_order, profile=profile.name, text=replace(whole_order.text, files=files))
    if profile.device is Device.NEXT_CARD:
        order = replace(order, sign=elliptic_pair, auth=elliptic_pair)
    image = decode_image(encode_image(personalise(order)))
    return Desk(VirtualCard(MemoryStore(image), rng=random.Random(7).randbytes), profile, order)


def test_the_answer_to_reset(desk: Desk) -> None:
    assert desk.card.atr == desk.profile.atr


@pytest.mark.parametrize("fact", applications.FOREIGN, ids=lambda fact: fact.aid.hex())
def test_another_cards_application_is_absent(desk: Desk, fact: applications.ApplicationFact) -> None:
    assert desk.select(fact.aid) == "6A82"


def test_which_applications_are_there(desk: Desk) -> None:
    found = {fact.aid for fact in applications.ON_CARD if desk.select(fact.aid) == "9000"}
    manager = applications.CARD_MANAGER.aid
    everything = {fact.aid for fact in applications.ON_CARD}
    assert found == {Device.CARD: everything, Device.NEXT_CARD: {manager}}.get(desk.profile.device, {manager, jpki.AID})
    assert desk.select(desk.signing_aid) == "9000"


def test_the_counters_are_told_for_nothing(desk: Desk) -> None:
    desk.select(desk.signing_aid)
    assert [desk.ask(apdu)[0] for apdu in ("00200098", "0020009B", "0020009800")] == ["63C3", "63C5", "63C3"]


def test_a_wrong_pin_costs_a_try_and_the_right_one_restores_it(desk: Desk) -> None:
    desk.select(desk.signing_aid)
    assert [desk.verify(0x18, "0000"), desk.verify(0x18, "1234"), desk.ask("00200098")[0]] == ["63C2", "9000", "63C3"]


def test_a_blocked_pin(desk: Desk) -> None:
    desk.select(desk.signing_aid)
    answers = [desk.verify(0x18, "0000") for _ in range(4)] + [desk.ask("00200098")[0]]
    assert answers == ["63C2", "63C1", "63C0", "6984", "63C0"]


def test_when_the_authentication_certificate_may_be_read(desk: Desk) -> None:
    desk.select(desk.signing_aid)
    assert desk.ask("00B08A0004")[0] == ("6982" if desk.profile.is_phone else "9000")
    desk.verify(0x18, "1234")
    assert desk.ask("00B08A0004") == ("9000", bytes.fromhex("30820500"))


def test_the_signature_certificate_is_behind_the_password(desk: Desk) -> None:
    desk.select(desk.signing_aid)
    assert desk.ask("00B0810004")[0] == "6982"
    desk.verify(0x1B, "ABC123")
    assert desk.ask("00B0810004") == ("9000", bytes.fromhex("30820500"))


@pytest.mark.parametrize(("key", "pin", "value"), [(0x17, 0x18, "1234"), (0x1A, 0x1B, "ABC123")], ids=["auth", "sign"])
def test_signing(desk: Desk, key: int, pin: int, value: str) -> None:
    desk.select(desk.signing_aid)
    assert desk.sign(key, 0x03, b"message")[0] == "6982"
    assert desk.verify(pin, value) == "9000"
    status, signature = desk.sign(key, 0x03, b"message")
    assert status == "9000"
    pair = desk.order.auth if key == 0x17 else desk.order.sign
    assert pair is not None
    public = load_der_private_key(pair.private_key, None).public_key()
    if isinstance(public, ec.EllipticCurvePublicKey):
        assert len(signature) == next_generation.SIGNATURE_SIZE
        der = encode_dss_signature(int.from_bytes(signature[:48]), int.from_bytes(signature[48:]))
        public.verify(der, b"message", ec.ECDSA(hashes.SHA384()))
    else:
        public.verify(signature, b"message", padding.PKCS1v15(), hashes.SHA256())


@pytest.mark.parametrize("p1", range(8))
def test_which_operations_sign_a_hash(desk: Desk, p1: int) -> None:
    desk.select(desk.signing_aid)
    desk.verify(0x18, "1234")
    digest = hashlib.sha384(b"m").digest() if desk.is_next else hashlib.sha256(b"m").digest()
    there = p1 in (0x02, 0x03) if desk.is_next else p1 <= 0x05
    assert desk.sign(0x17, p1, digest)[0] == ("9000" if there else "6A86")


def test_reselecting_the_application(desk: Desk) -> None:
    desk.select(desk.signing_aid)
    desk.verify(0x18, "1234")
    desk.select(desk.signing_aid)
    assert desk.sign(0x17, 0x03, b"m")[0] == ("9000" if desk.profile.keeps_status else "6982")


@pytest.mark.parametrize("how", ["reset", "power_off"])
def test_a_reset_forgets_the_pin(desk: Desk, how: str) -> None:
    desk.select(desk.signing_aid)
    desk.verify(0x18, "1234")
    getattr(desk.card, how)()
    desk.select(desk.signing_aid)
    assert desk.sign(0x17, 0x03, b"m")[0] == "6982"


def test_extended_lengths(desk: Desk) -> None:
    desk.select(desk.signing_aid)
    status, data = desk.ask("00B08200000000")
    assert (status, len(data)) == (("9000", 2048) if desk.profile.extended_length else ("6700", 0))


def test_reading_stops_at_the_end(desk: Desk) -> None:
    desk.select(desk.signing_aid)
    desk.ask("00B0820001")
    assert [desk.ask("00B007FE00"), desk.ask("00B0080000")] == [("9000", b"\xff\xff"), ("6B00", b"")]


def test_the_four_attributes(desk: Desk) -> None:
    if desk.profile.is_phone:
        assert desk.select(text.AID) == "6A82"
        return
    desk.select(desk.text_aid)
    assert desk.ask("00B0820000")[0] == "6982"
    assert desk.verify(*((0x18, "1234") if desk.is_next else (0x11, "4321"))) == "9000"
    status, raw = desk.ask("00B0820000")
    assert (status, Attributes.decode(raw)) == ("9000", ATTRIBUTES)
    assert (raw[2] == 0x82) is (desk.profile.length_form is LengthForm.LONG)


@pytest.mark.parametrize("apdu", ["00B2010C00"])
def test_the_card_record(desk: Desk, apdu: str) -> None:
    there = desk.select(common.AID) == "9000"
    assert there is (desk.profile.device is Device.CARD)
    if there:
        assert desk.ask(apdu) == ("9000", b"\x01\x1c4000000127198431322120350217")


@pytest.mark.parametrize("apdu", ["80FC0000"])
def test_the_last_command_indicator(desk: Desk, apdu: str) -> None:
    desk.select(desk.signing_aid)
    assert desk.ask(apdu)[0] == ("9000" if desk.profile.device is Device.IPHONE else "6700")


def test_the_token_label(desk: Desk) -> None:
    desk.select(desk.signing_aid)
    status, label = desk.ask("00B0860020")
    assert (status, label) == (("6A82", b"") if desk.is_next else ("9000", desk.profile.token_label.encode().ljust(32)))


@pytest.mark.parametrize("apdu", ["00CA004500", "00CA5F5100"])
def test_objects_of_the_card(desk: Desk, apdu: str) -> None:
    assert desk.ask(apdu)[0] == ("6A88" if desk.profile.is_phone else "9000")
