"""The same session on the lab's own card, in process and behind the PIN guard: client, card and verifier together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from hashlib import shake_128

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from cardsim.card import VirtualCard
from cardsim.personalise import CardOrder, KeyAndCertificate, personalise
from cardsim.profiles import DEFAULT_PROFILE
from cardsim.store import MemoryStore
from jpki.ca.authority import Authority
from jpki.ca.crl import build_crl
from jpki.client.errors import PinBlockedError, PinRequiredError, WrongPinError
from jpki.client.session import CardSession
from jpki.kinds import CaKind
from jpki.rp.challenges import MemoryChallengeStore
from jpki.rp.login import LoginCeremony, answer
from jpki.verify.policy import LOG_IN, Policy
from jpki.verify.revocation import CrlRevocationCheck
from jpki.verify.trust import TrustAnchor, TrustStore
from readers.errors import PinGuardError
from readers.guard import PinGuard
from readers.inprocess import InProcessChannel

NOW = datetime(2026, 5, 1, 3, 0, tzinfo=UTC)
AUTH, SIGN = CaKind.AUTH, CaKind.SIGN
PINS = {AUTH: "1234", SIGN: "ABC123"}


def random_bytes(count: int) -> bytes:
    return shake_128(b"a card").digest(count)


@pytest.fixture
def make_channel(
    issue: Callable[..., bytes], keys: list[RSAPrivateKey], authorities: Mapping[CaKind, Authority]
) -> Callable[..., InProcessChannel]:
    """A fresh card in an in-process reader; a child's card has no signature certificate."""

    def part(kind: CaKind) -> KeyAndCertificate:
        key = keys[4 + (kind is AUTH)]
        raw = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return KeyAndCertificate(private_key=raw, certificate=issue(kind))

    def make(*, is_childs: bool = False) -> InProcessChannel:
        order = CardOrder(
            serial="000000000000001",
            profile=DEFAULT_PROFILE,
            municipality_code="99201",
            card_expiry=date(2036, 4, 15),
            sign=None if is_childs else part(SIGN),
            auth=part(AUTH),
            sign_ca=authorities[SIGN].certificate_der,
            auth_ca=authorities[AUTH].certificate_der,
            sign_pin=PINS[SIGN],
            auth_pin=PINS[AUTH],
        )
        return InProcessChannel(VirtualCard(MemoryStore(personalise(order)), rng=random_bytes))

    return make


@pytest.mark.parametrize("kind", CaKind, ids=lambda kind: kind.value)
def test_certificates_come_out_as_they_went_in(
    make_channel: Callable[..., InProcessChannel],
    issue: Callable[..., bytes],
    authorities: Mapping[CaKind, Authority],
    kind: CaKind,
) -> None:
    session = CardSession.open(make_channel())
    assert session.certificates_available() == {AUTH, SIGN}
    assert session.read_ca_certificate(kind) == authorities[kind].certificate_der
    session.verify_pin(kind, PINS[kind])
    assert session.read_certificate(kind) == issue(kind)


def test_a_childs_card_has_no_signature_certificate(make_channel: Callable[..., InProcessChannel]) -> None:
    session = CardSession.open(make_channel(is_childs=True))
    assert session.certificates_available() == {AUTH}
    with pytest.raises(PinRequiredError):  # the file is closed, not absent: availability is what tells
        session.read_certificate(SIGN)


def test_token_information_has_its_label(make_channel: Callable[..., InProcessChannel]) -> None:
    assert CardSession.open(make_channel()).token_information().label == "JPKIAPICCTOKEN2"


def test_wrong_pins_count_down_and_block(make_channel: Callable[..., InProcessChannel]) -> None:
    session = CardSession.open(make_channel())
    left = []
    for _ in range(2):
        with pytest.raises(WrongPinError) as wrong:
            session.verify_pin(AUTH, "0000")
        left.append(wrong.value.tries_left)
    with pytest.raises(PinBlockedError):
        session.verify_pin(AUTH, "0000")
    with pytest.raises(PinBlockedError):
        session.verify_pin(AUTH, PINS[AUTH])
    assert left == [2, 1]
    assert session.tries_left(AUTH) == 0


def test_signing_needs_the_pin(make_channel: Callable[..., InProcessChannel]) -> None:
    with pytest.raises(PinRequiredError):
        CardSession.open(make_channel()).sign(AUTH, b"message")


def test_a_challenge_is_random(make_channel: Callable[..., InProcessChannel]) -> None:
    assert len(CardSession.open(make_channel()).challenge(16)) == 16


def test_behind_the_guard_no_try_is_lost(make_channel: Callable[..., InProcessChannel]) -> None:
    session = CardSession.open(PinGuard(make_channel()))
    with pytest.raises(PinGuardError):
        session.verify_pin(AUTH, "0000")
    assert session.tries_left(AUTH) == 3
    assert session.read_certificate(AUTH)


def test_behind_the_guard_the_last_try_is_never_spent(make_channel: Callable[..., InProcessChannel]) -> None:
    session = CardSession.open(PinGuard(make_channel(), budget=9))
    for _ in range(2):
        with pytest.raises(WrongPinError):
            session.verify_pin(AUTH, "0000")
    with pytest.raises(PinGuardError) as caught:
        session.verify_pin(AUTH, "0000")
    assert caught.value.tries_left == 1
    assert session.tries_left(AUTH) == 1


def test_a_log_in_with_the_card(
    make_channel: Callable[..., InProcessChannel], authorities: Mapping[CaKind, Authority]
) -> None:
    authority = authorities[AUTH]
    crl = build_crl(
        authority, entries=(), number=1, this_update=NOW - timedelta(hours=1), next_update=NOW + timedelta(days=1)
    )
    ceremony = LoginCeremony(
        "https://rp.example",
        trust=TrustStore([TrustAnchor.load(AUTH, authority.hierarchy, authority.certificate_der)]),
        policy=Policy(purpose=LOG_IN, revocation=CrlRevocationCheck([crl])),
        challenges=MemoryChallengeStore(),
    )
    challenge, pending = ceremony.begin(NOW, random_bytes)
    session = CardSession.open(make_channel())
    response = answer(challenge, session, pin=PINS[AUTH], origin="https://rp.example", now=NOW)
    assert ceremony.complete(pending, response, NOW).verdict.codes == ()
