"""What keeps customers: challenges used once by threads and processes, kills, schemas, refusals of the database."""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
from sqlalchemy import Connection, inspect, text

from jpki.kinds import CaKind
from jpki.rp import login
from jpki.rp.ceremony import SignedResponse
from jpki.rp.challenges import Pending, Taken
from jpki.rp.customer_login import CustomerLogin
from jpki.rp.enrolment import EnrolmentCeremony, EnrolmentResponse
from jpki.rp.enrolment import answer as answer_enrolment
from jpki.rp.errors import RpSchemaError, RpStorageBusyError, RpStorageError
from jpki.rp.evidence import read_evidence, reverify_evidence
from jpki.rp.outcome import CustomerOutcome
from jpki.rp.storage.migrations import prepare
from jpki.rp.storage.schema import SCHEMA, metadata
from jpki.rp.storage.store import SqlStore
from jpki.rp.vault import Vault
from tests.jpki.rp.bank import KEY, NOW, ORIGIN, Bank
from tests.jpki.rp.storage.worker import pending

CUSTOMERS = Path(__file__).parents[4] / "fixtures" / "customers"
WORKER = Path(__file__).with_name("worker.py")
LOG_INS = 2_000
MINUTE = timedelta(minutes=1)


def start(place: Path | str, *words: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "error", WORKER, str(place), *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def lines(process: subprocess.Popen[str]) -> list[str]:
    out, errors = process.communicate(timeout=100)
    assert errors == ""
    return out.splitlines()


def test_a_challenge_is_fresh_once(store: SqlStore) -> None:
    store.challenges.put(pending(1), now=NOW)
    assert [store.challenges.take(pending(1), now=NOW) for _ in range(3)] == [Taken.FRESH, Taken.USED, Taken.USED]


def test_a_challenge_never_put_is_unknown(store: SqlStore) -> None:
    assert store.challenges.take(pending(1), now=NOW) is Taken.UNKNOWN


CHANGES: dict[str, Callable[[Pending], Pending]] = {
    "begun-at": lambda one: replace(one, begun_at=NOW - MINUTE),
    "origin": lambda one: replace(one, statement=replace(one.statement, origin="https://other.example")),
    "expiry": lambda one: replace(one, statement=replace(one.statement, expires_at=NOW + 60 * MINUTE)),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_changed_challenge_is_unknown_and_uses_nothing_up(
    store: SqlStore, change: Callable[[Pending], Pending]
) -> None:
    store.challenges.put(pending(1), now=NOW)
    assert store.challenges.take(change(pending(1)), now=NOW) is Taken.UNKNOWN
    assert store.challenges.take(pending(1), now=NOW) is Taken.FRESH


def test_the_same_nonce_twice_is_the_random_sources_mistake(store: SqlStore) -> None:
    store.challenges.put(pending(1), now=NOW)
    with pytest.raises(ValueError, match="the same nonce twice"):
        store.challenges.put(pending(1), now=NOW)


def test_old_challenges_are_forgotten(store: SqlStore) -> None:
    for nonce in range(500):
        store.challenges.put(pending(nonce), now=NOW + timedelta(hours=2 * (nonce // 250)))
    known = [store.challenges.take(pending(nonce), now=NOW) for nonce in range(250)]
    assert Counter(known)[Taken.UNKNOWN] > 200


def test_two_thousand_log_ins_in_threads_use_each_challenge_once(bank: Bank) -> None:
    """Each answer is sent twice, at the same time as others; one of the two is accepted."""
    card = bank.card()
    user_id = bank.enrol(card).user_id
    ceremony = CustomerLogin(bank.desk)
    begun = [ceremony.begin(NOW, bank.rng) for _ in range(LOG_INS)]
    # The card signs one after the other; the server is what is tested.
    answers = [(one, login.answer(challenge, card, pin="1234", origin=ORIGIN, now=NOW)) for challenge, one in begun]
    twice = [*answers, *answers]
    random.Random(1).shuffle(twice)

    def complete(one: tuple[Pending, SignedResponse]) -> tuple[bytes, str | None, tuple[str, ...]]:
        outcome = ceremony.complete(*one, NOW)
        return one[0].nonce, outcome.user_id, outcome.codes

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(complete, twice))
    accepted = Counter(nonce for nonce, user, _ in results if user is not None)
    assert len(accepted) == LOG_INS
    assert set(accepted.values()) == {1}
    assert {user for _, user, _ in results} == {user_id, None}
    assert Counter(codes for _, _, codes in results) == {(): LOG_INS, ("jpki.challenge.used",): LOG_INS}


def test_processes_use_two_thousand_challenges_once(store: SqlStore, place: Path | str, tmp_path: Path) -> None:
    with store.database.writing() as connection:  # in one transaction: what is tested is taking them
        from jpki.rp.storage.challenges import _digest, _key
        from jpki.rp.storage.schema import challenges

        rows = [
            {"nonce_hash": _key(pending(n)), "digest": _digest(pending(n)), "forget_at": 2**40} for n in range(LOG_INS)
        ]
        connection.execute(challenges.insert(), rows)
    processes = []
    for number in range(3):
        order = list(range(LOG_INS))
        random.Random(number).shuffle(order)
        file = tmp_path / f"order-{number}.json"
        file.write_text(json.dumps(order))
        processes.append(start(place, "take", file))
    fresh = Counter(line for process in processes for line in lines(process) if line.startswith("fresh"))
    assert len(fresh) == LOG_INS
    assert set(fresh.values()) == {1}


def test_of_many_who_enrol_one_card_at_once_one_wins(bank: Bank) -> None:
    """Everybody has a challenge and an answer of their own."""
    card = bank.card()
    ceremony = EnrolmentCeremony(bank.desk)
    prepared: list[tuple[Pending, EnrolmentResponse]] = []
    for _ in range(8):
        challenge, one = ceremony.begin(NOW, bank.rng)
        prepared.append((one, answer_enrolment(challenge, card, auth_pin="1", sign_pin="2", origin=ORIGIN, now=NOW)))
    outcomes: list[CustomerOutcome] = []
    barrier = Barrier(len(prepared))

    def race(one: Pending, response: EnrolmentResponse) -> None:
        barrier.wait()
        outcomes.append(ceremony.complete(one, response, NOW, bank.rng))

    threads = [Thread(target=race, args=arguments) for arguments in prepared]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.codes for one in outcomes) == [(), *[("rp.customer.already-enrolled",)] * 7]


def test_of_many_who_follow_at_once_one_binds(bank: Bank) -> None:
    user_id = bank.enrol(bank.card()).user_id
    bank.succeed(CaKind.AUTH, 22, 12)
    renewed = bank.card(sign=21, auth=22)
    ceremony = CustomerLogin(bank.desk)
    prepared = []
    for _ in range(8):
        challenge, one = ceremony.begin(NOW, bank.rng)
        prepared.append((one, login.answer(challenge, renewed, pin="1234", origin=ORIGIN, now=NOW)))
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda one: ceremony.complete(*one, NOW), prepared))
    assert {one.user_id for one in outcomes} == {user_id}
    assert sum(one.followed for one in outcomes) == 1


def test_what_is_read_in_one_go_is_of_one_moment(store: SqlStore) -> None:
    with store.reading() as unit:
        assert unit.customer("one") is None
        with store.unit() as other:
            other.add_customer("one", at=NOW)
            other.add_customer("two", at=NOW)
        assert unit.customer("two") is None
    with store.reading() as unit:
        assert unit.customer("two") is not None


def test_whoever_is_killed_leaves_whole_customers(store: SqlStore, place: Path | str) -> None:
    said: set[str] = set()
    for number in range(4):
        process = start(place, "enrol", f"killed{number}")
        assert process.stdout is not None
        for _ in range(5 + 3 * number):
            process.stdout.readline()
        process.kill()
        rest, _ = process.communicate(timeout=60)
        said |= {line.removeprefix("enrolled ") for line in rest.splitlines() if line.startswith("enrolled ")}
    # A server notices only after a while that a client is gone, and then undoes what it had begun.
    time.sleep(0.2)
    with store.database.reading() as connection:
        customers = set(connection.execute(text("SELECT user_id FROM rp_customers")).scalars())
        bound = Counter(connection.execute(text("SELECT user_id FROM rp_certificates")).scalars())
        evidence = Counter(connection.execute(text("SELECT user_id FROM rp_evidence")).scalars())
        numbers = list(connection.execute(text("SELECT number FROM rp_certificates ORDER BY number")).scalars())
    assert said <= customers
    assert bound == Counter(dict.fromkeys(customers, 2))
    assert evidence == Counter(dict.fromkeys(customers, 1))
    assert numbers == list(range(1, 2 * len(customers) + 1))


def test_the_tables_are_those_of_the_schema(store: SqlStore) -> None:
    with store.database.reading() as connection:
        assert set(inspect(connection).get_table_names()) == set(metadata.tables)


def test_opening_again_finds_what_was_kept(bank: Bank, place: Path | str) -> None:
    user_id = bank.enrol(bank.card()).user_id
    assert user_id is not None
    with SqlStore(place) as again, again.reading() as unit:
        assert unit.customer(user_id) is not None


def test_a_file_that_was_left_empty_by_a_crash_is_filled(tmp_path: Path) -> None:
    (tmp_path / "customers.db").touch()
    with SqlStore(tmp_path / "customers.db") as store, store.reading() as unit:
        assert unit.customer("x") is None


@pytest.mark.parametrize("number", [0, SCHEMA + 1])
def test_another_schema_is_refused(store: SqlStore, place: Path | str, number: int) -> None:
    with store.database.writing() as connection:
        connection.execute(text(f"UPDATE rp_about SET schema = {number}"))
    with pytest.raises(RpSchemaError) as refusal:
        SqlStore(place)
    assert (refusal.value.found, refusal.value.expected) == (number, SCHEMA)


def test_migrations_run_in_their_order_once(store: SqlStore) -> None:
    def add(column: str) -> Callable[[Connection], None]:
        return lambda connection: connection.execute(text(f"ALTER TABLE rp_customers ADD COLUMN {column} INTEGER"))

    steps = {SCHEMA: add("one"), SCHEMA + 1: add("two")}
    for _ in range(2):
        with store.database.writing() as connection:
            prepare(connection, "here", migrations=steps, schema=SCHEMA + 2)
    with store.database.reading() as connection:
        columns = [one["name"] for one in inspect(connection).get_columns("rp_customers")]
        assert columns[-2:] == ["one", "two"]
        assert connection.execute(text("SELECT schema FROM rp_about")).scalar_one() == SCHEMA + 2


def test_customers_of_the_first_schema_are_brought_up(tmp_path: Path) -> None:
    """A file of before evidence had data: an enrolment and an account, with the tests' key."""
    path = tmp_path / "customers.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((CUSTOMERS / "schema-1.sqlite.sql").read_text())
    vault = Vault(KEY)
    with SqlStore(path) as store, store.reading() as unit, SqlStore(tmp_path / "new.db") as new:
        (user_id,) = {one.user_id for number in range(1, 3) for one in unit.page(after=number - 1, last=2, limit=1)}
        records = unit.evidence(user_id)
        bodies = [read_evidence(one, vault) for one in records]
        again = [reverify_evidence(one, unit=unit, vault=vault) for one in records]
        shapes = [
            inspect(one.database._engine).get_columns("rp_certificates")[-1:]
            + inspect(one.database._engine).get_columns("rp_evidence_data")
            for one in (store, new)
        ]
    assert [sorted(one["signed"]) for one in bodies] == [["auth", "sign"], ["sign"]]
    assert {code for each in again for one in each.values() for code in one.codes} == {"jpki.evidence.unreadable"}
    assert [str(one["type"]) for one in shapes[0]] == ["BLOB", "BLOB", "BIGINT", "BLOB"]
    assert [(one["name"], one["nullable"], str(one["type"])) for one in shapes[0]] == [
        (one["name"], one["nullable"], str(one["type"])) for one in shapes[1]
    ]


def test_the_data_of_evidence_are_brought_up_wherever_they_are(store: SqlStore) -> None:
    with store.database.writing() as connection:
        connection.execute(text("DROP TABLE rp_evidence_data"))
        connection.execute(text("ALTER TABLE rp_certificates DROP COLUMN points"))
        connection.execute(text("UPDATE rp_about SET schema = 1"))
        prepare(connection, "here")
    with store.unit() as unit:
        unit.add_data(b"hash", b"sealed", until=NOW)
        assert unit.data(b"hash") == b"sealed"


def test_a_migration_that_fails_changes_nothing(store: SqlStore) -> None:
    def fail(connection: Connection) -> None:
        connection.execute(text("ALTER TABLE rp_customers ADD COLUMN half INTEGER"))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), store.database.writing() as connection:
        prepare(connection, "here", migrations={SCHEMA: fail}, schema=SCHEMA + 1)
    with store.database.reading() as connection:
        assert "half" not in [one["name"] for one in inspect(connection).get_columns("rp_customers")]


def test_another_programs_tables_are_refused(store: SqlStore, place: Path | str) -> None:
    with store.database.writing() as connection:
        connection.execute(text("UPDATE rp_about SET format = 'other'"))
    with pytest.raises(RpStorageError, match="another program's"):
        SqlStore(place)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "customers.db").write_bytes(b"no database " * 100)
    with pytest.raises(RpStorageError, match="no customers, or is damaged"):
        SqlStore(tmp_path / "customers.db")


def test_a_directory_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RpStorageError, match="No such file"):
        SqlStore(tmp_path / "missing" / "customers.db")


def test_who_waits_too_long_is_told_so(tmp_path: Path) -> None:
    path = tmp_path / "customers.db"
    with SqlStore(path, wait_s=0.05) as store, closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(RpStorageBusyError, match="another process is writing"):
            store.challenges.put(pending(1), now=NOW)


def test_no_password_of_a_url_is_shown() -> None:
    with pytest.raises(RpStorageError) as refusal:
        SqlStore("mysql://user:secret@host/db")
    assert "secret" not in str(refusal.value) + str(refusal.value.place)


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    with SqlStore(tmp_path / "customers.db"):
        assert (tmp_path / "customers.db").stat().st_mode & 0o077 == 0
