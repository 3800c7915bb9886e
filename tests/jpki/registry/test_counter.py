"""What an operation leaves in the register: certificates and their ends, links, records; all of it or nothing."""

from __future__ import annotations

import multiprocessing
import threading
from collections import Counter as Tally
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from jpki.errors import IssueError, OperationRefusedError, UnknownEntryError
from jpki.kinds import CaKind
from jpki.registry.certifying import CertificateOrder, MadeCertificate
from jpki.registry.counter import Counter
from jpki.registry.interfaces import Register
from jpki.registry.opening import create_register
from jpki.registry.records import CardState, CertificateId, Link, Medium, OperationRecord, ResidentState
from jpki.registry.request import Operation, Request
from jpki.validity import JST
from tests.jpki.registry.postgresql import POSTGRESQL, Cluster
from tests.jpki.registry.town import (
    PERSON,
    Town,
    Towns,
    asked_at,
    at_seven_past_ten,
    born_in,
    bring_into,
    cas_of,
    dump,
    found,
    opened,
    request,
)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Closes what a test opened."""
    with ExitStack() as stack:
        yield stack


def last_days(town: Town, now: datetime) -> dict[str, date]:
    """The day on which each certificate ends, in Japan."""
    return {
        place: town.register.certificate(id_).not_after.astimezone(JST).date()
        for place, id_ in town.certificates(now).items()
    }


CARD_ENDS = date(2036, 4, 15)  # the tenth birthday after 2026-06-01
ENDS = [
    pytest.param("made", dict.fromkeys(("coming-sign", "coming-auth"), date(2031, 4, 15)), id="the fifth birthday"),
    pytest.param("renewed", dict.fromkeys(("card-sign", "card-auth"), CARD_ENDS), id="renewed: the sixth birthday"),
    pytest.param(
        "signed-anew",
        dict.fromkeys(("card-sign", "card-auth"), date(2031, 4, 15)),
        id="a signing certificate alone: with the authentication certificate",
    ),
    pytest.param(
        "card-ending",
        dict.fromkeys(("card-sign", "card-auth", "phone-sign", "phone-auth"), CARD_ENDS),
        id="a phone's: with the card's, though that is the sixth birthday",
    ),
    pytest.param(
        "certified", dict.fromkeys(("card-sign", "card-auth"), CARD_ENDS), id="after their end: the fifth, and the card"
    ),
    pytest.param("child", {"card-auth": date(2030, 8, 20)}, id="a child's: with its card, the fifth birthday"),
]


@pytest.mark.parametrize(("situation", "ends"), ENDS)
def test_last_day(towns: Towns, situation: str, ends: dict[str, date]) -> None:
    with opened(towns.file(situation)) as town:
        assert last_days(town, asked_at(situation)) == ends


def test_first_signing_certificate_ends_with_the_card(towns: Towns, tmp_path: Path) -> None:
    with opened(towns.copy("fifteen", tmp_path / "register.db")) as town:
        town.do(Operation.SIGN_ANEW, asked_at("fifteen"))
        assert last_days(town, asked_at("fifteen")) == dict.fromkeys(("card-sign", "card-auth"), date(2030, 8, 20))


def test_newest_generation_issues(towns: Towns) -> None:
    """Three generations are alive in 2036, and a new card's certificates come from the third."""
    with opened(towns.file("successor-made")) as town:
        place = town.certificates(asked_at("successor-made"))
        keys = [generation.key_id for generation in town.cas[CaKind.SIGN]]
        issuers = {name: keys.index(town.register.certificate(place[name]).key_id) for name in place if "sign" in name}
    assert issuers == {"card-sign": 1, "coming-sign": 2, "phone-sign": 1}


LINKS = [
    pytest.param("made", "coming-sign", {(Link.PAIR, "coming-auth")}, id="issued together"),
    pytest.param("signed-anew", "card-sign", {(Link.PAIR, "card-auth")}, id="beside a living one"),
    pytest.param(
        "phone", "phone-sign", {(Link.PAIR, "phone-auth"), (Link.SMARTPHONE, "card-sign")}, id="card and smartphone"
    ),
    pytest.param(
        "phone-found", "phone-sign", {(Link.PAIR, "phone-auth"), (Link.SMARTPHONE, "card-sign")}, id="found phone"
    ),
    pytest.param("renewed", "card-sign", {(Link.PAIR, "card-auth")}, id="renewed"),
]


@pytest.mark.parametrize(("situation", "place", "links"), LINKS)
def test_links(towns: Towns, situation: str, place: str, links: set[tuple[Link, str]]) -> None:
    """公的個人認証法 Art. 18(4), (5)."""
    with opened(towns.file(situation)) as town:
        now = asked_at(situation)
        places = {id_: name for name, id_ in town.certificates(now).items()}
        id_ = town.certificates(now)[place]
        found_links = {
            (link.link, places[link.target if link.source == id_ else link.source])
            for link in town.register.links(id_, at=now)
            if link.link is not Link.SUCCESSOR
        }
    assert found_links == links


@pytest.mark.parametrize(
    ("before", "after", "places"),
    [
        ("moved", "signed-anew", {"card-sign"}),
        ("lost", "found", {"card-sign", "card-auth"}),
        ("renewable", "renewed", {"card-sign", "card-auth"}),
        ("phone-lost", "phone-found", {"phone-sign"}),
    ],
)
def test_old_and_new_are_linked(towns: Towns, before: str, after: str, places: set[str]) -> None:
    """証明書新旧紐付け情報, as PocketSign's documentation describes its use."""
    with opened(towns.file(before)) as town:
        old = town.certificates(asked_at(before))
    with opened(towns.file(after)) as town:
        now = asked_at(after)
        new = town.certificates(now)
        successors = {
            place: [link.target for link in town.register.links(old[place], at=now, link=Link.SUCCESSOR)]
            for place in old
        }
    assert {place: to for place, to in successors.items() if to} == {place: [new[place]] for place in places}


CARD = Medium.CARD


def _chain(town: Town, id_: CertificateId, now: datetime) -> list[CertificateId]:
    """Those before, newest first, by the newest link each time."""
    found: list[CertificateId] = []
    while True:
        links = town.register.links(id_, at=now, link=Link.SUCCESSOR)
        before = [link.source for link in links if link.target == id_]
        if not before:
            return found
        found.append(id_ := before[-1])


# What is done, on days in June 2026 → before which numbers of its kind the present certificate comes, newest first.
CHAINS = {
    "reissued": ("lost", "8 reissue", "9 issue", "10 deliver"),
    "returned-and-applied": ("in-use", "8 return-card", "9 apply", "9 issue", "10 deliver"),
    "discarded-between": ("lost", "8 reissue", "9 issue", "9 discard", "10 apply", "10 issue", "11 deliver"),
    "stopped-and-given-again": ("stopped", "8 certify"),
}
LENGTHS = {"reissued": 1, "returned-and-applied": 1, "discarded-between": 2, "stopped-and-given-again": 1}


@pytest.mark.parametrize("name", CHAINS)
def test_a_new_cards_certificates_come_after_those_of_the_card_before(towns: Towns, tmp_path: Path, name: str) -> None:
    """新旧紐付け goes by the person, whatever became of the card."""
    begin, *steps = CHAINS[name]
    with opened(towns.copy(begin, tmp_path / "register.db")) as town:
        for step in steps:
            number, operation = step.split()
            now = at_seven_past_ten(date(2026, 6, int(number)))
            town.do(Operation(operation), now)
        present = town.certificates(now)
        for kind in CaKind:
            issued = [one.id for one in town.register.certificates(kind=kind, person_id=PERSON)]
            *before, last = issued
            assert present[f"card-{kind.value}"] == last
            assert _chain(town, last, now) == before[::-1]
            assert len(before) == LENGTHS[name]


def test_a_new_phones_certificates_come_after_those_of_the_phone_given_up(towns: Towns, tmp_path: Path) -> None:
    now = at_seven_past_ten(date(2026, 6, 9))
    with opened(towns.copy("phone-given-up", tmp_path / "register.db")) as town:
        town.do(Operation.ENROL_PHONE, now)
        for kind in CaKind:
            certificates = town.register.certificates(kind=kind, person_id=PERSON)
            before, last = [one.id for one in certificates if one.medium is Medium.PHONE]
            assert _chain(town, last, now) == [before]


WAITING = (Operation.LOSE_CARD, Operation.FIND_CARD, Operation.DELIVER)


def test_a_card_that_was_certified_anew_while_the_next_one_waited_comes_before_it(towns: Towns, tmp_path: Path) -> None:
    """The certificates that are handed over are the older ones, and take the place of the others."""
    begin = asked_at("successor-made")
    with opened(towns.copy("successor-made", tmp_path / "register.db")) as town:
        days = [begin + timedelta(days=number) for number in range(3)]
        for operation, now in zip(WAITING, days, strict=True):
            town.do(operation, now)
        for kind in CaKind:
            ids = [one.id for one in town.register.certificates(kind=kind, person_id=PERSON) if one.medium is CARD]
            *_, first, waiting, newest = ids
            assert town.certificates(days[-1])[f"card-{kind.value}"] == waiting
            assert _chain(town, waiting, days[-1])[:2] == [newest, first]
            assert _chain(town, waiting, days[1])[:1] == [first]


def test_revocation_after_a_hold_keeps_the_date_of_the_hold(towns: Towns, tmp_path: Path) -> None:
    """X.509, holdInstructionCode: the revocation date is the date the certificate was placed on hold."""
    with opened(towns.copy("lost", tmp_path / "register.db")) as town:
        id_ = town.certificates(asked_at("lost"))["card-auth"]
        town.do(Operation.REISSUE, asked_at("lost"))
        status = town.register.status(id_, at=asked_at("lost"))
    assert status.since == at_seven_past_ten(date(2026, 6, 6))


def test_move_enters_the_new_record_and_keeps_the_old(towns: Towns) -> None:
    with opened(towns.file("moved")) as town:
        history = town.register.holder_history(PERSON)
    assert [record.holder.address for record in history] == ["見本県見本市中央一丁目２番３号", "見本県見本市港町九番"]
    assert {record.state for record in history} == {ResidentState.HERE}


@pytest.mark.parametrize(
    ("situation", "state"), [("abroad", ResidentState.ABROAD), ("deceased", ResidentState.DECEASED)]
)
def test_state_of_the_resident(towns: Towns, situation: str, state: ResidentState) -> None:
    with opened(towns.file(situation)) as town:
        assert town.register.holder(PERSON, at=asked_at(situation)).state is state


def test_lost_card_that_is_given_up_ends_and_another_begins(towns: Towns) -> None:
    with opened(towns.file("given-up")) as town:
        cards = town.register.cards(person_id=PERSON)
        states = [town.register.card_state(card.card_id, at=asked_at("given-up")) for card in cards]
    assert states == [CardState.ENDED, CardState.APPLIED]


def test_card_carries_what_was_asked_for(towns: Towns, tmp_path: Path) -> None:
    """Its name, its number, its profile, and an end that comes early: a foreign resident's."""
    wanted = Request(
        operation=Operation.APPLY, name="guest", number="4000000001", profile="C3", card_expiry=date(2027, 3, 31)
    )
    with opened(towns.copy("registered", tmp_path / "register.db")) as town:
        now = asked_at("registered")
        done = town.counter.perform(PERSON, wanted, now=now)
        town.counter.perform(PERSON, Request(operation=Operation.ISSUE), now=now)
        card = town.register.card(done.new_card_id or 0)
        assert set(last_days(town, now).values()) == {date(2027, 3, 31)}
    assert (card.name, card.number, card.profile, card.medium) == ("guest", "4000000001", "C3", Medium.CARD)
    assert card.expires == date(2027, 3, 31)


def test_audit_log_names_operation_and_desk_and_nobody(towns: Towns) -> None:
    with opened(towns.file("lost")) as town:
        entries = [each for each in town.register.timeline(person_id=PERSON) if isinstance(each, OperationRecord)]
    assert entries[-1].name == "lose-card"
    assert dict(entries[-1].details) == {"desk": "hot-line"}


def test_certificate_names_the_record_of_the_day(towns: Towns) -> None:
    with opened(towns.file("signed-anew")) as town:
        id_ = town.certificates(asked_at("signed-anew"))["card-sign"]
        der = town.register.certificate(id_).certificate_der
    assert "港町".encode() in der
    assert x509.load_der_x509_certificate(der).serial_number == id_.serial


class BreakingMaker:
    """Signs one certificate and fails at the second."""

    def __init__(self, town: Town) -> None:
        self._maker = town.counter._maker
        self._left = 1

    def make(self, order: CertificateOrder) -> MadeCertificate:
        """Once."""
        if not self._left:
            raise IssueError("the CA's key is out of reach")
        self._left -= 1
        return self._maker.make(order)


def test_signature_that_fails_undoes_everything_but_the_numbers(towns: Towns, tmp_path: Path) -> None:
    path = towns.copy("lost", tmp_path / "register.db")
    now = asked_at("lost")
    with opened(path) as town:
        before = (town.certificates(now), len(town.register.timeline(person_id=PERSON)), town.register.changes)
        with pytest.raises(IssueError):
            Counter(town.register, BreakingMaker(town)).perform(PERSON, request(Operation.FIND_CARD), now=now)
        assert (town.certificates(now), len(town.register.timeline(person_id=PERSON)), town.register.changes) == before
        town.do(Operation.FIND_CARD, now)
        assert town.certificates(now) != before[0]


def test_nobody(towns: Towns) -> None:
    with opened(towns.file("in-use")) as town, pytest.raises(UnknownEntryError):
        town.counter.perform("000002", request(Operation.MOVE), now=asked_at("in-use"))


# Operations that one of several desks wins; the others are refused by name.
RACES = [
    ("registered", Operation.APPLY, "registry.lifecycle.card-on-its-way"),
    ("applied", Operation.ISSUE, "registry.lifecycle.card-made-already"),
    ("phone", Operation.LOSE_CARD, "registry.lifecycle.card-suspended"),
    ("lost", Operation.FIND_CARD, "registry.lifecycle.card-not-suspended"),
    ("renewable", Operation.RENEW, "registry.lifecycle.too-early-to-renew"),
    ("moved", Operation.SIGN_ANEW, "registry.lifecycle.signing-certificate-lives"),
]
DESKS = 4
races = pytest.mark.parametrize(("situation", "operation", "code"), RACES, ids=[str(race[1].value) for race in RACES])


def attempt(register: Register, operation: Operation, now: datetime) -> str:
    """Do it; the code of the refusal, or "done"."""
    try:
        Town(register, cas_of(register)).do(operation, now)
    except OperationRefusedError as error:
        return error.refusal.code
    return "done"


@pytest.mark.parametrize("backend", ["sqlite", pytest.param("postgresql", marks=POSTGRESQL)])
@races
def test_threads_at_one_person(
    towns: Towns,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    stack: ExitStack,
    backend: str,
    situation: str,
    operation: Operation,
    code: str,
) -> None:
    """One of them wins."""
    if backend == "sqlite":
        towns.copy(situation, tmp_path / "register.db")
        register = stack.enter_context(opened(tmp_path / "register.db")).register
    else:
        cluster: Cluster = request.getfixturevalue("cluster")
        register = stack.enter_context(create_register(cluster.new_place()))
        bring_into(found(register, born=born_in(situation)), situation)
    together, answers = threading.Barrier(DESKS), []

    def desk() -> None:
        together.wait()
        answers.append(attempt(register, operation, asked_at(situation)))

    threads = [threading.Thread(target=desk) for _ in range(DESKS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Tally(answers) == {"done": 1, code: DESKS - 1}


def in_process(path: Path, operation: Operation, now: datetime) -> str:
    """A desk in a process of its own."""
    with opened(path) as town:
        return attempt(town.register, operation, now)


@races
def test_processes_at_one_person(towns: Towns, tmp_path: Path, situation: str, operation: Operation, code: str) -> None:
    """One of them wins, and no serial number is used twice."""
    path = towns.copy(situation, tmp_path / "register.db")
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as desks:
        attempts = [desks.submit(in_process, path, operation, asked_at(situation)) for _ in range(2)]
        answers = [attempt.result() for attempt in attempts]
    assert Tally(answers) == {"done": 1, code: 1}
    with opened(path) as town:
        issued: list[CertificateId] = [certificate.id for certificate in town.register.certificates(person_id=PERSON)]
    assert len(set(issued)) == len(issued)


def test_refusal_takes_no_serial_number(towns: Towns, tmp_path: Path) -> None:
    path = towns.copy("in-use", tmp_path / "register.db")
    before = dump(path)
    with opened(path) as town, pytest.raises(OperationRefusedError):
        town.do(Operation.RENEW, asked_at("in-use"))
    assert dump(path) == before
