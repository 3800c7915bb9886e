"""The lab's responder through the years: its certificates, the CAs' beginnings and ends, other processes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from jpki.kinds import CaKind
from jpki.registry.interfaces import Register
from jpki.registry.records import CertificateRecord
from mynalab.errors import LabBrokenError, LabUnwritableError
from mynalab.lab.lab import Lab
from mynalab.lab.outside import Outside
from mynalab.lab.responder import LabResponder
from tests.mynalab.lab.town import Town, day


@pytest.fixture
def outside(town: Town) -> Outside:
    return Outside(town.lab, town.register)


def alice(register: Register, kind: CaKind = CaKind.AUTH) -> CertificateRecord:
    return register.certificates(card="alice", kind=kind)[0]


def responder_certificates(lab: Lab) -> dict[str, x509.Certificate]:
    directory = lab.paths.public / "ocsp"
    return {path.stem: x509.load_der_x509_certificate(path.read_bytes()) for path in sorted(directory.glob("*.cer"))}


def codes(outside: Outside, certificate: CertificateRecord, at: datetime) -> list[str]:
    answer = outside.ask(certificate, at=at)
    return [finding.code for finding in answer.findings]


@pytest.mark.parametrize("on", [1, 14.99, 15, 16, 29.5, 400, 1500])
def test_answers_are_believed_all_the_time(town: Town, outside: Outside, on: float) -> None:
    assert codes(outside, alice(town.register), day(on)) == []
    assert codes(outside, alice(town.register, CaKind.SIGN), day(on)) == []


def test_there_is_one_certificate_a_ca_and_fortnight(town: Town, outside: Outside) -> None:
    for on in (1, 2, 3, 20):
        outside.ask(alice(town.register), at=day(on))
    found = responder_certificates(town.lab)
    assert len(found) == 2 * 6  # two turns of duty, three generations of both CAs
    for certificate in found.values():
        lives = certificate.not_valid_after_utc - certificate.not_valid_before_utc
        assert timedelta(days=29) < lives <= timedelta(days=30)


def test_the_clock_goes_on_for_years_and_back(town: Town, outside: Outside) -> None:
    moments = [day(1), day(1400), day(1), day(1400), day(-20)]
    asked = [codes(outside, alice(town.register), at) for at in moments]
    assert asked == [[], [], [], [], ["jpki.revocation.ocsp-unknown"]]  # alice's did not exist then
    assert len(responder_certificates(town.lab)) == 6 + 4 + 6  # the oldest generation has ended by 2030


def test_serial_numbers_are_nobody_elses(town: Town, outside: Outside) -> None:
    for on in range(0, 60, 10):
        outside.ask(alice(town.register), at=day(on))
    ours = [(cert.issuer, cert.serial_number) for cert in responder_certificates(town.lab).values()]
    theirs = [
        (one.issuer, one.serial_number) for one in map(x509.load_der_x509_certificate, _registered(town.register))
    ]
    assert len(set(ours + theirs)) == len(ours) + len(theirs)


def _registered(register: Register) -> Iterator[bytes]:
    yield from (one.certificate_der for one in register.certificates())
    yield from (one.certificate_der for one in register.authorities())


def test_a_rollover_appears_without_a_restart(town: Town, outside: Outside) -> None:
    assert codes(outside, alice(town.register), day(1)) == []
    town.roll_over(2)
    town.do("lose-card", 3, card="alice")
    town.do("find-card", 4, card="alice")
    new = town.register.certificates(card="alice", kind=CaKind.AUTH)[-1]
    assert new.key_id != alice(town.register).key_id
    assert codes(outside, new, day(5)) == []
    assert any(label.startswith("auth-4") for label in responder_certificates(town.lab))


def test_an_ended_ca_has_no_responder(town: Town, outside: Outside) -> None:
    """The oldest generation ends ten years after it began, in 2027."""
    oldest = min(one.not_after for one in town.register.authorities(CaKind.AUTH))
    outside.ask(alice(town.register), at=oldest - timedelta(days=1))
    before = len(responder_certificates(town.lab))
    outside.ask(alice(town.register), at=oldest + timedelta(days=20))
    after = responder_certificates(town.lab)
    assert len(after) - before == 4
    assert not [name for name in after if name.startswith("auth-first") and oldest < after[name].not_valid_before_utc]


def test_nobody_answers_before_the_cas(town: Town) -> None:
    answer = LabResponder(town.lab, town.register).answer(b"", at=day(-9000))
    assert answer.status.rfc_name == "malformedRequest"


def test_two_processes_and_many_threads_share_certificates(town: Town) -> None:
    outsides = [Outside(town.lab, town.register) for _ in range(8)]
    found: list[list[str]] = []

    def ask(outside: Outside) -> None:
        found.append(codes(outside, alice(town.register), day(1)))

    threads = [threading.Thread(target=ask, args=(outside,)) for outside in outsides]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[]] * 8
    assert len(responder_certificates(town.lab)) == 6


def test_a_broken_ca_is_named(town: Town, outside: Outside) -> None:
    town.lab.paths.ca_key("auth").write_bytes(b"no key")
    with pytest.raises(LabBrokenError, match=r"auth\.key"):
        outside.ask(alice(town.register), at=day(1))


def test_a_place_for_certificates_that_cannot_be_made(town: Town, outside: Outside) -> None:
    (town.lab.paths.public / "ocsp").write_bytes(b"in the way")
    with pytest.raises(LabUnwritableError):
        outside.ask(alice(town.register), at=day(1))


def test_a_damaged_certificate_is_named(town: Town, outside: Outside) -> None:
    outside.ask(alice(town.register), at=day(1))
    damaged = next(iter(sorted((town.lab.paths.public / "ocsp").glob("auth-2*.cer"))))
    damaged.write_bytes(b"damaged")
    with pytest.raises(LabBrokenError, match=damaged.name):
        Outside(town.lab, town.register).ask(alice(town.register), at=day(1))


def test_files_are_read_once(town: Town, outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of answers a second leave no time for the CAs' files."""
    outside.ask(alice(town.register), at=day(1))
    monkeypatch.setattr("mynalab.lab.generations._settled", lambda _changed_ns: True)
    responder = LabResponder(town.lab, town.register)
    responder.answer(b"", at=day(1))
    read: list[Path] = []
    monkeypatch.setattr(Path, "read_bytes", read.append)
    responder.answer(b"", at=day(1))
    assert read == []
