"""Revocation lists: bytes, three dates, reasons, speed."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from jpki.ca.authority import Authority, CaKind
from jpki.ca.crl import CRL_LIFETIME, CrlEntry, build_crl, crl_number_at
from jpki.errors import IssueError
from jpki.profiles import CRL_RULES
from jpki.reasons import RevocationReason

HOLD = RevocationReason.CERTIFICATE_HOLD


def entry(serial: int, revoked_at: datetime, reason: RevocationReason = HOLD) -> CrlEntry:
    """One entry."""
    return CrlEntry(serial=serial, revoked_at=revoked_at, reason=reason)


@pytest.fixture
def publish(authorities: Mapping[CaKind, Authority], now: datetime) -> Callable[..., bytes]:
    """The CRL of the authentication CA at ``now``."""

    def make(*entries: CrlEntry, kind: CaKind = CaKind.AUTH, number: int | None = None) -> bytes:
        return build_crl(
            authorities[kind],
            entries=entries,
            number=crl_number_at(now) if number is None else number,
            this_update=now,
            next_update=now + CRL_LIFETIME,
        )

    return make


def parse(der: bytes) -> x509.CertificateRevocationList:
    """Read with a parser that is not ours."""
    return x509.load_der_x509_crl(der)


def test_shape(publish: Callable[..., bytes], authorities: Mapping[CaKind, Authority], now: datetime) -> None:
    """Issuer, times, signature; two extensions, as the profile's table has them."""
    authority = authorities[CaKind.AUTH]
    crl = parse(publish(entry(7, now)))
    root = x509.load_der_x509_certificate(authority.certificate_der)
    assert crl.issuer == root.subject
    assert (crl.last_update_utc, crl.next_update_utc) == (now, now + timedelta(hours=48))
    assert crl.is_signature_valid(authority.signer.public_key)
    assert [(e.oid.dotted_string, e.critical) for e in crl.extensions] == [("2.5.29.35", False), ("2.5.29.20", False)]
    assert [(e.oid.dotted_string, e.critical) for e in crl.extensions] == [(r.oid, r.critical) for r in CRL_RULES]
    aki = crl.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    assert (aki.key_identifier, aki.authority_cert_issuer) == (authority.key_id, None)
    assert crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == int(now.timestamp())


def test_version_2(publish: Callable[..., bytes]) -> None:
    """RFC 5280 clause 5.1.2.1: "When extensions are used … this field MUST be present and MUST specify version 2"."""
    assert parse(publish()).tbs_certlist_bytes[3:6].hex() == "020101"


@pytest.mark.parametrize("kind", CaKind, ids=lambda kind: kind.value)
def test_empty(publish: Callable[..., bytes], kind: CaKind) -> None:
    """RFC 5280 clause 5.1.2.6: "When there are no revoked certificates" the list "MUST be absent"."""
    der = publish(kind=kind)
    crl = parse(der)
    assert len(crl) == 0
    # thisUpdate, nextUpdate, and then at once [0] with the extensions.
    assert b"\x17\x0d260401003000Z\x17\x0d260403003000Z\xa0" in der


@pytest.mark.parametrize("reason", RevocationReason, ids=lambda reason: reason.rfc_name)
def test_reason(publish: Callable[..., bytes], now: datetime, reason: RevocationReason) -> None:
    """RFC 5280 clause 5.3.1: every reason is coded, unspecified by leaving the extension out."""
    revoked = parse(publish(entry(7, now - timedelta(days=1), reason))).get_revoked_certificate_by_serial_number(7)
    assert revoked is not None
    assert revoked.revocation_date_utc == now - timedelta(days=1)
    found = [(e.value.reason.value, e.critical) for e in revoked.extensions]
    assert found == ([] if reason is RevocationReason.UNSPECIFIED else [(reason.rfc_name, False)])


def test_entries_in_order_of_serial_numbers(publish: Callable[..., bytes], now: datetime) -> None:
    """The same list in whichever order the entries come."""
    entries = [entry(serial, now) for serial in (300, 7, 2**100, 8)]
    der = publish(*entries)
    assert [revoked.serial_number for revoked in parse(der)] == [7, 8, 300, 2**100]
    assert publish(*reversed(entries)) == der


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        pytest.param(1, [], id="before"),
        pytest.param(2, [7], id="after-the-first"),
        pytest.param(3, [7, 9], id="after-both"),
    ],
)
def test_three_dates(authorities: Mapping[CaKind, Authority], day: int, expected: list[int]) -> None:
    """The CRL at T holds what was revoked by then, and its number grows with T."""
    moment = datetime(2026, 5, day, 12, tzinfo=UTC)
    history = [entry(7, datetime(2026, 5, 2, tzinfo=UTC)), entry(9, datetime(2026, 5, 3, tzinfo=UTC))]
    der = build_crl(
        authorities[CaKind.SIGN],
        entries=[e for e in history if e.revoked_at <= moment],
        number=crl_number_at(moment),
        this_update=moment,
        next_update=moment + CRL_LIFETIME,
    )
    assert [revoked.serial_number for revoked in parse(der)] == expected
    number = parse(der).extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    assert number > crl_number_at(moment - timedelta(seconds=1))


def test_revocation_time_after_2049(make_authority: Callable[..., Authority]) -> None:
    """RFC 5280 clause 5.1.2.6: GeneralizedTime from 2050, in entries too."""
    moment = datetime(2050, 3, 1, tzinfo=UTC)
    authority = make_authority(CaKind.AUTH, now=datetime(2046, 1, 1, tzinfo=UTC))
    der = build_crl(
        authority, entries=[entry(7, moment)], number=1, this_update=moment, next_update=moment + CRL_LIFETIME
    )
    assert der.count(b"\x18\x0f20500301000000Z") == 2
    assert parse(der).is_signature_valid(authority.signer.public_key)


def test_fractions_of_a_second_are_cut(authorities: Mapping[CaKind, Authority], now: datetime) -> None:
    """Revoked in the very second of the list: listed."""
    late = now + timedelta(milliseconds=900)
    der = build_crl(
        authorities[CaKind.AUTH], entries=[entry(7, late)], number=1, this_update=now, next_update=now + CRL_LIFETIME
    )
    assert [revoked.revocation_date_utc for revoked in parse(der)] == [now]


def test_listed_twice_is_refused(publish: Callable[..., bytes], now: datetime) -> None:
    """Two entries for one certificate would contradict each other."""
    with pytest.raises(IssueError, match="serial 7 is listed twice"):
        publish(entry(7, now), entry(8, now), entry(7, now, RevocationReason.SUPERSEDED))


def test_revoked_in_future_is_refused(publish: Callable[..., bytes], now: datetime) -> None:
    """A list tells of the past."""
    with pytest.raises(IssueError, match="serial 7 is revoked only after"):
        publish(entry(7, now + timedelta(seconds=1)))


@pytest.mark.parametrize("number", [-1, 2**159], ids=["negative", "21-octets"])
def test_number_bounds(publish: Callable[..., bytes], number: int) -> None:
    """RFC 5280 clause 5.2.3: at most 20 octets, and no INTEGER below 0."""
    with pytest.raises(IssueError, match="CRL number"):
        publish(number=number)


def test_serial_bounds(publish: Callable[..., bytes], now: datetime) -> None:
    """No certificate has the serial number 0."""
    with pytest.raises(IssueError, match="serial number"):
        publish(entry(0, now))


def test_next_update_is_later(authorities: Mapping[CaKind, Authority], now: datetime) -> None:
    """A list that ends as it begins is never current."""
    with pytest.raises(IssueError, match="nextUpdate"):
        build_crl(authorities[CaKind.AUTH], entries=(), number=1, this_update=now, next_update=now)


def test_ten_thousand_entries_in_half_a_second(publish: Callable[..., bytes], now: datetime) -> None:
    """cryptography's builder copies its list with every entry; this one does not."""
    entries = [entry(serial, now) for serial in range(1, 10_001)]
    begin = time.perf_counter()
    der = publish(*entries)
    assert time.perf_counter() - begin < 0.5
    assert len(parse(der)) == 10_000


@pytest.mark.real_part("openssl")
@pytest.mark.parametrize(
    ("revoked", "status", "message"),
    [
        pytest.param((), 0, "OK", id="good"),
        pytest.param((8,), 0, "OK", id="another-is-revoked"),
        pytest.param((7,), 2, "error 23 at 0 depth lookup: certificate revoked", id="revoked"),
    ],
)
@pytest.mark.parametrize("kind", CaKind, ids=lambda kind: kind.value)
def test_openssl_checks_revocation(
    publish: Callable[..., bytes],
    issue: Callable[..., bytes],
    authorities: Mapping[CaKind, Authority],
    now: datetime,
    tmp_path: Path,
    kind: CaKind,
    revoked: tuple[int, ...],
    status: int,
    message: str,
) -> None:
    """The full list covers a municipality's distribution point for an independent verifier, too."""
    root, leaf, crl = tmp_path / "root.pem", tmp_path / "leaf.pem", tmp_path / "crl.pem"
    root.write_bytes(x509.load_der_x509_certificate(authorities[kind].certificate_der).public_bytes(Encoding.PEM))
    leaf.write_bytes(x509.load_der_x509_certificate(issue(kind)).public_bytes(Encoding.PEM))
    crl.write_bytes(parse(publish(*(entry(serial, now) for serial in revoked), kind=kind)).public_bytes(Encoding.PEM))
    command = ["openssl", "verify", "-x509_strict", "-crl_check", "-attime", str(int(now.timestamp()) + 60)]
    files = ["-CAfile", str(root), "-CRLfile", str(crl), str(leaf)]
    ran = subprocess.run([*command, *files], capture_output=True, text=True, timeout=30, check=False)
    assert ran.returncode == status
    assert message in ran.stdout + ran.stderr


@pytest.mark.real_part("openssl")
def test_openssl_verifies_the_signature(
    publish: Callable[..., bytes], authorities: Mapping[CaKind, Authority], now: datetime, tmp_path: Path
) -> None:
    """``openssl crl -verify`` finds the issuer and accepts."""
    root, crl = tmp_path / "root.pem", tmp_path / "crl.der"
    certificate = x509.load_der_x509_certificate(authorities[CaKind.AUTH].certificate_der)
    root.write_bytes(certificate.public_bytes(Encoding.PEM))
    crl.write_bytes(publish(entry(7, now)))
    command = ["openssl", "crl", "-inform", "der", "-in", str(crl), "-noout", "-CAfile", str(root), "-verify"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (ran.returncode, ran.stderr.strip()) == (0, "verify OK")
