"""A register of the first release becomes one of today: everything, once, whatever happens in between."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jpki.errors import RegistryCorruptError, RegistryExistsError, RegistryNotFoundError
from jpki.kinds import CaKind
from jpki.reasons import RevocationReason as Reason
from jpki.registry import journal_import
from jpki.registry.interfaces import Register
from jpki.registry.journal_import import import_journal
from jpki.registry.opening import create_register, open_register
from jpki.registry.records import CertificateId, CertificateState, Link, Medium
from tests.jpki.registry.old_journal import JOURNAL, old_authorities
from tests.jpki.registry.stock import a_card

NOW = datetime(2026, 4, 3, tzinfo=UTC)
BEFORE = datetime(2026, 3, 20, tzinfo=UTC)
LINES = JOURNAL.read_text("utf-8").splitlines(keepends=True)


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """The old file, in its place."""
    path = tmp_path / "register.jsonl"
    shutil.copyfile(JOURNAL, path)
    return path


def _imported(journal: Path) -> Register:
    return import_journal(journal, journal.with_name("register.db"), authorities=old_authorities(), now=NOW)


@pytest.fixture
def register(journal: Path) -> Iterator[Register]:
    """The new one."""
    with _imported(journal) as register:
        yield register


def test_journal_is_set_aside(register: Register, journal: Path) -> None:
    assert not journal.exists()
    assert journal.with_name("register.jsonl.imported").read_bytes() == JOURNAL.read_bytes()


def test_people_and_cards(register: Register) -> None:
    assert [person.person_id for person in register.persons()] == [f"00000{number}" for number in range(1, 6)]
    names = ["adult-resident", "renewed", "moved", "held-then-revoked", "certificate-expired"]
    assert [card.name for card in register.cards()] == names
    assert register.person("000002").at == datetime(2021, 6, 2, 0, 30, tzinfo=UTC)
    assert len(register.certificates()) == 12


@pytest.mark.parametrize(
    ("serial", "at", "state", "reason"),
    [
        pytest.param("sign:64059", NOW, CertificateState.GOOD, None, id="good"),
        pytest.param("sign:64061", NOW, CertificateState.REVOKED, Reason.SUPERSEDED, id="renewed"),
        pytest.param("sign:64063", NOW, CertificateState.REVOKED, Reason.AFFILIATION_CHANGED, id="moved"),
        pytest.param("auth:72805", NOW, CertificateState.GOOD, None, id="moved-log-in-lives"),
        pytest.param("auth:72806", BEFORE, CertificateState.ON_HOLD, Reason.CERTIFICATE_HOLD, id="held"),
        pytest.param("auth:72806", NOW, CertificateState.REVOKED, Reason.CESSATION_OF_OPERATION, id="revoked"),
    ],
)
def test_status(register: Register, serial: str, at: datetime, state: CertificateState, reason: Reason | None) -> None:
    kind, _, number = serial.partition(":")
    found = register.status(CertificateId(CaKind(kind), int(number)), at=at)
    assert (found.state, found.reason) == (state, reason)


@pytest.mark.parametrize(("kind", "following"), [(CaKind.SIGN, 64066), (CaKind.AUTH, 72808)])
def test_counters_go_on(register: Register, kind: CaKind, following: int) -> None:
    assert register.reserve(kind) == range(following, following + 1)


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        pytest.param("adult-resident", [(Link.PAIR, 64059, 72801)], id="pair"),
        pytest.param(
            "renewed",
            [
                (Link.PAIR, 64061, 72803),
                (Link.PAIR, 64062, 72804),
                (Link.SUCCESSOR, 64061, 64062),
                (Link.SUCCESSOR, 72803, 72804),
            ],
            id="renewal",
        ),
    ],
)
def test_links(register: Register, card: str, expected: list[tuple[Link, int, int]]) -> None:
    found = {
        (link.link, link.source.serial, link.target.serial)
        for one in register.certificates(card=card)
        for link in register.links(one.id, at=NOW)
    }
    assert sorted(found, key=str) == sorted(expected, key=str)


def test_generation_by_key(register: Register) -> None:
    """The expired one is of the earlier generation, which the journal did not say."""
    generations = {one.card: register.authority(one.id.kind, one.key_id).generation for one in register.certificates()}
    assert (generations["certificate-expired"], generations["adult-resident"]) == (1, 2)


def test_card_that_is_told(journal: Path) -> None:
    told = {"moved": a_card("moved", Medium.PHONE)}
    place = journal.with_name("register.db")
    with import_journal(journal, place, authorities=old_authorities(), cards=told, now=NOW) as register:
        assert register.cards(name="moved")[0].medium is Medium.PHONE
        assert register.cards(name="renewed")[0].profile == "unknown"


@pytest.mark.parametrize("step", ["_make_or_open", "_reserve", "_set_aside"])
def test_killed_in_between(journal: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Before or after each step: the next process does what is left to do."""

    def die(*_: object, **__: object) -> None:
        raise InterruptedError

    with monkeypatch.context() as patched:
        patched.setattr(journal_import, step, die)
        with pytest.raises(InterruptedError):
            _imported(journal)
    assert journal.exists()
    with _imported(journal) as register:
        assert len(register.certificates()) == 12
    assert not journal.exists()


def test_register_of_somebody_else(journal: Path, register: Register) -> None:
    """A journal is never laid aside unread."""
    other = journal.with_name("other.db")
    with create_register(other) as made, made.transaction(now=NOW) as unit:
        unit.register_person("taro", register.person("000001").holder)
    shutil.copyfile(JOURNAL, journal)
    with pytest.raises(RegistryExistsError, match="other entries already"):
        import_journal(journal, other, authorities=old_authorities(), now=NOW)
    assert journal.exists()


@pytest.mark.parametrize("line", [1, 4, 20])
def test_damaged_journal(journal: Path, line: int) -> None:
    """Nothing is made of it, and it stays where it is."""
    damaged = list(LINES)
    damaged[line] = damaged[line].replace("event", "evenf")
    journal.write_text("".join(damaged), "utf-8")
    with pytest.raises(RegistryCorruptError) as caught:
        _imported(journal)
    assert caught.value.line == line + 1
    assert sorted(path.name for path in journal.parent.iterdir()) == ["register.jsonl"]


def test_no_journal(tmp_path: Path) -> None:
    with pytest.raises(RegistryNotFoundError):
        _imported(tmp_path / "register.jsonl")


def test_ca_that_is_not_told(journal: Path) -> None:
    place = journal.with_name("register.db")
    with pytest.raises(journal_import.RegistryError, match="no sign CA with the key identifier"):
        import_journal(journal, place, authorities=[], now=NOW)
    assert journal.exists()
    with open_register(place) as register:
        assert register.count_persons() == 0
