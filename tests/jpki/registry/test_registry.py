"""The register as its users see it: over memory, over a file, and over a file that others use."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from jpki.ca.authority import Authority, CaKind
from jpki.ca.crl import CRL_LIFETIME, CrlEntry, build_crl, crl_number_at
from jpki.errors import (
    AlreadyRevokedError,
    RegistryCorruptError,
    RegistryError,
    RegistryLockedError,
    RegistryNotFoundError,
    UnknownEntryError,
)
from jpki.holder import Holder
from jpki.reasons import RevocationReason
from jpki.registry.log import MemoryLog
from jpki.registry.records import CertificateId, CertificateState
from jpki.registry.registry import Registry

HOLD, MOVED = RevocationReason.CERTIFICATE_HOLD, RevocationReason.AFFILIATION_CHANGED
DAY = timedelta(days=1)
Fill = Callable[[Registry], dict[CaKind, CertificateId]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the register is."""
    return tmp_path / "register.jsonl"


@pytest.fixture
def fill(issue: Callable[..., bytes], holder: Holder, now: datetime) -> Fill:
    """Register the specimen person and give her card both certificates."""

    def run(registry: Registry) -> dict[CaKind, CertificateId]:
        registry.register_person("hanako", holder, now=now)
        ids = {}
        for kind in CaKind:
            serial = registry.allocate_serial(kind, now=now)
            issued = registry.record_certificate(
                issue(kind, serial=serial), kind=kind, person_id="hanako", card="hanako-1", now=now
            )
            ids[kind] = issued.id
        return ids

    return run


def test_one_counter_for_each_ca(now: datetime) -> None:
    """CA and holders' certificates take their numbers from one counter, and each CA has its own."""
    registry = Registry(MemoryLog())
    assert [registry.allocate_serial(CaKind.SIGN, now=now) for _ in range(3)] == [1, 2, 3]
    assert registry.allocate_serial(CaKind.AUTH, now=now) == 1
    assert registry.allocate_serial(CaKind.AUTH, now=now, at_least=20_169_545) == 20_169_545
    assert registry.allocate_serial(CaKind.AUTH, now=now, at_least=5) == 20_169_546


def test_look_up(fill: Fill, holder: Holder, now: datetime) -> None:
    """By identifier, kind, person and card."""
    registry = Registry(MemoryLog())
    ids = fill(registry)
    assert registry.person("hanako").holder == holder
    assert [person.person_id for person in registry.persons()] == ["hanako"]
    assert [found.id for found in registry.certificates()] == list(ids.values())
    assert [found.id for found in registry.certificates(kind=CaKind.AUTH)] == [ids[CaKind.AUTH]]
    assert len(registry.certificates(person_id="hanako", card="hanako-1")) == 2
    assert registry.certificates(card="hanako-2") == ()
    found = registry.certificate(ids[CaKind.SIGN])
    assert x509.load_der_x509_certificate(found.certificate_der).serial_number == found.id.serial
    assert found.at == now


def test_look_up_in_vain(now: datetime) -> None:
    """Unknown entries are errors, not None."""
    registry = Registry(MemoryLog())
    with pytest.raises(UnknownEntryError, match="nobody is registered as taro"):
        registry.person("taro")
    with pytest.raises(UnknownEntryError, match="no sign certificate 5"):
        registry.certificate(CertificateId(CaKind.SIGN, 5))
    with pytest.raises(UnknownEntryError, match="no sign certificate 5"):
        registry.revoke([CertificateId(CaKind.SIGN, 5)], HOLD, now=now)


@pytest.mark.parametrize(("kind", "other"), [tuple(CaKind), tuple(reversed(CaKind))], ids=["sign", "auth"])
def test_a_certificate_is_not_recorded_under_the_other_ca(
    now: datetime, issue: Callable[..., bytes], holder: Holder, kind: CaKind, other: CaKind
) -> None:
    """Its revocation would go on the list of a CA that did not issue it."""
    registry = Registry(MemoryLog())
    registry.register_person("hanako", holder, now=now)
    serial = registry.allocate_serial(kind, now=now)
    with pytest.raises(RegistryError, match=f"no certificate of the {kind.value} CA"):
        registry.record_certificate(issue(other, serial=serial), kind=kind, person_id="hanako", card="card", now=now)
    assert registry.certificates() == ()


def test_what_is_no_certificate_is_not_recorded(now: datetime) -> None:
    """The serial number is read from the certificate itself."""
    with pytest.raises(RegistryError, match="no certificate"):
        Registry(MemoryLog()).record_certificate(b"\x30\x00", kind=CaKind.SIGN, person_id="p", card="c", now=now)


def test_lost_card_holds_both_certificates(fill: Fill, now: datetime) -> None:
    """One event: both are on hold, or neither."""
    registry = Registry(log := MemoryLog())
    ids = fill(registry)
    before = len(log.events)
    registry.revoke(ids.values(), HOLD, now=now + DAY)
    assert len(log.events) == before + 1
    assert {registry.status(id_, at=now + DAY).state for id_ in ids.values()} == {CertificateState.ON_HOLD}


def test_refused_event_leaves_no_trace(fill: Fill, now: datetime) -> None:
    """What the rules refuse is not written."""
    registry = Registry(log := MemoryLog())
    ids = fill(registry)
    registry.revoke([ids[CaKind.SIGN]], MOVED, now=now)
    before = list(log.events)
    with pytest.raises(AlreadyRevokedError):
        registry.revoke(ids.values(), HOLD, now=now + DAY)
    assert log.events == before
    assert registry.status(ids[CaKind.AUTH], at=now + DAY).state is CertificateState.GOOD


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        pytest.param(0, [], id="day-0"),
        pytest.param(1, [(2, HOLD, 1)], id="day-1-held"),
        pytest.param(2, [(1, MOVED, 2), (2, HOLD, 1)], id="day-2-another-revoked"),
        pytest.param(3, [(1, MOVED, 2), (2, RevocationReason.KEY_COMPROMISE, 1)], id="day-3-hold-became-revocation"),
    ],
)
def test_crl_at(
    issue: Callable[..., bytes],
    holder: Holder,
    authorities: Mapping[CaKind, Authority],
    now: datetime,
    days: int,
    expected: list[tuple[int, RevocationReason, int]],
) -> None:
    """The CRL at T, asked after everything has happened, is what it was at T."""
    registry = Registry(MemoryLog())
    registry.register_person("p", holder, now=now)
    for _ in range(2):
        der = issue(CaKind.AUTH, serial=registry.allocate_serial(CaKind.AUTH, now=now))
        registry.record_certificate(der, kind=CaKind.AUTH, person_id="p", card="c", now=now)
    one, two = (CertificateId(CaKind.AUTH, serial) for serial in (1, 2))
    registry.revoke([two], HOLD, now=now + DAY)
    registry.revoke([one], MOVED, now=now + 2 * DAY)
    registry.revoke([two], RevocationReason.KEY_COMPROMISE, now=now + 3 * DAY)
    moment = now + days * DAY
    entries = registry.crl_entries(CaKind.AUTH, at=moment)
    assert entries == tuple(
        CrlEntry(serial=serial, reason=reason, revoked_at=now + since * DAY) for serial, reason, since in expected
    )
    assert registry.crl_entries(CaKind.SIGN, at=moment) == ()
    crl = build_crl(
        authorities[CaKind.AUTH],
        entries=entries,
        number=crl_number_at(moment),
        this_update=moment,
        next_update=moment + CRL_LIFETIME,
    )
    assert [found.serial_number for found in x509.load_der_x509_crl(crl)] == [serial for serial, _, _ in expected]


def test_file_holds_everything(path: Path, fill: Fill, now: datetime) -> None:
    """Closed and opened again, the register answers the same."""
    registry = Registry.create(path)
    ids = fill(registry)
    registry.revoke(ids.values(), HOLD, now=now + DAY)
    again = Registry.open(path)
    assert again.persons() == registry.persons()
    assert again.certificates() == registry.certificates()
    assert again.crl_entries(CaKind.SIGN, at=now + DAY) == registry.crl_entries(CaKind.SIGN, at=now + DAY)
    assert again.allocate_serial(CaKind.SIGN, now=now) == 2
    assert again.unfinished_bytes == 0


def test_same_events_same_bytes(tmp_path: Path, fill: Fill) -> None:
    """A seed makes the lab reproducible byte for byte."""
    for name in ("one", "two"):
        fill(Registry.create(tmp_path / name))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.mark.parametrize("lines", range(1, 8))
def test_crash_between_events(path: Path, fill: Fill, now: datetime, lines: int) -> None:
    """After any whole number of events the register opens, and goes on with numbers nobody has."""
    registry = Registry.create(path)
    ids = fill(registry)
    registry.revoke(ids.values(), HOLD, now=now)
    whole = path.read_bytes().splitlines(keepends=True)
    assert len(whole) == 7
    path.write_bytes(b"".join(whole[:lines]))
    survivor = Registry.open(path)
    recorded = {found.id for found in survivor.certificates()}
    fresh = CertificateId(CaKind.SIGN, survivor.allocate_serial(CaKind.SIGN, now=now))
    assert fresh not in recorded
    assert len(Registry.open(path).certificates()) == len(recorded)


def test_half_written_revocation_did_not_happen(path: Path, fill: Fill, now: datetime) -> None:
    """Cut in its last line the register tells so, and the revocation can be made again."""
    registry = Registry.create(path)
    ids = fill(registry)
    acknowledged = path.read_bytes()
    registry.revoke(ids.values(), HOLD, now=now)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    survivor = Registry.open(path)
    assert survivor.unfinished_bytes == len(whole) - len(acknowledged) - 1
    assert survivor.status(ids[CaKind.AUTH], at=now).state is CertificateState.GOOD
    survivor.revoke(ids.values(), HOLD, now=now)
    assert path.read_bytes() == whole


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param(b'"certificateHold"', b'"removeFromCRL"', "no reason 'removeFromCRL'", id="no-such-reason"),
        pytest.param(b'"ids":["sign:1"', b'"ids":["sign:3"', "no sign certificate 3", id="no-such-certificate"),
        pytest.param(b'"event":"revocation"', b'"event":"serial"', "'id' is missing", id="another-event"),
    ],
)
def test_senseless_event_names_its_line(
    path: Path, fill: Fill, now: datetime, old: bytes, new: bytes, message: str
) -> None:
    """JSON that is well formed but contradicts what came before is corruption, with file and line."""
    registry = Registry.create(path)
    registry.revoke(fill(registry).values(), HOLD, now=now)
    path.write_bytes(path.read_bytes().replace(old, new))
    with pytest.raises(RegistryCorruptError, match=message) as caught:
        Registry.open(path)
    assert (caught.value.path, caught.value.line) == (path, 7)


def test_missing_file(path: Path) -> None:
    """Opening creates nothing."""
    with pytest.raises(RegistryNotFoundError):
        Registry.open(path)
    assert not path.exists()


def test_another_process_revokes(path: Path, fill: Fill, now: datetime) -> None:
    """A long-lived reader learns of it by ``refresh``; a writer by itself."""
    reader = Registry.create(path)
    ids = fill(reader)
    writer = Registry.open(path)
    writer.revoke([ids[CaKind.AUTH]], HOLD, now=now)
    assert reader.status(ids[CaKind.AUTH], at=now).state is CertificateState.GOOD
    reader.refresh()
    assert reader.status(ids[CaKind.AUTH], at=now).state is CertificateState.ON_HOLD
    with pytest.raises(AlreadyRevokedError):
        Registry.open(path).revoke([ids[CaKind.AUTH]], HOLD, now=now)


def test_racing_registers_never_share_a_serial(path: Path, now: datetime) -> None:
    """Four registers on one file take forty numbers: forty different ones, without a gap."""
    Registry.create(path)
    taken: list[int] = []

    def take() -> None:
        registry = Registry.open(path)
        taken.extend(registry.allocate_serial(CaKind.SIGN, now=now) for _ in range(10))

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(taken) == list(range(1, 41))


def test_racing_revocations_happen_once(path: Path, fill: Fill, now: datetime) -> None:
    """Of four that revoke one certificate at once, one does and three are told."""
    ids = fill(Registry.create(path))
    outcomes: list[str] = []
    barrier = threading.Barrier(4)

    def revoke() -> None:
        registry = Registry.open(path)
        barrier.wait(10)
        try:
            registry.revoke([ids[CaKind.SIGN]], MOVED, now=now)
            outcomes.append("revoked")
        except AlreadyRevokedError:
            outcomes.append("told")

    threads = [threading.Thread(target=revoke) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(outcomes) == ["revoked", "told", "told", "told"]


def test_held_for_entries_that_belong_together(path: Path, fill: Fill, now: datetime) -> None:
    """Others wait until all are made; the file is as though they were made one by one, each durable by itself."""
    registry = Registry.create(path)
    with registry.held(), registry.held():
        fill(registry)
        assert path.read_bytes().count(b"\n") == 6
        with pytest.raises(RegistryLockedError):
            Registry.open(path, wait=False)
    assert Registry.open(path, wait=False).person_count == registry.person_count == 1
    single = Registry.create(path.with_name("single"))
    fill(single)
    assert path.with_name("single").read_bytes() == path.read_bytes()


def test_held_no_longer_after_an_error(path: Path, holder: Holder, now: datetime) -> None:
    """What was entered before it stays, and the next entry knows what others wrote meanwhile."""
    registry, other = Registry.create(path), Registry.open(path)
    registry.allocate_serial(CaKind.SIGN, now=now)
    with pytest.raises(RegistryError), registry.held():
        registry.register_person("", holder, now=now)
    assert other.allocate_serial(CaKind.SIGN, now=now) == 2
    assert registry.allocate_serial(CaKind.SIGN, now=now) == 3
