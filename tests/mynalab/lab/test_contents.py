"""An issued card beside JPKI, read by the client over its commands: every record signed below the lab's own root."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import pytest
from PIL import Image

from apdu.layout import card_manager, face, text
from apdu.layout.face_records import AgeRecord, FaceRecord, NumberImageRecord
from apdu.layout.text_records import Attributes, decode_my_number
from cardsim.store import read_image
from jpki.client.errors import NoApplicationError, PinFormatError, PinRequiredError, WrongPinError
from jpki.client.records import FACE, TEXT, RecordSession, read_intermediates
from jpki.cv.key_id import LAB_INTERMEDIATE, LAB_ROOT, lab_municipality
from jpki.kinds import RecordPin
from jpki.records.my_number import is_my_number
from mynalab.lab.cards import open_card
from mynalab.lab.cv import cv_trust
from mynalab.lab.issue import issue_card
from mynalab.lab.lab import Lab
from mynalab.persona import load_persona
from readers.inprocess import InProcessChannel

BIRTH = "020415"  # 平成2年4月15日


@pytest.fixture
def channel(lab: Lab) -> Iterator[InProcessChannel]:
    """Alice's card in a reader."""
    card = open_card(lab.paths, "alice")
    with InProcessChannel(card) as channel:
        yield channel
    card.close()


def my_number(lab: Lab) -> str:
    return read_image(lab.paths.card("alice")).applications[text.AID].pins[text.REFERENCE_A].value.decode()


def reference_b(lab: Lab) -> str:
    return read_image(lab.paths.card("alice")).applications[text.AID].pins[text.REFERENCE_B].value.decode()


def test_after_the_pin_all_of_the_text_application_is_verified(lab: Lab, channel: InProcessChannel) -> None:
    between = read_intermediates(channel)
    session = RecordSession.open(channel, TEXT)
    session.verify_pin(RecordPin.TEXT, "1234")
    verdict = session.check(cv_trust(lab), between)
    assert (verdict.codes, verdict.signer) == ((), lab_municipality("99201"))
    assert verdict.verified == (text.MY_NUMBER, text.ATTRIBUTES, text.INTEGRITY_RECORD, text.PUBLIC_KEY)
    assert Attributes.decode(session.read(text.ATTRIBUTES)).name == "見本　花子"
    assert not is_my_number(decode_my_number(session.read(text.MY_NUMBER)))


@pytest.mark.parametrize(
    ("kind", "verified"),
    [
        (RecordPin.REFERENCE_A, (text.MY_NUMBER, text.INTEGRITY_RECORD, text.PUBLIC_KEY)),
        (RecordPin.REFERENCE_B, (text.ATTRIBUTES, text.INTEGRITY_RECORD, text.PUBLIC_KEY)),
    ],
    ids=["a", "b"],
)
def test_reference_numbers_open_half_of_the_text(
    lab: Lab, channel: InProcessChannel, kind: RecordPin, verified: tuple[int, ...]
) -> None:
    between = read_intermediates(channel)
    session = RecordSession.open(channel, TEXT)
    session.verify_pin(kind, my_number(lab) if kind is RecordPin.REFERENCE_A else reference_b(lab))
    assert session.check(cv_trust(lab), between).verified == verified


@pytest.mark.parametrize(
    ("kind", "verified"),
    [
        (RecordPin.REFERENCE_A, (face.FACE, face.MY_NUMBER_IMAGE)),
        (RecordPin.REFERENCE_B, (face.FACE,)),
        (RecordPin.BIRTH, (face.AGE_RECORD,)),
    ],
    ids=["a", "b", "birth"],
)
def test_each_secret_opens_its_part_of_the_face(
    lab: Lab, channel: InProcessChannel, kind: RecordPin, verified: tuple[int, ...]
) -> None:
    between = read_intermediates(channel)
    session = RecordSession.open(channel, FACE)
    secrets = {RecordPin.REFERENCE_A: my_number(lab), RecordPin.REFERENCE_B: reference_b(lab), RecordPin.BIRTH: BIRTH}
    session.verify_pin(kind, secrets[kind])
    verdict = session.check(cv_trust(lab), between)
    assert (verdict.codes, verdict.verified) == ((), verified)


def test_the_pictures_on_the_card_open(lab: Lab, channel: InProcessChannel) -> None:
    session = RecordSession.open(channel, FACE)
    session.verify_pin(RecordPin.REFERENCE_A, my_number(lab))
    front = FaceRecord.decode(session.read(face.FACE))
    number = NumberImageRecord.decode(session.read(face.MY_NUMBER_IMAGE))
    shapes = [
        (image.format, image.mode, image.size)
        for image in map(
            Image.open, map(BytesIO, (front.photo, front.security_code_image, number.image, front.name_image))
        )
    ]
    assert shapes == [
        ("JPEG2000", "L", (160, 200)),
        ("PNG", "1", (24, 12)),
        ("PNG", "1", (72, 12)),
        ("PNG", "1", (304, 24)),
    ]


def test_the_age_record_has_the_birth_date(channel: InProcessChannel) -> None:
    session = RecordSession.open(channel, FACE)
    session.verify_pin(RecordPin.BIRTH, BIRTH)
    assert AgeRecord.decode(session.read(face.AGE_RECORD)).birth == "19900415"


def test_reference_b_is_made_of_birth_expiry_and_security_code(lab: Lab) -> None:
    assert reference_b(lab)[:10] == "0204152036"  # the tenth birthday after the day of issue, 2026-11-20


def test_without_the_intermediate_the_chain_does_not_hold(lab: Lab, channel: InProcessChannel) -> None:
    session = RecordSession.open(channel, TEXT)
    session.verify_pin(RecordPin.TEXT, "1234")
    assert session.check(cv_trust(lab)).codes == ("jpki.cv.untrusted-root",)


def test_the_card_manager_tells_the_way_down_from_the_root(lab: Lab, channel: InProcessChannel) -> None:
    (intermediate,) = read_intermediates(channel)
    assert (intermediate.issuer, intermediate.subject) == (LAB_ROOT, LAB_INTERMEDIATE)
    objects = read_image(lab.paths.card("alice")).applications[card_manager.AID].objects
    assert objects[card_manager.INTERMEDIATE_KEY_ID] == LAB_INTERMEDIATE.encode()
    assert objects[card_manager.CV_CERTIFICATE] == lab.paths.cv_certificate("cv-99201").read_bytes()


def test_nothing_is_read_before_a_pin(channel: InProcessChannel) -> None:
    session = RecordSession.open(channel, TEXT)
    assert set(session.read_signed()) == {text.CV_CERTIFICATE}
    with pytest.raises(PinRequiredError) as caught:
        session.read(text.MY_NUMBER)
    assert caught.value.kind is RecordPin.TEXT


def test_a_wrong_pin_says_what_is_left(channel: InProcessChannel) -> None:
    session = RecordSession.open(channel, TEXT)
    with pytest.raises(WrongPinError) as caught:
        session.verify_pin(RecordPin.TEXT, "0000")
    assert (caught.value.kind, caught.value.tries_left) == (RecordPin.TEXT, 2)
    assert session.tries_left(RecordPin.TEXT) == 2
    assert session.tries_left(RecordPin.REFERENCE_B) == 10


@pytest.mark.parametrize("text_typed", ["", "123", "12345", "12a4", "１２３４"])
def test_what_cannot_be_a_pin_is_not_sent(channel: InProcessChannel, text_typed: str) -> None:
    session = RecordSession.open(channel, TEXT)
    with pytest.raises(PinFormatError, match="4 digits"):
        session.verify_pin(RecordPin.TEXT, text_typed)
    assert session.tries_left(RecordPin.TEXT) == 3


def test_a_phone_has_no_such_application(lab: Lab) -> None:
    issue_card(lab, name="phone", persona=load_persona("adult-resident"), now=lab.settings.created, profile="android")
    card = open_card(lab.paths, "phone")
    with InProcessChannel(card) as channel, pytest.raises(NoApplicationError):
        RecordSession.open(channel, TEXT)
    card.close()
