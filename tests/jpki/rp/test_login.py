"""The log-in ceremony: what is accepted, and one refusal for each way to cheat."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest

from apdu.ports import RandomBytes
from jpki.ca.crl import CrlEntry
from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.rp import contract
from jpki.rp.ceremony import SignedResponse
from jpki.rp.challenges import MemoryChallengeStore
from jpki.rp.errors import ChallengeError, OriginError
from jpki.rp.login import LoginResult, answer
from jpki.verify.catalogue import CATALOGUE, Step
from jpki.verify.errors import PolicyError
from jpki.verify.policy import DOCUMENT_SIGNATURE, Policy

NOW = datetime(2026, 5, 1, 3, 0, tzinfo=UTC)
LATER = NOW + timedelta(seconds=30)
ORIGIN = "https://rp.example"
Case = Callable[[Any, Any, RandomBytes], LoginResult]


def sign_in(rp: Any, card: Any, rng: RandomBytes, *, origin: str = ORIGIN, now: datetime = LATER) -> LoginResult:
    ceremony = rp.login()
    challenge, pending = ceremony.begin(NOW, rng)
    result: LoginResult = ceremony.complete(pending, answer(challenge, card, pin="1234", origin=origin, now=NOW), now)
    return result


def test_the_holder_logs_in(rp: Any, card: Any, rng: RandomBytes) -> None:
    result = sign_in(rp, card, rng)
    assert result.ok
    assert result.verdict.codes == ()
    assert result.subject is not None
    assert result.subject.serial == 7
    assert result.subject.issuer_key_id == rp.authorities[CaKind.AUTH].key_id


def test_the_same_card_has_the_same_binding_each_time(rp: Any, card: Any, rng: RandomBytes) -> None:
    assert sign_in(rp, card, rng).subject == sign_in(rp, card, rng).subject


def test_the_client_verifies_the_pin_first_and_signs_last(rp: Any, card: Any, rng: RandomBytes) -> None:
    sign_in(rp, card, rng)
    assert card.asked == [("verify", CaKind.AUTH), ("read", CaKind.AUTH), ("sign", CaKind.AUTH)]


def never_given_out(rp: Any, card: Any, rng: RandomBytes) -> LoginResult:
    challenge, pending = rp.login(challenges=MemoryChallengeStore()).begin(NOW, rng)
    return rp.login().complete(pending, answer(challenge, card, pin="1234", origin=ORIGIN, now=NOW), LATER)


def expiry_moved_by_the_client(rp: Any, card: Any, rng: RandomBytes) -> LoginResult:
    ceremony = rp.login()
    challenge, pending = ceremony.begin(NOW, rng)
    until = NOW + timedelta(days=1)
    longer = replace(pending, statement=replace(pending.statement, expires_at=until))
    response = answer(replace(challenge, expires_at=until), card, pin="1234", origin=ORIGIN, now=NOW)
    return ceremony.complete(longer, response, NOW + timedelta(hours=1))


def replayed(rp: Any, card: Any, rng: RandomBytes) -> LoginResult:
    ceremony = rp.login()
    challenge, pending = ceremony.begin(NOW, rng)
    response = answer(challenge, card, pin="1234", origin=ORIGIN, now=NOW)
    assert ceremony.complete(pending, response, LATER).ok
    return ceremony.complete(pending, response, LATER)


def second_try_after_a_failure(rp: Any, card: Any, rng: RandomBytes) -> LoginResult:
    ceremony = rp.login()
    challenge, pending = ceremony.begin(NOW, rng)
    response = answer(challenge, card, pin="1234", origin=ORIGIN, now=NOW)
    assert not ceremony.complete(pending, replace(response, signature=bytes(256)), LATER).ok
    return ceremony.complete(pending, response, LATER)


def too_slow(rp: Any, card: Any, rng: RandomBytes) -> LoginResult:
    return sign_in(rp, card, rng, now=NOW + timedelta(minutes=5))


def so_slow_that_the_store_has_forgotten(rp: Any, card: Any, rng: RandomBytes) -> LoginResult:
    return sign_in(rp, card, rng, now=NOW + timedelta(hours=3))


def clock_set_back(rp: Any, card: Any, rng: RandomBytes) -> LoginResult:
    return sign_in(rp, card, rng, now=NOW - timedelta(seconds=1))


def contract_challenge_in_a_log_in(rp: Any, card: Any, rng: RandomBytes) -> LoginResult:
    request, pending = rp.contract().begin("I agree.", NOW, rng)
    response = contract.answer(request, card, pin="ABC123", origin=ORIGIN, now=NOW)
    return rp.login().complete(pending, response, LATER)


def challenge_of_another_origin(rp: Any, card: Any, rng: RandomBytes) -> LoginResult:
    challenge, pending = rp.login("https://other.example").begin(NOW, rng)
    return rp.login().complete(pending, answer(challenge, card, pin="1234", origin=ORIGIN, now=NOW), LATER)


def client_at_another_origin(rp: Any, card: Any, rng: RandomBytes) -> LoginResult:
    """A phishing site relays the challenge; the client signs the origin that it sees."""
    return sign_in(rp, card, rng, origin="https://rp.example.evil.example")


def answer_to_another_challenge(rp: Any, card: Any, rng: RandomBytes) -> LoginResult:
    ceremony = rp.login()
    (other, _), (_, pending) = ceremony.begin(NOW, rng), ceremony.begin(NOW, rng)
    return ceremony.complete(pending, answer(other, card, pin="1234", origin=ORIGIN, now=NOW), LATER)


def contract_signature_as_a_log_in(rp: Any, card: Any, rng: RandomBytes) -> LoginResult:
    request, _ = rp.contract().begin("I agree.", NOW, rng)
    response = contract.answer(request, card, pin="ABC123", origin=ORIGIN, now=NOW)
    ceremony = rp.login()
    _, pending = ceremony.begin(NOW, rng)
    return ceremony.complete(pending, response, LATER)


def contract_text_signed_with_the_authentication_key(rp: Any, card: Any, rng: RandomBytes) -> LoginResult:
    """Same nonce, same origin, same key, another purpose: the label alone tells them apart."""
    ceremony = rp.login()
    challenge, pending = ceremony.begin(NOW, rng)
    request = contract.ContractRequest(
        challenge=replace(challenge, kind=contract.StatementKind.CONTRACT), text="I agree."
    )
    swapped = replace(card, keys=dict.fromkeys(CaKind, card.keys[CaKind.AUTH]))
    signature = contract.answer(request, swapped, pin="ABC123", origin=ORIGIN, now=NOW).signature
    response = SignedResponse(unverified_certificate=card.certificates[CaKind.AUTH], signature=signature)
    return ceremony.complete(pending, response, LATER)


def certificate_of_somebody_else(rp: Any, card: Any, rng: RandomBytes) -> LoginResult:
    ceremony = rp.login()
    challenge, pending = ceremony.begin(NOW, rng)
    thief = replace(card, keys={**card.keys, CaKind.AUTH: card.keys[CaKind.SIGN]})
    return ceremony.complete(pending, answer(challenge, thief, pin="1234", origin=ORIGIN, now=NOW), LATER)


def card_reported_lost(rp: Any, card: Any, rng: RandomBytes) -> LoginResult:
    assert sign_in(rp, card, rng).ok
    rp.publish(CrlEntry(serial=7, revoked_at=NOW - timedelta(hours=2), reason=RevocationReason.CERTIFICATE_HOLD))
    return sign_in(rp, card, rng)


def empty_policy(rp: Any, card: Any, rng: RandomBytes) -> LoginResult:
    ceremony = rp.login(policy=Policy())
    challenge, pending = ceremony.begin(NOW, rng)
    return ceremony.complete(pending, answer(challenge, card, pin="1234", origin=ORIGIN, now=NOW), LATER)


def nothing_sent(rp: Any, card: Any, rng: RandomBytes) -> LoginResult:
    ceremony = rp.login()
    _, pending = ceremony.begin(NOW, rng)
    return ceremony.complete(pending, SignedResponse(unverified_certificate=b"", signature=b""), LATER)


CASES: list[tuple[Case, list[str]]] = [
    (never_given_out, ["jpki.challenge.unknown"]),
    (expiry_moved_by_the_client, ["jpki.challenge.unknown"]),
    (replayed, ["jpki.challenge.used"]),
    (second_try_after_a_failure, ["jpki.challenge.used"]),
    (too_slow, ["jpki.challenge.expired"]),
    (so_slow_that_the_store_has_forgotten, ["jpki.challenge.expired"]),
    (clock_set_back, ["jpki.challenge.not-yet-valid"]),
    (contract_challenge_in_a_log_in, ["jpki.challenge.wrong-ceremony"]),
    (challenge_of_another_origin, ["jpki.challenge.wrong-ceremony"]),
    (client_at_another_origin, ["jpki.signature.invalid"]),
    (answer_to_another_challenge, ["jpki.signature.invalid"]),
    (contract_signature_as_a_log_in, ["jpki.purpose.wrong-ca"]),
    (contract_text_signed_with_the_authentication_key, ["jpki.signature.invalid"]),
    (certificate_of_somebody_else, ["jpki.signature.invalid"]),
    (card_reported_lost, ["jpki.revocation.revoked"]),
    (empty_policy, ["jpki.policy.empty"]),
    (nothing_sent, ["jpki.certificate.unreadable"]),
]


@pytest.mark.parametrize(("case", "codes"), CASES, ids=lambda value: value.__name__ if callable(value) else "")
def test_a_log_in_is_refused_for_exactly_its_reasons(
    rp: Any, card: Any, rng: RandomBytes, case: Case, codes: list[str]
) -> None:
    result = case(rp, card, rng)
    assert list(result.verdict.codes) == codes
    assert not result.ok
    assert result.subject is None


@pytest.mark.parametrize("code", [code for code, rule in CATALOGUE.items() if rule.step is Step.CHALLENGE])
def test_every_code_of_a_challenge_has_a_case(code: str) -> None:
    assert any(code in codes for _, codes in CASES)


def test_of_many_who_complete_at_once_exactly_one_wins(rp: Any, card: Any, rng: RandomBytes) -> None:
    ceremony = rp.login()
    challenge, pending = ceremony.begin(NOW, rng)
    response = answer(challenge, card, pin="1234", origin=ORIGIN, now=NOW)
    results: list[LoginResult] = []
    barrier = Barrier(16)

    def race() -> None:
        barrier.wait()
        results.append(ceremony.complete(pending, response, LATER))

    threads = [Thread(target=race) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    codes = sorted(result.verdict.codes for result in results)
    assert codes == [(), *[("jpki.challenge.used",)] * 15]


def test_a_challenge_carries_256_bits_and_no_origin(rp: Any, rng: RandomBytes) -> None:
    challenge, pending = rp.login(relying_party_name="Example").begin(NOW, rng)
    assert len(challenge.nonce) == 32
    assert challenge.expires_at == NOW + timedelta(minutes=5)
    assert challenge.relying_party_name == "Example"
    assert ORIGIN not in repr(challenge)
    assert pending.nonce == challenge.nonce


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_a_client_refuses_a_nonce_of_another_size(rp: Any, card: Any, rng: RandomBytes, size: int) -> None:
    challenge, _ = rp.login().begin(NOW, rng)
    with pytest.raises(ChallengeError, match="256 random bits"):
        answer(replace(challenge, nonce=bytes(size)), card, pin="1234", origin=ORIGIN, now=NOW)
    assert card.asked == []


@pytest.mark.parametrize(
    "until",
    [NOW + timedelta(minutes=1, microseconds=1), (NOW + timedelta(minutes=1)).replace(tzinfo=None)],
    ids=["fraction-of-a-second", "no-time-zone"],
)
def test_a_client_refuses_an_ambiguous_end(rp: Any, card: Any, rng: RandomBytes, until: datetime) -> None:
    challenge, _ = rp.login().begin(NOW, rng)
    with pytest.raises(ChallengeError, match="whole second"):
        answer(replace(challenge, expires_at=until), card, pin="1234", origin=ORIGIN, now=NOW)
    assert card.asked == []


def test_a_fraction_of_now_does_not_make_the_end_ambiguous(rp: Any, card: Any, rng: RandomBytes) -> None:
    ceremony = rp.login()
    begun = NOW + timedelta(microseconds=999_999)
    challenge, pending = ceremony.begin(begun, rng)
    assert challenge.expires_at == NOW + timedelta(minutes=5)
    response = answer(challenge, card, pin="1234", origin=ORIGIN, now=begun)
    assert ceremony.complete(pending, response, begun).ok


@pytest.mark.parametrize(
    ("moment", "codes"),
    [
        (timedelta(), ()),
        (timedelta(minutes=5) - timedelta(seconds=1), ()),
        (timedelta(minutes=5), ("jpki.challenge.expired",)),
        (timedelta(minutes=5, seconds=1), ("jpki.challenge.expired",)),
        (timedelta(seconds=-1), ("jpki.challenge.not-yet-valid",)),
    ],
    ids=["begin", "last-second", "end", "after", "before"],
)
def test_a_challenge_lives_from_its_beginning_until_before_its_end(
    rp: Any, card: Any, rng: RandomBytes, moment: timedelta, codes: tuple[str, ...]
) -> None:
    assert sign_in(rp, card, rng, now=NOW + moment).verdict.codes == codes


def test_a_moment_without_a_time_zone_begins_nothing(rp: Any, rng: RandomBytes) -> None:
    with pytest.raises(ValueError, match="time zone"):
        rp.login().begin(NOW.replace(tzinfo=None), rng)
    assert len(rp.challenges) == 0


def test_a_challenge_of_another_ceremony_stays_good_for_its_own(rp: Any, card: Any, rng: RandomBytes) -> None:
    ceremony = rp.login()
    challenge, pending = ceremony.begin(NOW, rng)
    response = answer(challenge, card, pin="1234", origin=ORIGIN, now=NOW)
    assert rp.contract().complete(pending, response, LATER).verdict.codes == ("jpki.challenge.wrong-ceremony",)
    assert ceremony.complete(pending, response, LATER).ok


def test_a_client_refuses_an_expired_challenge(rp: Any, card: Any, rng: RandomBytes) -> None:
    challenge, _ = rp.login().begin(NOW, rng)
    with pytest.raises(ChallengeError, match="expired"):
        answer(challenge, card, pin="1234", origin=ORIGIN, now=NOW + timedelta(minutes=5))
    assert card.asked == []


def test_a_client_does_not_answer_a_contract_as_a_log_in(rp: Any, card: Any, rng: RandomBytes) -> None:
    request, _ = rp.contract().begin("I agree.", NOW, rng)
    with pytest.raises(ChallengeError, match="not for a log-in"):
        answer(request.challenge, card, pin="1234", origin=ORIGIN, now=NOW)
    assert card.asked == []


def test_a_client_without_an_origin_signs_nothing(rp: Any, card: Any, rng: RandomBytes) -> None:
    challenge, _ = rp.login().begin(NOW, rng)
    with pytest.raises(OriginError):
        answer(challenge, card, pin="1234", origin="https://rp.example/", now=NOW)
    assert card.asked == []


def test_a_policy_for_another_purpose_is_the_callers_mistake(rp: Any) -> None:
    with pytest.raises(PolicyError, match="document signature"):
        rp.login(policy=Policy(purpose=DOCUMENT_SIGNATURE, revocation=rp.check))


def test_a_lifetime_below_a_second_is_the_callers_mistake(rp: Any) -> None:
    with pytest.raises(ValueError, match="a second at least"):
        rp.login(ttl=timedelta(milliseconds=999))


def test_the_result_is_plain_for_machines(rp: Any, card: Any, rng: RandomBytes) -> None:
    result = sign_in(rp, card, rng).as_dict()
    assert result["ok"] is True
    assert result["certificate"]["serial"] == 7
    assert result["findings"] == []
