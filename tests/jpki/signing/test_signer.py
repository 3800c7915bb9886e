"""Signing with a card: one PIN entry, the digest alone goes to the card, the PIN stays nowhere."""

from __future__ import annotations

from typing import Any

import pytest

from apdu.command import Command
from jpki.client.errors import WrongPinError
from jpki.client.session import CardSession
from jpki.kinds import CaKind
from jpki.signing.cms import sign_cms
from jpki.signing.signer import CardSigner
from readers.inprocess import InProcessChannel
from tests.interop.pki import NOW, SIGN_PIN, Pki, make_pki

VERIFY, SIGN = 0x20, 0x2A


class Watched:
    """A channel that remembers what was sent."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.sent: list[Command] = []

    def transmit(self, raw: bytes) -> bytes:
        self.sent.append(Command.decode(raw))
        answer: bytes = self._inner.transmit(raw)
        return answer

    def reset(self) -> bytes:
        atr: bytes = self._inner.reset()
        return atr

    def count(self, ins: int) -> int:
        """How often this instruction was sent with data."""
        return sum(one.ins == ins and bool(one.data) for one in self.sent)


@pytest.fixture(scope="module")
def pki() -> Pki:
    return make_pki()


@pytest.fixture
def channel(pki: Pki) -> Any:
    with InProcessChannel(pki.card()) as inner:
        yield Watched(inner)


def test_three_documents_take_one_pin_entry(channel: Watched) -> None:
    signer = CardSigner.open(CardSession.open(channel), SIGN_PIN)
    for text in (b"a", b"b", b"c"):
        sign_cms(text, signer, signing_time=NOW)
    assert (channel.count(VERIFY), channel.count(SIGN)) == (1, 3)


def test_the_card_is_sent_the_digest_and_nothing_of_the_document(channel: Watched) -> None:
    signer = CardSigner.open(CardSession.open(channel), SIGN_PIN)
    document = b"nobody else's business " * 9
    sign_cms(document, signer, signing_time=NOW)
    assert max(len(one.data) for one in channel.sent) <= 51  # DigestInfo of SHA-256, RFC 8017 clause 9.2 note 1
    assert not any(document[:16] in one.data for one in channel.sent)


def test_certificate_and_chain_are_those_of_the_card(channel: Watched, pki: Pki) -> None:
    signer = CardSigner.open(CardSession.open(channel), SIGN_PIN)
    assert signer.certificate == pki.people[0].certificates[CaKind.SIGN]
    assert signer.chain == (pki.authorities[CaKind.SIGN].certificate_der,)


def test_wrong_pin_signs_nothing(channel: Watched) -> None:
    with pytest.raises(WrongPinError):
        CardSigner.open(CardSession.open(channel), "WRONG99")
    assert channel.count(SIGN) == 0


def test_the_pin_is_not_kept(channel: Watched) -> None:
    signer = CardSigner.open(CardSession.open(channel), SIGN_PIN)
    kept = repr(vars(signer)) + repr(vars(vars(signer)["_session"]))
    assert SIGN_PIN not in kept
