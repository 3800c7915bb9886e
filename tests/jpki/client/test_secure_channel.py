"""Secure messaging of the text application, the host's side: against the card, and against bytes made by hand."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from apdu.layout import text
from cardsim.card import VirtualCard
from cardsim.personalise import personalise
from cardsim.store import MemoryStore
from jpki.client.errors import (
    MalformedAnswerError,
    PinRequiredError,
    SecureSessionError,
    WrongPinError,
)
from jpki.client.records import FACE, TEXT, RecordSession
from jpki.client.secure_channel import SecureChannel
from jpki.kinds import RecordPin
from readers.inprocess import InProcessChannel

SELECT_02 = bytes.fromhex("00A4020C020002")
READ = bytes.fromhex("00B0000000")
KEY = bytes.fromhex("2B7E151628AED2A6ABF7158809CF4F3C")


class Listener:
    """What passes below."""

    def __init__(self, channel: InProcessChannel) -> None:
        self.channel = channel
        self.heard: list[bytes] = []

    def transmit(self, raw: bytes) -> bytes:
        answer = self.channel.transmit(raw)
        self.heard += [raw, answer]
        return answer

    def reset(self) -> bytes:
        return self.channel.reset()


@pytest.fixture
def make_listener(whole_order) -> Callable[..., Listener]:
    def make(**changes) -> Listener:
        image = personalise(replace(whole_order, **changes))
        return Listener(InProcessChannel(VirtualCard(MemoryStore(image), rng=random.Random(7).randbytes)))

    return make


@pytest.fixture
def listener(make_listener: Callable[..., Listener]) -> Listener:
    return make_listener()


@pytest.fixture
def plain(listener: Listener) -> RecordSession:
    """The text application with its PIN verified."""
    session = RecordSession.open(listener, TEXT)
    session.verify_pin(RecordPin.TEXT, "4321")
    return session


@pytest.fixture
def secured(plain: RecordSession) -> RecordSession:
    return plain.secured(rng=random.Random(9).randbytes)


def test_records_are_the_same_and_nobody_hears_them(
    plain: RecordSession, secured: RecordSession, listener: Listener
) -> None:
    fids = (text.MY_NUMBER, text.ATTRIBUTES, text.INTEGRITY_RECORD, text.BASIC_INFORMATION)
    in_clear = [plain.read(fid) for fid in fids]
    listener.heard.clear()
    assert [secured.read(fid) for fid in fids] == in_clear
    assert {raw[0] for raw in listener.heard[::2]} == {0x08}
    assert [part for part in in_clear if part[4:20] in b"".join(listener.heard)] == []


def test_reference_numbers_are_verified_by_cryptogram(secured: RecordSession, listener: Listener) -> None:
    listener.heard.clear()
    secured.verify_pin(RecordPin.REFERENCE_B, "55021720352285")
    with pytest.raises(WrongPinError) as caught:
        secured.verify_pin(RecordPin.REFERENCE_B, "00000000000000")
    assert (caught.value.tries_left, b"5502172" in b"".join(listener.heard)) == (9, False)
    assert secured.read(text.MY_NUMBER)  # a refusal by the application leaves the session


def test_pin_comes_first(listener: Listener) -> None:
    session = RecordSession.open(listener, TEXT)
    session.verify_pin(RecordPin.REFERENCE_A, "537686677188")  # opens EF 0006, not the agreement
    with pytest.raises(PinRequiredError) as caught:
        session.secured(rng=random.Random(9).randbytes)
    assert caught.value.kind is RecordPin.TEXT


def test_another_application_has_no_key(listener: Listener, plain: RecordSession) -> None:
    key_file = plain.read(text.SESSION_PUBLIC_KEY)
    RecordSession.open(listener, FACE)
    with pytest.raises(SecureSessionError) as caught:
        SecureChannel.open(listener, key_file, rng=random.Random(9).randbytes)
    assert (str(caught.value.sw), "券面事項入力補助AP" in caught.value.hint) == ("66F1", True)


def test_card_without_extended_lengths_says_so(make_listener: Callable[..., Listener]) -> None:
    session = RecordSession.open(make_listener(profile="C3"), TEXT)
    session.verify_pin(RecordPin.TEXT, "4321")
    with pytest.raises(SecureSessionError, match="6700") as caught:
        session.secured(rng=random.Random(9).randbytes)
    assert "extended" in caught.value.hint


@pytest.mark.parametrize("raw", [b"", bytes(269), bytes.fromhex("A1820109") + bytes(265)])
def test_what_is_no_key_file_is_refused(listener: Listener, raw: bytes) -> None:
    with pytest.raises(MalformedAnswerError, match="EF 0006"):
        SecureChannel.open(listener, raw, rng=random.Random(9).randbytes)


@pytest.mark.parametrize("end", ["select", "reset", "tamper"])
def test_ended_session_sends_nothing_in_clear(secured: RecordSession, listener: Listener, end: str) -> None:
    channel = secured._channel
    assert isinstance(channel, SecureChannel)
    if end == "select":
        RecordSession.open(channel, TEXT)
    elif end == "reset":
        channel.reset()
    else:
        listener.channel.transmit(bytes.fromhex("08B0000000"))  # somebody else's: the card's session is over
        with pytest.raises(SecureSessionError, match="6882"):
            secured.read(text.MY_NUMBER)
    listener.heard.clear()
    with pytest.raises(SecureSessionError, match="not sent in clear"):
        secured.verify_pin(RecordPin.TEXT, "4321")
    assert listener.heard == []


def test_other_commands_pass(secured: RecordSession, listener: Listener) -> None:
    channel, challenge = secured._channel, bytes.fromhex("0084000008")
    assert len(channel.transmit(challenge)) == 10
    assert channel.transmit(b"\x00") == b"\x67\x00"
    assert listener.heard[-4] == challenge


# --- by hand: vectors by `openssl enc -aes-128-ecb` of N under KEY, cryptograms by `-aes-128-cbc` under these


class Script:
    """Answers in order and keeps what was asked."""

    def __init__(self, *answers: str) -> None:
        self.answers = iter(answers)
        self.asked: list[str] = []

    def transmit(self, raw: bytes) -> bytes:
        self.asked.append(raw.hex().upper())
        return bytes.fromhex(next(self.answers))

    def reset(self) -> bytes:
        return b"\x3b\x00"


SELECT_SECURED = "08A4020C1386110107BB15235F729DAFACFFD9615A8C9BFC"
READ_SECURED = "08B0000000000596030001000000"
ANSWER = "86110190DA938F15160DAAD843312448DAB7E19000"
NOT_PADDED = "861101503EE8C31C663F03B2044114604870029000"


def test_golden_session() -> None:
    script = Script("9000", ANSWER)
    channel = SecureChannel(script, KEY)
    assert [channel.transmit(raw).hex().upper() for raw in (SELECT_02, READ)] == ["9000", "0123456789AB9000"]
    assert script.asked == [SELECT_SECURED, READ_SECURED]


@pytest.mark.parametrize(
    ("ne", "wanted"), [("07", "9603000007"), ("00", "9603000100"), ("000000", "9603000000"), ("", "9603000000")]
)
def test_length_wanted(ne: str, wanted: str) -> None:
    script = Script("6982")
    SecureChannel(script, KEY).transmit(bytes.fromhex("00B00000" + ne))
    assert script.asked == ["08B00000000005" + wanted + "0000"]


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        ("01023490 00", "no object"),
        ("8204AABBCCDD9000", "in clear"),
        ("861100" + "00" * 16 + "9000", "in clear"),
        ("8601019000", "no whole blocks"),
        ("861001" + "00" * 15 + "9000", "no whole blocks"),
        (NOT_PADDED, "padded"),
        (ANSWER[:-4] + "AA9000", "no object"),
        ("9000", "no object"),
        ("90", "response"),
    ],
    ids=["no-object", "clear", "indicator", "empty", "no-block", "not-padded", "more-behind", "nothing", "short"],
)
def test_answer_that_is_no_cryptogram_is_refused_and_ends_the_session(answer: str, complaint: str) -> None:
    channel = SecureChannel(Script("9000", answer), KEY)
    channel.transmit(SELECT_02)
    with pytest.raises(MalformedAnswerError, match=complaint):
        channel.transmit(READ)
    with pytest.raises(SecureSessionError, match="not sent in clear"):
        channel.transmit(READ)


def test_data_to_a_command_that_has_none_to_give_are_refused() -> None:
    with pytest.raises(MalformedAnswerError, match="in clear"):
        SecureChannel(Script("8201AA9000"), KEY).transmit(SELECT_02)


@pytest.mark.parametrize("sw", ["6987", "6988", "69FC", "6882"])
def test_status_that_ends_the_session(sw: str) -> None:
    channel = SecureChannel(Script(sw), KEY)
    with pytest.raises(SecureSessionError, match=sw) as caught:
        channel.transmit(SELECT_02)
    assert str(caught.value.sw) == sw
    with pytest.raises(SecureSessionError, match="not sent in clear"):
        channel.transmit(SELECT_02)


def test_lost_answer_ends_the_session() -> None:
    class Lossy(Script):
        def transmit(self, raw: bytes) -> bytes:
            raise TimeoutError

    channel = SecureChannel(Lossy(), KEY)
    with pytest.raises(TimeoutError):
        channel.transmit(SELECT_02)
    with pytest.raises(SecureSessionError, match="not sent in clear"):
        channel.transmit(SELECT_02)


def test_key_is_in_no_representation() -> None:
    assert KEY.hex() not in repr(SecureChannel(Script(), KEY)).lower()
