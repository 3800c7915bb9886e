"""A session against a scripted card: the commands it sends, and what it makes of the answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256, sha384

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from apdu.layout.token_information import TokenInformation
from jpki.client.cards import DIGEST_INFO_SHA256, NEXT
from jpki.client.errors import (
    CardClientError,
    MalformedAnswerError,
    NoCertificateError,
    NotJpkiCardError,
    PinBlockedError,
    PinFormatError,
    PinRequiredError,
    UnexpectedStatusError,
    WrongPinError,
)
from jpki.client.session import CardSession
from jpki.kinds import CaKind

SELECT_JPKI = bytes.fromhex("00A4040C0AD392F000260100000001")
SELECT_NEXT = bytes.fromhex("00A4040C09F04D594E414C414201")
CERTIFICATE = bytes.fromhex("3082061F") + bytes(range(256)) * 6 + bytes(31)
SIGNATURE = bytes(range(256))
OK = bytes.fromhex("9000")


@dataclass
class ScriptedCard:
    """A channel over files in a dict. ``fixed`` answers one command as told, before anything else."""

    files: dict[int, bytes] = field(default_factory=dict)
    fixed: dict[bytes, bytes] = field(default_factory=dict)
    longest: int = 256
    past_end: bytes = bytes.fromhex("6B00")
    sent: list[bytes] = field(default_factory=list)
    current: int = 0

    def reset(self) -> bytes:
        return bytes.fromhex("3B00")

    def transmit(self, raw: bytes) -> bytes:
        self.sent.append(raw)
        if raw in self.fixed:
            return self.fixed[raw]
        match raw[1]:
            case 0xA4 if raw[2] == 0x02:
                self.current = int.from_bytes(raw[5:7])
                return OK if self.current in self.files else bytes.fromhex("6A82")
            case 0xB0:
                return self.read(raw[2] << 8 | raw[3], raw[4] or 256)
            case 0x2A:
                return SIGNATURE + OK
        return OK

    def read(self, offset: int, ne: int) -> bytes:
        part = self.files[self.current][offset : offset + min(ne, self.longest)]
        return part + OK if part else self.past_end


def card(**options: object) -> ScriptedCard:
    files = dict.fromkeys((0x17, 0x18, 0x1A, 0x1B), b"") | {0x0A: CERTIFICATE, 0x01: CERTIFICATE}
    return ScriptedCard(files=files, **options)  # type: ignore[arg-type]


def select_file(fid: int) -> bytes:
    return bytes.fromhex("00A4020C02") + fid.to_bytes(2)


def test_opening_selects_the_application_as_every_published_client_does() -> None:
    scripted = card()
    CardSession.open(scripted)
    assert scripted.sent == [SELECT_JPKI]


@pytest.mark.parametrize("status", ["6A82", "6A81", "6985"])
def test_another_card_is_told_apart(status: str) -> None:
    """Whatever it says to the second question, which is for the next generation's application."""
    scripted = card(fixed={SELECT_JPKI: bytes.fromhex("6A82"), SELECT_NEXT: bytes.fromhex(status)})
    with pytest.raises(NotJpkiCardError) as caught:
        CardSession.open(scripted)
    assert caught.value.hint
    assert scripted.sent == [SELECT_JPKI, SELECT_NEXT]


def next_card(answer: bytes) -> ScriptedCard:
    digest = sha384(b"message").digest()
    return card(fixed={SELECT_JPKI: bytes.fromhex("6A82"), bytes.fromhex("802A028030") + digest + b"\x00": answer + OK})


def test_the_next_generation_is_found_and_signs_with_ecdsa() -> None:
    """Our design: r and s of 48 bytes come, an ECDSA-Sig-Value goes on."""
    r, s = 2**383 + 1, 7
    session = CardSession.open(next_card(r.to_bytes(48) + s.to_bytes(48)))
    assert decode_dss_signature(session.sign(CaKind.AUTH, b"message")) == (r, s)


@pytest.mark.parametrize("size", [0, 95, 97, 256])
def test_a_signature_of_the_next_generation_of_another_length_is_malformed(size: int) -> None:
    session = CardSession.open(next_card(bytes(size)))
    with pytest.raises(MalformedAnswerError, match=f"a signature has 96 bytes, the card gave {size}"):
        session.sign(CaKind.AUTH, b"message")


def test_the_next_generation_signs_no_hash_of_today() -> None:
    with pytest.raises(ValueError, match="a SHA-384 digest has 48 bytes, not 32"):
        CardSession(card(), NEXT).sign_digest(CaKind.AUTH, bytes(32))


def test_a_certificate_is_read_header_first_and_then_exactly_the_rest() -> None:
    scripted = card()
    assert CardSession(scripted).read_certificate(CaKind.AUTH) == CERTIFICATE
    reads = [raw.hex() for raw in scripted.sent[1:]]
    assert scripted.sent[0] == select_file(0x0A)
    assert reads == [
        *("00b0000004", "00b0000400", "00b0010400", "00b0020400", "00b0030400", "00b0040400", "00b0050400"),
        "00b006041f",
    ]


@pytest.mark.parametrize("filler", [b"\xff" * 500, b"\x00" * 500, b""], ids=["FF", "00", "none"])
def test_filler_behind_a_certificate_is_not_read(filler: bytes) -> None:
    scripted = card()
    scripted.files[0x0A] += filler
    assert CardSession(scripted).read_certificate(CaKind.AUTH) == CERTIFICATE


@pytest.mark.parametrize("longest", [1, 4, 100, 128, 255])
def test_short_answers_are_put_together(longest: int) -> None:
    assert CardSession(card(longest=longest)).read_certificate(CaKind.AUTH) == CERTIFICATE


def test_a_warning_at_the_end_of_the_file_still_carries_data() -> None:
    scripted = card(fixed={bytes.fromhex("00B006041F"): CERTIFICATE[0x604:] + bytes.fromhex("6282")})
    assert CardSession(scripted).read_certificate(CaKind.AUTH) == CERTIFICATE


@pytest.mark.parametrize("past_end", ["6B00", "9000", "6282"])
def test_a_file_that_ends_before_its_certificate_is_malformed(past_end: str) -> None:
    scripted = card(past_end=bytes.fromhex(past_end))
    scripted.files[0x0A] = CERTIFICATE[:1000]
    with pytest.raises(MalformedAnswerError, match="ends at byte 1000"):
        CardSession(scripted).read_certificate(CaKind.AUTH)


def test_more_bytes_than_asked_for_are_malformed() -> None:
    scripted = card(fixed={bytes.fromhex("00B0000004"): CERTIFICATE[:5] + OK})
    with pytest.raises(MalformedAnswerError, match="asked for 4 bytes"):
        CardSession(scripted).read_certificate(CaKind.AUTH)


def test_a_length_that_is_no_length_is_malformed() -> None:
    scripted = card()
    scripted.files[0x0A] = bytes.fromhex("308001020304")
    with pytest.raises(MalformedAnswerError, match="length cannot be read"):
        CardSession(scripted).read_certificate(CaKind.AUTH)


def test_a_file_longer_than_read_binary_reaches_is_malformed() -> None:
    scripted = card()
    scripted.files[0x0A] = bytes.fromhex("3082FFFF") + bytes(0x8100)
    with pytest.raises(MalformedAnswerError, match="32767"):
        CardSession(scripted).read_certificate(CaKind.AUTH)


@pytest.mark.parametrize("content", [b"", b"\xff" * 64, b"\x00" * 64], ids=["empty", "FF", "00"])
def test_a_file_without_a_certificate_says_so(content: bytes) -> None:
    scripted = card()
    scripted.files[0x01] = content
    with pytest.raises(NoCertificateError) as caught:
        CardSession(scripted).read_certificate(CaKind.SIGN)
    assert caught.value.kind is CaKind.SIGN


def test_an_absent_certificate_file_says_so() -> None:
    scripted = card()
    del scripted.files[0x01]
    with pytest.raises(NoCertificateError):
        CardSession(scripted).read_certificate(CaKind.SIGN)


def test_the_signature_certificate_asks_for_its_password() -> None:
    scripted = card(fixed={bytes.fromhex("00B0000004"): bytes.fromhex("6982")})
    with pytest.raises(PinRequiredError) as caught:
        CardSession(scripted).read_certificate(CaKind.SIGN)
    assert caught.value.kind is CaKind.SIGN


@pytest.mark.parametrize(("kind", "fid"), [(CaKind.AUTH, 0x0B), (CaKind.SIGN, 0x02)], ids=lambda value: str(value))
def test_ca_certificates_have_their_own_files(kind: CaKind, fid: int) -> None:
    scripted = card()
    scripted.files[fid] = CERTIFICATE
    assert CardSession(scripted).read_ca_certificate(kind) == CERTIFICATE
    assert scripted.sent[0] == select_file(fid)


def test_token_information_is_read() -> None:
    information = TokenInformation(serial_number="0000000020500003")
    scripted = card()
    scripted.files[0x06] = information.encode()
    assert CardSession(scripted).token_information() == information


def test_token_information_of_another_shape_is_malformed() -> None:
    scripted = card()
    scripted.files[0x06] = b"\xff" * 160
    with pytest.raises(MalformedAnswerError, match="token information"):
        CardSession(scripted).token_information()


@pytest.mark.parametrize(
    ("raw", "kinds"),
    [
        ("8F8F00", {CaKind.SIGN, CaKind.AUTH}),
        ("008F00", {CaKind.AUTH}),
        ("8F0000", {CaKind.SIGN}),
        ("000000", set()),
    ],
)
def test_the_availability_file_names_the_certificates(raw: str, kinds: set[CaKind]) -> None:
    scripted = card()
    scripted.files[0x08] = bytes.fromhex(raw)
    assert CardSession(scripted).certificates_available() == kinds


def test_an_availability_file_with_other_flags_is_malformed() -> None:
    scripted = card()
    scripted.files[0x08] = bytes.fromhex("018F00")
    with pytest.raises(MalformedAnswerError, match="availability"):
        CardSession(scripted).certificates_available()


@pytest.mark.parametrize(
    ("answer", "tries"),
    [("63C3", 3), ("63C1", 1), ("63C0", 0), ("6984", 0), ("6983", 0), ("9000", 3)],
    ids=["three", "one", "none", "blocked-6984", "blocked-6983", "verified"],
)
def test_tries_left_are_asked_without_spending_one(answer: str, tries: int) -> None:
    scripted = card(fixed={bytes.fromhex("00200080"): bytes.fromhex(answer)})
    assert CardSession(scripted).tries_left(CaKind.AUTH) == tries
    assert scripted.sent == [select_file(0x18), bytes.fromhex("00200080")]


def test_a_card_that_does_not_tell_its_tries_is_an_unexpected_status() -> None:
    scripted = card(fixed={bytes.fromhex("00200080"): bytes.fromhex("6700")})
    with pytest.raises(UnexpectedStatusError) as caught:
        CardSession(scripted).tries_left(CaKind.AUTH)
    assert caught.value.sw.value == 0x6700


@pytest.mark.parametrize(
    ("kind", "pin", "commands"),
    [
        (CaKind.AUTH, "1234", ["00A4020C020018", "002000800431323334"]),
        (CaKind.SIGN, "ABC123", ["00A4020C02001B", "0020008006414243313233"]),
        (CaKind.SIGN, "abc123", ["00A4020C02001B", "0020008006414243313233"]),
        (CaKind.SIGN, "A" * 16, ["00A4020C02001B", "0020008010" + "41" * 16]),
    ],
    ids=["auth", "sign", "sign-lower-case", "sign-longest"],
)
def test_a_pin_is_sent_unpadded(kind: CaKind, pin: str, commands: list[str]) -> None:
    scripted = card()
    CardSession(scripted).verify_pin(kind, pin)
    assert [raw.hex().upper() for raw in scripted.sent] == commands


@pytest.mark.parametrize(
    ("kind", "pin"),
    [
        (CaKind.AUTH, ""),
        (CaKind.AUTH, "123"),
        (CaKind.AUTH, "12345"),
        (CaKind.AUTH, "12a4"),
        (CaKind.AUTH, "１２３４"),
        (CaKind.SIGN, "ABC12"),
        (CaKind.SIGN, "A" * 17),
        (CaKind.SIGN, "ABC 123"),
        (CaKind.SIGN, "ABCDEß"),
        (CaKind.SIGN, "ABCDEı"),
    ],
    ids=ascii,
)
def test_what_cannot_be_the_pin_is_not_sent_and_not_shown(kind: CaKind, pin: str) -> None:
    scripted = card()
    with pytest.raises(PinFormatError) as caught:
        CardSession(scripted).verify_pin(kind, pin)
    assert scripted.sent == []
    assert not pin or pin not in str(caught.value)


def verify_auth(session: CardSession) -> None:
    session.verify_pin(CaKind.AUTH, "1234")


def sign_auth(session: CardSession) -> None:
    session.sign(CaKind.AUTH, b"message")


VERIFY_COMMAND = bytes.fromhex("002000800431323334")
SIGN_COMMAND = bytes.fromhex("802A008033") + DIGEST_INFO_SHA256 + sha256(b"message").digest() + b"\x00"

STATUSES: list[tuple[Callable[[CardSession], None], bytes, str, type[CardClientError]]] = [
    (verify_auth, VERIFY_COMMAND, "63C2", WrongPinError),
    (verify_auth, VERIFY_COMMAND, "63C1", WrongPinError),
    (verify_auth, VERIFY_COMMAND, "6300", WrongPinError),
    (verify_auth, VERIFY_COMMAND, "63C0", PinBlockedError),
    (verify_auth, VERIFY_COMMAND, "6984", PinBlockedError),
    (verify_auth, VERIFY_COMMAND, "6983", PinBlockedError),
    (verify_auth, VERIFY_COMMAND, "6700", UnexpectedStatusError),
    (verify_auth, VERIFY_COMMAND, "6F00", UnexpectedStatusError),
    (sign_auth, SIGN_COMMAND, "6982", PinRequiredError),
    (sign_auth, SIGN_COMMAND, "6985", UnexpectedStatusError),
    (sign_auth, SIGN_COMMAND, "6100", UnexpectedStatusError),
]


@pytest.mark.parametrize(
    ("act", "command", "status", "kind"), STATUSES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_status_has_one_meaning(
    act: Callable[[CardSession], None], command: bytes, status: str, kind: type[CardClientError]
) -> None:
    with pytest.raises(CardClientError) as caught:
        act(CardSession(card(fixed={command: bytes.fromhex(status)})))
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    ("status", "left", "words"),
    [("63C2", 2, "; 2 tries left"), ("63C1", 1, "; 1 try left"), ("6300", None, " is wrong")],
)
def test_a_wrong_pin_says_what_is_left(status: str, left: int | None, words: str) -> None:
    with pytest.raises(WrongPinError) as caught:
        verify_auth(CardSession(card(fixed={VERIFY_COMMAND: bytes.fromhex(status)})))
    assert (caught.value.tries_left, str(caught.value).endswith(words)) == (left, True)


def test_no_error_shows_the_pin() -> None:
    with pytest.raises(WrongPinError) as caught:
        verify_auth(CardSession(card(fixed={VERIFY_COMMAND: bytes.fromhex("63C2")})))
    assert "1234" not in repr(caught.value) + caught.value.hint
    assert "31323334" not in repr(caught.value)


@pytest.mark.parametrize(("kind", "fid"), [(CaKind.AUTH, 0x17), (CaKind.SIGN, 0x1A)], ids=["auth", "sign"])
def test_signing_sends_a_digest_info_to_the_key(kind: CaKind, fid: int) -> None:
    scripted = card()
    assert CardSession(scripted).sign(kind, b"message") == SIGNATURE
    assert scripted.sent == [select_file(fid), SIGN_COMMAND]


def test_a_signature_of_another_size_is_malformed() -> None:
    with pytest.raises(MalformedAnswerError, match="256 bytes"):
        sign_auth(CardSession(card(fixed={SIGN_COMMAND: b"short" + OK})))


def test_a_digest_of_another_size_is_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        CardSession(card()).sign_digest(CaKind.AUTH, b"too short")


@pytest.mark.parametrize("block", [bytes(32), DIGEST_INFO_SHA256 + bytes(32)], ids=["bare-hash", "digest-info"])
def test_what_is_signed_as_given_is_sent_as_it_is(block: bytes) -> None:
    command = bytes((0x80, 0x2A, 0x00, 0x80, len(block))) + block + b"\x00"
    scripted = card(fixed={command: bytes(range(256)) + OK})
    assert CardSession(scripted).sign_as_given(CaKind.SIGN, block) == bytes(range(256))


def test_the_next_generation_signs_nothing_as_given() -> None:
    with pytest.raises(ValueError, match="only keys of RSA"):
        CardSession(card(), NEXT).sign_as_given(CaKind.SIGN, bytes(32))


def test_a_challenge_is_what_the_card_makes() -> None:
    scripted = card(fixed={bytes.fromhex("0084000008"): bytes(8) + OK})
    assert CardSession(scripted).challenge() == bytes(8)


def test_a_challenge_of_another_size_is_malformed() -> None:
    with pytest.raises(MalformedAnswerError, match="asked for 16"):
        CardSession(card()).challenge(16)


@pytest.mark.parametrize("answer", ["", "90"], ids=["0-bytes", "1-byte"])
def test_an_answer_without_a_status_is_malformed(answer: str) -> None:
    with pytest.raises(MalformedAnswerError):
        CardSession.open(card(fixed={SELECT_JPKI: bytes.fromhex(answer)}))
