"""A customer of a bank over moves, renewals and a new card at the lab's counter: one name, followed by the links."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jpki.client.session import CardSession
from jpki.kinds import CaKind
from jpki.rp import contract, enrolment, login
from jpki.rp.account import AccountOpening, kept_attributes
from jpki.rp.comparing.entry import CustomerEntry
from jpki.rp.consent import ConsentCeremony
from jpki.rp.customer_login import CustomerLogin
from jpki.rp.desk import Desk
from jpki.rp.enrolment import EnrolmentCeremony
from jpki.rp.evidence import reverify_evidence
from jpki.rp.outcome import CustomerOutcome
from jpki.rp.statement import StatementKind
from jpki.rp.storage.store import SqlStore
from jpki.rp.vault import Vault
from jpki.verify.revocation import CrlRevocationCheck
from mynalab.chance import system_random
from mynalab.lab.cards import open_card
from mynalab.lab.counter import LabCounter
from mynalab.lab.create import create_lab
from mynalab.lab.files import read_part
from mynalab.lab.founding import roll_over
from mynalab.lab.generations import publishing_cas
from mynalab.lab.issue import issue_card
from mynalab.lab.links import RegisterLatest, RegisterLinks
from mynalab.lab.publish import publish_due_crls
from mynalab.lab.register import open_register
from mynalab.lab.relying_party import trust_store
from mynalab.persona import load_persona
from readers.inprocess import InProcessChannel

DAY = timedelta(days=1)
BEGIN = datetime(2026, 11, 20, tzinfo=UTC)
ORIGIN = "https://bank.example"
ENTRY = CustomerEntry(name="見本 花子", address="見本県見本市中央1-2-3", birth_date="1990-04-15")
MOVE = {
    "card": "alice",
    "address": "見本県別市北一丁目１番",
    "prefecture": "Mihon-ken",
    "municipality": "Betsu-shi",
    "municipality_code": "99202",
}


class Town:
    """The lab's counter, a card by name, and a bank."""

    def __init__(self, directory: Any) -> None:
        self.lab = create_lab(directory / "lab", now=BEGIN, seed="links")
        self.persona = load_persona("adult-resident")
        issue_card(self.lab, name="alice", persona=self.persona, now=BEGIN)
        self.register = open_register(self.lab)
        self.store = SqlStore(directory / "customers.db")
        self.counter = LabCounter(self.lab, self.register)
        self.check = CrlRevocationCheck()
        self.desk = Desk(
            origin=ORIGIN,
            trust=trust_store(self.lab),
            revocation=self.check,
            store=self.store,
            vault=Vault(bytes(32)),
            links=RegisterLinks(self.register),
        )

    def at_the_counter(self, name: str, now: datetime, **arguments: Any) -> None:
        done = self.counter.operate(name, arguments or {"card": "alice"}, now=now)
        assert isinstance(done, dict), done

    def begin(self, ceremony: Any, now: datetime, *arguments: Any) -> Any:
        publish_due_crls(self.lab, now=now)
        self.check.replace(read_part(self.lab.paths.crl(ca.label)) for ca in publishing_cas(self.lab, now))
        return ceremony.begin(*arguments, now, system_random)

    def enrol(self, now: datetime, card: str = "alice") -> CustomerOutcome:
        ceremony = EnrolmentCeremony(self.desk)
        challenge, pending = self.begin(ceremony, now)
        with closing(open_card(self.lab.paths, card)) as opened, InProcessChannel(opened) as channel:
            response = enrolment.answer(
                challenge,
                CardSession.open(channel),
                auth_pin=self.persona.authentication_pin,
                sign_pin=self.persona.signature_pin,
                origin=ORIGIN,
                now=now,
            )
        return ceremony.complete(pending, response, now, system_random)

    def log_in(self, now: datetime, card: str = "alice") -> CustomerOutcome:
        ceremony = CustomerLogin(self.desk)
        challenge, pending = self.begin(ceremony, now)
        with closing(open_card(self.lab.paths, card)) as opened, InProcessChannel(opened) as channel:
            pin = self.persona.authentication_pin
            response = login.answer(challenge, CardSession.open(channel), pin=pin, origin=ORIGIN, now=now)
        return ceremony.complete(pending, response, now)

    def signed(self, request: Any, kind: StatementKind, now: datetime) -> Any:
        with closing(open_card(self.lab.paths, "alice")) as opened, InProcessChannel(opened) as channel:
            pin = self.persona.signature_pin
            return contract.answer(request, CardSession.open(channel), pin=pin, origin=ORIGIN, now=now, kind=kind)

    def open_account(self, now: datetime, entry: CustomerEntry) -> CustomerOutcome:
        ceremony = AccountOpening(self.desk)
        request, pending = self.begin(ceremony, now, "口座開設")
        response = self.signed(request, StatementKind.ACCOUNT, now)
        return ceremony.complete(pending, response, entry, now, system_random)

    def consent(self, now: datetime) -> CustomerOutcome:
        ceremony = ConsentCeremony(self.desk)
        request, pending = self.begin(ceremony, now)
        return ceremony.complete(pending, self.signed(request, StatementKind.CONSENT, now), now, system_random)


@pytest.fixture
def town(tmp_path: Any) -> Iterator[Town]:
    town = Town(tmp_path)
    with town.register, town.store:
        yield town


def test_a_customer_moves_and_signs_with_the_new_certificate(town: Town) -> None:
    user_id = town.enrol(BEGIN).user_id
    assert user_id is not None
    town.at_the_counter("move", BEGIN + DAY, **MOVE)
    town.at_the_counter("sign-anew", BEGIN + 2 * DAY)
    now = BEGIN + 4 * DAY
    assert not town.log_in(now).followed
    outcome = town.open_account(now, CustomerEntry(name="見本 花子", address="見本県別市北1-1", birth_date="H2.4.15"))
    assert (outcome.user_id, outcome.followed, outcome.codes) == (user_id, True, ())
    kept = kept_attributes(town.desk, user_id)
    assert kept is not None
    assert kept.address == MOVE["address"]


def test_the_old_address_is_no_longer_the_customers(town: Town) -> None:
    town.enrol(BEGIN)
    town.at_the_counter("move", BEGIN + DAY, **MOVE)
    town.at_the_counter("sign-anew", BEGIN + 2 * DAY)
    assert town.open_account(BEGIN + 4 * DAY, ENTRY).codes == ("rp.entry.differs",)


def test_who_moved_can_enrol_with_the_pair_of_two_ages(town: Town) -> None:
    town.at_the_counter("move", BEGIN + DAY, **MOVE)
    town.at_the_counter("sign-anew", BEGIN + 2 * DAY)
    assert town.enrol(BEGIN + 4 * DAY).is_new_customer


def test_with_consent_a_move_is_asked_about(town: Town) -> None:
    user_id = town.enrol(BEGIN).user_id
    assert user_id is not None
    assert town.open_account(BEGIN, ENTRY).ok
    assert town.consent(BEGIN).ok
    latest = RegisterLatest(town.register)
    ceremony = ConsentCeremony(town.desk)
    town.at_the_counter("move", BEGIN + DAY, **MOVE)
    none_yet = ceremony.latest(user_id, latest, BEGIN + DAY, system_random)
    assert none_yet.finding is not None
    assert none_yet.finding.code == "rp.latest.no-certificate"
    town.at_the_counter("sign-anew", BEGIN + 2 * DAY)
    found = ceremony.latest(user_id, latest, BEGIN + 4 * DAY, system_random)
    assert found.is_new
    assert found.attributes is not None
    assert found.attributes.address == MOVE["address"]


def test_a_customer_with_a_new_card_stays_the_same(town: Town) -> None:
    user_id = town.enrol(BEGIN).user_id
    town.at_the_counter("lose-card", BEGIN + DAY)
    refused = town.log_in(BEGIN + 3 * DAY)
    assert refused.codes == ("jpki.revocation.revoked",)
    town.at_the_counter("reissue", BEGIN + 5 * DAY, card="alice", new_card="alice-2")
    town.at_the_counter("issue", BEGIN + 6 * DAY)
    town.at_the_counter("deliver", BEGIN + 8 * DAY)
    outcome = town.log_in(BEGIN + 10 * DAY, "alice-2")
    assert (outcome.user_id, outcome.followed, outcome.codes) == (user_id, True, ())


def test_a_bank_shows_years_later_what_it_saw(town: Town) -> None:
    """The address changed, the certificate was revoked, both CAs rolled over; the old roots are believed still."""
    user_id = town.enrol(BEGIN).user_id
    assert user_id is not None
    assert town.open_account(BEGIN, ENTRY).ok
    town.at_the_counter("move", BEGIN + DAY, **MOVE)
    town.at_the_counter("sign-anew", BEGIN + 2 * DAY)
    for kind in CaKind:
        roll_over(town.lab, kind, town.register, now=BEGIN + 3 * DAY)
    publish_due_crls(town.lab, now=BEGIN + 4 * DAY)
    with town.store.reading() as unit:
        kept = unit.evidence(user_id)
        found = [reverify_evidence(one, unit=unit, vault=town.desk.vault, trust=trust_store(town.lab)) for one in kept]
    assert [sorted(one) for one in found] == [["auth", "sign"], ["sign"]]
    again = [each for one in found for each in one.values()]
    assert all(each.ok and each.codes == () and each.verified_at == BEGIN for each in again)
    assert all(each.verdict and each.verdict.certificate for each in again)
