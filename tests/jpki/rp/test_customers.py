"""Ceremonies with customers, in SQLite and in PostgreSQL: what is accepted, what is refused, what is stored."""

from __future__ import annotations

import logging
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from jpki.holder import Holder
from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.rp import enrolment
from jpki.rp.account import kept_attributes
from jpki.rp.comparing.entry import CustomerEntry
from jpki.rp.comparing.outcome import Outcome
from jpki.rp.consent import ConsentCeremony
from jpki.rp.customer_login import CustomerLogin
from jpki.rp.customer_signing import CustomerSigning
from jpki.rp.enrolment import EnrolmentCeremony, EnrolmentResponse
from jpki.rp.errors import ChallengeError, VaultError
from jpki.rp.evidence import read_evidence
from jpki.rp.findings import RP_CATALOGUE
from jpki.rp.interfaces import UnsafeNoLinks
from jpki.rp.leaving import delete_customer, purge_evidence
from jpki.rp.outcome import CustomerOutcome
from jpki.rp.vault import Vault
from jpki.rp.years import years_later
from jpki.verify.errors import UnsafeVerificationWarning
from tests.jpki.rp.bank import ENTRY, NOW, ORIGIN, Bank, ToldLatest

LATER = NOW + timedelta(days=40)
SIGN, AUTH = CaKind.SIGN, CaKind.AUTH


def rows(bank: Bank) -> dict[str, int]:
    """How many rows each table has."""
    from sqlalchemy import func, select

    from jpki.rp.storage.schema import metadata

    database = bank.store.database  # type: ignore[attr-defined]
    with database.reading() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
            if table.name not in ("rp_challenges", "rp_counters", "rp_about")
        }


def test_enrolment_makes_one_customer_of_two_certificates(bank: Bank) -> None:
    outcome = bank.enrol(bank.card())
    assert outcome.ok
    assert outcome.is_new_customer
    assert outcome.user_id is not None
    assert len(outcome.user_id) == 40
    with bank.store.reading() as unit:
        bound = unit.certificates(outcome.user_id)
    assert {one.kind for one in bound} == {SIGN, AUTH}
    assert len({one.bond for one in bound}) == 1
    assert {one.handle for one in bound} == {
        bank.vault.handle(SIGN, bank.binding(SIGN, 11)),
        bank.vault.handle(AUTH, bank.binding(AUTH, 12)),
    }


def test_a_customer_logs_in_and_signs_under_one_name(bank: Bank) -> None:
    card = bank.card()
    names = {bank.enrol(card).user_id, bank.log_in(card).user_id, bank.sign(card).user_id}
    assert len(names) == 1
    assert None not in names


def not_enrolled(bank: Bank) -> CustomerOutcome:
    return bank.log_in(bank.card())


def contract_not_enrolled(bank: Bank) -> CustomerOutcome:
    return bank.sign(bank.card())


def enrolled_twice(bank: Bank) -> CustomerOutcome:
    assert bank.enrol(bank.card()).ok
    return bank.enrol(bank.card())


def two_cards(bank: Bank) -> CustomerOutcome:
    """The signing certificate of one card with the authentication certificate of another."""
    bank.card(sign=11, auth=12)
    return bank.enrol(bank.card(sign=11, auth=22, linked=False))


def pair_not_known_yet(bank: Bank) -> CustomerOutcome:
    return bank.enrol(bank.card(linked=False))


def halves_of_two_customers(bank: Bank) -> CustomerOutcome:
    assert bank.enrol(bank.card(sign=11, auth=12)).ok
    assert bank.enrol(bank.card(sign=21, auth=22)).ok
    bank.succeed(SIGN, 31, 11)
    bank.succeed(AUTH, 32, 22)
    return bank.enrol(bank.card(sign=31, auth=32))


def somebody_elses_signature(bank: Bank) -> CustomerOutcome:
    mine = bank.enrol(bank.card(sign=11, auth=12))
    other = bank.card(sign=21, auth=22)
    assert bank.enrol(other).ok
    return bank.sign(other, user_id=mine.user_id)


def old_certificate_after_the_new_one(bank: Bank) -> CustomerOutcome:
    old = bank.card(sign=11, auth=12)
    assert bank.enrol(old).ok
    bank.succeed(AUTH, 22, 12)
    assert bank.log_in(bank.card(sign=21, auth=22)).followed
    return bank.log_in(old)


def revoked_in_enrolment(bank: Bank) -> CustomerOutcome:
    bank.publish({(SIGN, 11): RevocationReason.AFFILIATION_CHANGED})
    return bank.enrol(bank.card())


def revoked_in_log_in(bank: Bank) -> CustomerOutcome:
    assert bank.enrol(bank.card()).ok
    bank.publish({(AUTH, 12): RevocationReason.CERTIFICATE_HOLD})
    return bank.log_in(bank.card())


def account_without_an_address(bank: Bank) -> CustomerOutcome:
    assert bank.enrol(bank.card()).ok
    return bank.open_account(bank.card(), replace(ENTRY, address=None))


def account_of_another_name(bank: Bank) -> CustomerOutcome:
    assert bank.enrol(bank.card()).ok
    return bank.open_account(bank.card(), replace(ENTRY, name="見本 華子"))


def account_in_another_form(bank: Bank) -> CustomerOutcome:
    assert bank.enrol(bank.card()).ok
    return bank.open_account(bank.card(), accept_form=False)


def account_of_nobody(bank: Bank) -> CustomerOutcome:
    return bank.open_account(bank.card())


def deleted(bank: Bank) -> CustomerOutcome:
    user_id = bank.enrol(bank.card()).user_id
    assert user_id is not None
    assert delete_customer(bank.desk, user_id, NOW) is None
    return bank.log_in(bank.card())


REFUSED: list[tuple[Callable[[Bank], CustomerOutcome], list[str]]] = [
    (not_enrolled, ["rp.customer.not-enrolled"]),
    (contract_not_enrolled, ["rp.customer.not-enrolled"]),
    (enrolled_twice, ["rp.customer.already-enrolled"]),
    (two_cards, ["rp.pair.mismatch"]),
    (pair_not_known_yet, ["rp.pair.unknown"]),
    (halves_of_two_customers, ["rp.customer.other"]),
    (somebody_elses_signature, ["rp.customer.other"]),
    (old_certificate_after_the_new_one, ["rp.certificate.replaced"]),
    (revoked_in_enrolment, ["jpki.revocation.revoked"]),
    (revoked_in_log_in, ["jpki.revocation.revoked"]),
    (account_without_an_address, ["rp.entry.incomplete"]),
    (account_of_another_name, ["rp.entry.differs"]),
    (account_in_another_form, ["rp.entry.differs-in-form"]),
    (account_of_nobody, ["rp.customer.not-enrolled"]),
    (deleted, ["rp.customer.not-enrolled"]),
]


@pytest.mark.parametrize(("case", "codes"), REFUSED, ids=lambda value: value.__name__ if callable(value) else "")
def test_a_refusal_has_its_code_and_says_it_in_both_languages(
    bank: Bank, case: Callable[[Bank], CustomerOutcome], codes: list[str]
) -> None:
    outcome = case(bank)
    assert not outcome.ok
    assert list(outcome.codes) == codes
    assert outcome.evidence is None
    for one in outcome.findings:
        assert one.message != one.message_in("ja")
        assert one.as_dict()["hint"]


NOTHING_STORED = [
    case
    for case, _ in REFUSED
    if case in (not_enrolled, two_cards, pair_not_known_yet, revoked_in_enrolment, account_of_nobody)
]


@pytest.mark.parametrize("case", NOTHING_STORED, ids=lambda case: case.__name__)
def test_nothing_is_stored_on_refusal(bank: Bank, case: Callable[[Bank], CustomerOutcome]) -> None:
    case(bank)
    assert set(rows(bank).values()) == {0}


@pytest.mark.parametrize("act", ["account", "contract", "enrol"])
def test_a_refusal_changes_nothing_that_was_stored(bank: Bank, act: str) -> None:
    card = bank.card()
    bank.enrol(card)
    before = rows(bank)
    bank.publish({(SIGN, 11): RevocationReason.AFFILIATION_CHANGED})
    acts = {"account": bank.open_account, "contract": bank.sign, "enrol": bank.enrol}
    assert not acts[act](card).ok
    assert rows(bank) == before


def enrol_with(bank: Bank, change: Callable[[EnrolmentResponse], EnrolmentResponse]) -> CustomerOutcome:
    ceremony = EnrolmentCeremony(bank.desk)
    challenge, pending = ceremony.begin(NOW, bank.rng)
    response = enrolment.answer(challenge, bank.card(), auth_pin="1", sign_pin="2", origin=ORIGIN, now=NOW)
    return ceremony.complete(pending, change(response), NOW, bank.rng)


def test_halves_of_two_sessions_do_not_fit(bank: Bank) -> None:
    other: list[EnrolmentResponse] = []
    enrol_with(bank, lambda response: other.append(response) or response)
    outcome = enrol_with(bank, lambda response: replace(response, sign=other[0].sign))
    assert outcome.codes == ("jpki.signature.invalid",)


def test_halves_are_not_exchanged(bank: Bank) -> None:
    outcome = enrol_with(bank, lambda response: EnrolmentResponse(auth=response.sign, sign=response.auth))
    assert outcome.codes == ("jpki.purpose.wrong-ca", "jpki.purpose.wrong-ca")


def test_another_certificate_beside_a_good_half_breaks_both(bank: Bank) -> None:
    other = bank.card(sign=91, auth=12).certificates[SIGN]
    outcome = enrol_with(
        bank, lambda response: replace(response, sign=replace(response.sign, unverified_certificate=other))
    )
    assert outcome.codes == ("jpki.signature.invalid", "jpki.signature.invalid")


@pytest.mark.parametrize("size", [0, 1, 255, 257, 1 << 20])
def test_a_signature_of_any_size_is_refused(bank: Bank, size: int) -> None:
    outcome = enrol_with(bank, lambda response: replace(response, auth=replace(response.auth, signature=bytes(size))))
    assert outcome.codes == ("jpki.signature.malformed",)
    assert set(rows(bank).values()) == {0}


def test_an_enrolment_is_completed_once(bank: Bank) -> None:
    ceremony = EnrolmentCeremony(bank.desk)
    challenge, pending = ceremony.begin(NOW, bank.rng)
    response = enrolment.answer(challenge, bank.card(), auth_pin="1", sign_pin="2", origin=ORIGIN, now=NOW)
    assert ceremony.complete(pending, response, NOW, bank.rng).ok
    assert ceremony.complete(pending, response, NOW, bank.rng).codes == ("jpki.challenge.used",)


def test_a_client_answers_no_log_in_as_an_enrolment(bank: Bank) -> None:
    challenge, _ = CustomerLogin(bank.desk).begin(NOW, bank.rng)
    with pytest.raises(ChallengeError, match="not for an enrolment"):
        enrolment.answer(challenge, bank.card(), auth_pin="1", sign_pin="2", origin=ORIGIN, now=NOW)


def test_enrolling_without_links_is_unsafe_and_says_so(bank: Bank) -> None:
    with pytest.warns(UnsafeVerificationWarning, match="two people"):
        links = UnsafeNoLinks()
    unsafe = bank.with_desk(links=links)
    assert unsafe.enrol(bank.card(linked=False)).ok


# Following a person: who moves, renews or gets a new card stays the same customer.


def test_a_renewed_card_logs_in_and_signs_as_the_same_customer(bank: Bank) -> None:
    user_id = bank.enrol(bank.card(sign=11, auth=12)).user_id
    bank.publish({(SIGN, 11): RevocationReason.SUPERSEDED, (AUTH, 12): RevocationReason.SUPERSEDED})
    bank.succeed(AUTH, 22, 12)
    bank.succeed(SIGN, 21, 11)
    renewed = bank.card(sign=21, auth=22)
    outcomes = [bank.log_in(renewed), bank.log_in(renewed), bank.sign(renewed), bank.sign(renewed)]
    assert [one.user_id for one in outcomes] == [user_id] * 4
    assert [one.followed for one in outcomes] == [True, False, True, False]


def test_a_move_changes_the_signing_certificate_alone(bank: Bank, make_holder: Callable[..., Holder]) -> None:
    user_id = bank.enrol(bank.card(sign=11, auth=12)).user_id
    bank.publish({(SIGN, 11): RevocationReason.AFFILIATION_CHANGED})
    bank.succeed(SIGN, 21, 11)
    moved = bank.card(sign=21, auth=12, holder=make_holder(address="見本県別市北一丁目１番"))
    assert not bank.log_in(moved).followed
    outcome = bank.sign(moved)
    assert (outcome.user_id, outcome.followed) == (user_id, True)


def test_a_customer_is_followed_over_generations_that_were_never_shown(bank: Bank) -> None:
    user_id = bank.enrol(bank.card(sign=11, auth=12)).user_id
    bank.succeed(AUTH, 42, 32, 22, 12)
    assert bank.log_in(bank.card(sign=41, auth=42)).user_id == user_id


def test_who_enrols_with_a_renewed_card_is_the_customer_of_before(bank: Bank) -> None:
    user_id = bank.enrol(bank.card(sign=11, auth=12)).user_id
    bank.succeed(AUTH, 22, 12)
    bank.succeed(SIGN, 21, 11)
    outcome = bank.enrol(bank.card(sign=21, auth=22))
    assert (outcome.user_id, outcome.is_new_customer, outcome.followed) == (user_id, False, True)


# Accounts, evidence, and what is kept of a customer.


def test_an_account_keeps_the_attributes_sealed(bank: Bank) -> None:
    card = bank.card()
    bank.enrol(card)
    outcome = bank.open_account(card)
    assert outcome.comparison is not None
    assert outcome.comparison.overall is Outcome.DIFFERS_IN_FORM
    assert outcome.user_id is not None
    assert kept_attributes(bank.desk, outcome.user_id) == outcome.attributes
    assert outcome.attributes is not None


@pytest.mark.parametrize("act", ["log_in", "sign", "enrol"])
def test_no_other_ceremony_keeps_attributes(bank: Bank, act: str) -> None:
    card = bank.card()
    user_id = bank.enrol(card).user_id
    assert user_id is not None
    getattr(bank, act)(card)
    assert kept_attributes(bank.desk, user_id) is None


def test_evidence_says_what_was_signed_and_compared(bank: Bank) -> None:
    card = bank.card()
    bank.enrol(card)
    user_id = bank.open_account(card).user_id
    assert user_id is not None
    with bank.store.reading() as unit:
        enrolled, opened = unit.evidence(user_id)
    body = read_evidence(opened, bank.vault)
    assert body["ceremony"] == "mynalab account opening v1"
    assert body["signed"]["sign"]["certificate"]["der"] == b64encode(card.certificates[SIGN]).decode()
    assert body["signed"]["sign"]["verdict"]["ok"] is True
    assert body["comparison"]["overall"] == "differs-in-form"
    assert set(read_evidence(enrolled, bank.vault)["signed"]) == {"sign", "auth"}
    assert opened.keep_until == datetime(2033, 5, 1, 15, tzinfo=UTC)


def test_evidence_that_was_changed_or_moved_does_not_open(bank: Bank) -> None:
    user_id = bank.enrol(bank.card()).user_id
    assert user_id is not None
    with bank.store.reading() as unit:
        (record,) = unit.evidence(user_id)
    with pytest.raises(VaultError, match="does not open"):
        read_evidence(replace(record, sealed=record.sealed[:-1] + b"\x00"), bank.vault)
    with pytest.raises(VaultError, match="does not open"):
        read_evidence(replace(record, user_id="somebody else"), bank.vault)
    with pytest.raises(VaultError, match="does not open"):
        read_evidence(record, Vault(bytes(32)))
    with pytest.raises(VaultError, match="digest"):
        read_evidence(replace(record, digest=bytes(32)), bank.vault)


def test_the_store_has_no_serial_number_and_no_attribute_in_the_clear(bank: Bank) -> None:
    from sqlalchemy import select

    from jpki.rp.storage.schema import metadata

    serials = {SIGN: 0x51A0B3C4, AUTH: 0x51A0B3C5}
    card = bank.card(sign=serials[SIGN], auth=serials[AUTH])
    bank.enrol(card)
    assert bank.open_account(card).ok
    assert bank.consent(card).ok
    database = bank.store.database  # type: ignore[attr-defined]
    with database.reading() as connection:
        cells = [cell for table in metadata.sorted_tables for row in connection.execute(select(table)) for cell in row]
    raw = b"|".join(cell if isinstance(cell, bytes) else str(cell).encode() for cell in cells)
    for secret in ("見本", "花子", "1990"):
        assert secret.encode() not in raw
    for serial in serials.values():
        assert serial.to_bytes(4) not in raw
        assert b"%x" % serial not in raw
        assert str(serial).encode() not in raw


def test_logs_and_reprs_say_nothing_personal(bank: Bank, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    card = bank.card(sign=0x51A0B3C4, auth=0x51A0B3C5)
    outcomes = [bank.log_in(card), bank.enrol(card), bank.open_account(card), bank.log_in(card)]
    outcomes.append(bank.open_account(card, CustomerEntry(name="別　人", address="", birth_date="")))
    said = caplog.text + repr(outcomes) + repr([one.comparison for one in outcomes]) + repr(bank.vault)
    assert "accepted" in caplog.text
    assert "rp.entry.differs" in caplog.text
    assert not any(word in said for word in ("見本", "花子", "別　人", "中央"))
    assert str(0x51A0B3C4) not in caplog.text
    assert not any(str(one.user_id) in caplog.text for one in outcomes if one.user_id)


# Leaving.


def test_who_left_is_gone_but_for_evidence_and_comes_back_as_somebody_else(bank: Bank) -> None:
    card = bank.card()
    user_id = bank.enrol(card).user_id
    bank.open_account(card)
    bank.consent(card)
    assert user_id is not None
    assert delete_customer(bank.desk, user_id, LATER) is None
    left = rows(bank)
    assert (left.pop("rp_evidence"), left.pop("rp_evidence_data")) == (3, 4)
    assert set(left.values()) == {0}
    assert bank.enrol(card).user_id != user_id
    assert purge_evidence(bank.desk, datetime(2033, 5, 1, 14, 59, 59, tzinfo=UTC)) == 0
    assert purge_evidence(bank.desk, datetime(2033, 5, 1, 15, tzinfo=UTC)) == 4


def test_nobody_leaves_twice(bank: Bank) -> None:
    refusal = delete_customer(bank.desk, "nobody", NOW)
    assert refusal is not None
    assert refusal.code == "rp.customer.unknown"


# Consent.


def enrolled(bank: Bank) -> str:
    user_id = bank.enrol(bank.card()).user_id
    assert user_id is not None
    return user_id


def latest_code(bank: Bank, user_id: str, source: ToldLatest, now: datetime = NOW) -> str | None:
    found = ConsentCeremony(bank.desk).latest(user_id, source, now, bank.rng).finding
    return found.code if found else None


def test_consent_lasts_ten_years_from_the_next_day(bank: Bank, holder: Holder) -> None:
    user_id = enrolled(bank)
    assert bank.consent(bank.card()).user_id == user_id
    source = ToldLatest((bank.binding(SIGN, 21), holder.attributes()))
    end = datetime(2036, 5, 1, 15, tzinfo=UTC)  # the end of 1 May 2036 in Japan
    assert latest_code(bank, user_id, source, end - timedelta(seconds=1)) is None
    assert latest_code(bank, user_id, source, end) == "rp.consent.ended"


def test_the_service_is_asked_with_the_newest_certificate_that_it_told(bank: Bank, holder: Holder) -> None:
    user_id = enrolled(bank)
    bank.open_account(bank.card())
    bank.consent(bank.card())
    moved = replace(holder, address="見本県別市北一丁目１番").attributes()
    source = ToldLatest((bank.binding(SIGN, 21), moved))
    ceremony = ConsentCeremony(bank.desk)
    first, second = (ceremony.latest(user_id, source, NOW, bank.rng) for _ in range(2))
    assert source.asked == [bank.binding(SIGN, 11), bank.binding(SIGN, 21)]
    assert (first.is_new, second.is_new) == (True, False)
    assert kept_attributes(bank.desk, user_id) == moved


def test_latest_attributes_are_kept_only_where_an_account_keeps_some(bank: Bank, holder: Holder) -> None:
    user_id = enrolled(bank)
    bank.consent(bank.card())
    assert latest_code(bank, user_id, ToldLatest((bank.binding(SIGN, 21), holder.attributes()))) is None
    assert kept_attributes(bank.desk, user_id) is None


def test_without_a_good_certificate_there_are_no_latest_attributes(bank: Bank) -> None:
    user_id = enrolled(bank)
    bank.consent(bank.card())
    assert latest_code(bank, user_id, ToldLatest()) == "rp.latest.no-certificate"


def test_nothing_is_asked_without_consent(bank: Bank) -> None:
    source = ToldLatest()
    assert latest_code(bank, enrolled(bank), source) == "rp.consent.none"
    assert latest_code(bank, "nobody", source) == "rp.customer.unknown"
    assert source.asked == []


def test_a_withdrawn_consent_allows_nothing_and_keeps_no_serial_number(bank: Bank) -> None:
    user_id = enrolled(bank)
    ceremony = ConsentCeremony(bank.desk)
    bank.consent(bank.card())
    assert ceremony.withdraw(user_id, LATER) is None
    source = ToldLatest()
    assert latest_code(bank, user_id, source, LATER) == "rp.consent.withdrawn"
    assert source.asked == []
    with bank.store.reading() as unit:
        consent = unit.consent(user_id)
    assert consent is not None
    assert consent.sealed == b""
    again = ceremony.withdraw(user_id, LATER)
    assert again is not None
    assert again.code == "rp.consent.withdrawn"


def test_withdrawing_for_nobody(bank: Bank) -> None:
    refusal = ConsentCeremony(bank.desk).withdraw("nobody", NOW)
    assert refusal is not None
    assert refusal.code == "rp.customer.unknown"


@pytest.mark.parametrize(
    ("moment", "end"),
    [
        (datetime(2026, 5, 1, 3, tzinfo=UTC), datetime(2036, 5, 1, 15, tzinfo=UTC)),
        (datetime(2026, 5, 1, 15, tzinfo=UTC), datetime(2036, 5, 2, 15, tzinfo=UTC)),
        (datetime(2028, 2, 28, 3, tzinfo=UTC), datetime(2038, 2, 28, 15, tzinfo=UTC)),
        (datetime(2028, 2, 29, 3, tzinfo=UTC), datetime(2038, 2, 28, 15, tzinfo=UTC)),
    ],
    ids=["day", "midnight-in-japan", "next-day-is-29-february", "29-february"],
)
def test_ten_years(moment: datetime, end: datetime) -> None:
    assert years_later(moment, 10) == end


# Purposes: an answer for one is none for another.


@pytest.mark.parametrize("asked", ["account", "consent"])
def test_a_contract_is_no_other_signature(bank: Bank, asked: str) -> None:
    card = bank.card()
    bank.enrol(card)
    from jpki.rp import contract
    from jpki.rp.statement import StatementKind

    kinds = {"account": StatementKind.ACCOUNT, "consent": StatementKind.CONSENT}
    request, pending = CustomerSigning(bank.desk).begin("契約", NOW, bank.rng)
    response = contract.answer(request, card, pin="ABC123", origin=ORIGIN, now=NOW)
    outcome = CustomerSigning(bank.desk, kinds[asked]).complete(pending, response, NOW, bank.rng)
    assert outcome.codes == ("jpki.challenge.wrong-ceremony",)
    with pytest.raises(ChallengeError, match="not for a contract"):
        contract.answer(request, card, pin="ABC123", origin=ORIGIN, now=NOW, kind=kinds[asked])


def test_a_key_has_32_bytes() -> None:
    with pytest.raises(VaultError, match="32 bytes"):
        Vault(bytes(31))


def test_two_relying_parties_share_no_handle(bank: Bank, keys: list[RSAPrivateKey]) -> None:
    binding = bank.binding(SIGN, 11)
    assert bank.vault.handle(SIGN, binding) != Vault(bytes(32)).handle(SIGN, binding)
    assert bank.vault.handle(SIGN, binding) != bank.vault.handle(AUTH, binding)


TESTED_HERE = {code for _, codes in REFUSED for code in codes} | {
    "rp.customer.unknown",
    "rp.consent.none",
    "rp.consent.ended",
    "rp.consent.withdrawn",
    "rp.latest.no-certificate",
}


@pytest.mark.parametrize("code", RP_CATALOGUE)
def test_every_code_has_a_case(code: str) -> None:
    assert code in TESTED_HERE
