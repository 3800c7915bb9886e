"""The contract ceremony: a text, the signing key, the four attributes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apdu.ports import RandomBytes
from jpki.kinds import CaKind
from jpki.rp import login
from jpki.rp.contract import ContractResult, answer, digest_of
from jpki.rp.errors import CeremonyError, ChallengeError
from jpki.verify.errors import PolicyError
from jpki.verify.policy import LOG_IN, Policy

NOW = datetime(2026, 5, 1, 3, 0, tzinfo=UTC)
LATER = NOW + timedelta(seconds=30)
ORIGIN = "https://rp.example"
TEXT = "賃貸借契約書\n甲は乙に…\n"


def conclude(rp: Any, card: Any, rng: RandomBytes, *, shown: str = TEXT) -> ContractResult:
    ceremony = rp.contract()
    request, pending = ceremony.begin(TEXT, NOW, rng)
    response = answer(replace(request, text=shown), card, pin="ABC123", origin=ORIGIN, now=NOW)
    result: ContractResult = ceremony.complete(pending, response, LATER)
    return result


def test_the_holder_signs_and_the_four_attributes_come_along(rp: Any, card: Any, rng: RandomBytes, holder: Any) -> None:
    result = conclude(rp, card, rng)
    assert result.ok
    assert result.verdict.codes == ()
    assert result.attributes == holder.attributes()
    assert result.subject is not None
    assert result.subject.issuer_key_id == rp.authorities[CaKind.SIGN].key_id


def test_the_client_uses_the_signing_key_alone(rp: Any, card: Any, rng: RandomBytes) -> None:
    conclude(rp, card, rng)
    assert card.asked == [("verify", CaKind.SIGN), ("read", CaKind.SIGN), ("sign", CaKind.SIGN)]


@pytest.mark.parametrize("shown", [TEXT + " ", TEXT.replace("\n", "\r\n"), ""], ids=["space", "line-ends", "empty"])
def test_another_text_is_another_signature(rp: Any, card: Any, rng: RandomBytes, shown: str) -> None:
    result = conclude(rp, card, rng, shown=shown)
    assert result.verdict.codes == ("jpki.signature.invalid",)
    assert result.attributes is None
    assert result.subject is None


def test_a_log_in_does_not_sign_a_contract(rp: Any, card: Any, rng: RandomBytes) -> None:
    challenge, _ = rp.login().begin(NOW, rng)
    response = login.answer(challenge, card, pin="1234", origin=ORIGIN, now=NOW)
    ceremony = rp.contract()
    _, pending = ceremony.begin(TEXT, NOW, rng)
    assert ceremony.complete(pending, response, LATER).verdict.codes == ("jpki.purpose.wrong-ca",)


def test_a_signed_contract_does_not_replace_another(rp: Any, card: Any, rng: RandomBytes) -> None:
    ceremony = rp.contract()
    request, _ = ceremony.begin(TEXT, NOW, rng)
    _, pending = ceremony.begin(TEXT, NOW, rng)
    response = answer(request, card, pin="ABC123", origin=ORIGIN, now=NOW)
    assert ceremony.complete(pending, response, LATER).verdict.codes == ("jpki.signature.invalid",)


def test_a_contract_is_completed_once(rp: Any, card: Any, rng: RandomBytes) -> None:
    ceremony = rp.contract()
    request, pending = ceremony.begin(TEXT, NOW, rng)
    response = answer(request, card, pin="ABC123", origin=ORIGIN, now=NOW)
    assert ceremony.complete(pending, response, LATER).ok
    assert ceremony.complete(pending, response, LATER).verdict.codes == ("jpki.challenge.used",)


def test_a_client_signs_no_text_without_bytes(rp: Any, card: Any, rng: RandomBytes) -> None:
    """JSON can carry half a surrogate pair; UTF-8 cannot."""
    request, _ = rp.contract().begin(TEXT, NOW, rng)
    with pytest.raises(CeremonyError, match="surrogate"):
        answer(replace(request, text="\ud800"), card, pin="ABC123", origin=ORIGIN, now=NOW)
    assert card.asked == []


def test_a_text_without_bytes_begins_nothing(rp: Any, rng: RandomBytes) -> None:
    with pytest.raises(CeremonyError, match="surrogate"):
        rp.contract().begin("\ud800", NOW, rng)


def test_a_client_does_not_answer_a_log_in_as_a_contract(rp: Any, card: Any, rng: RandomBytes) -> None:
    request, _ = rp.contract().begin(TEXT, NOW, rng)
    challenge, _ = rp.login().begin(NOW, rng)
    with pytest.raises(ChallengeError, match="not for a contract"):
        answer(replace(request, challenge=challenge), card, pin="ABC123", origin=ORIGIN, now=NOW)
    assert card.asked == []


def test_a_policy_for_another_purpose_is_the_callers_mistake(rp: Any) -> None:
    with pytest.raises(PolicyError, match="log-in"):
        rp.contract(policy=Policy(purpose=LOG_IN, revocation=rp.check))


def test_the_digest_is_that_of_the_text_as_it_is(rp: Any, rng: RandomBytes) -> None:
    request, pending = rp.contract().begin(TEXT, NOW, rng)
    assert request.digest == digest_of(TEXT) == pending.statement.document_digest
    # printf '賃貸借契約書\n' | sha256sum
    assert digest_of("賃貸借契約書\n").hex() == "e3f9bc666d7d463ccf504c5447377edf617342c509bdc5e8d4c01fd6d571d311"


def test_a_result_shows_no_attribute(rp: Any, card: Any, rng: RandomBytes) -> None:
    result = conclude(rp, card, rng)
    assert "見本" not in repr(result) + str(result.as_dict())
