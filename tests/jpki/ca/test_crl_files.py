"""Lists that are written to a file, however long: the bytes of ``build_crl``, in one pass, whole or not at all."""

from __future__ import annotations

import subprocess
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jpki.ca.authority import Authority, CaKind
from jpki.ca.crl import CRL_LIFETIME, CrlEntry, build_crl, write_crl
from jpki.ca.crl_entries import encode_entries
from jpki.errors import CrlUnwritableError, IssueError
from jpki.names import Name, crl_distribution_point
from jpki.profiles import PARTITION_CRL_RULES, TEST, next_generation
from jpki.reasons import RevocationReason
from jpki.signer import SoftwareSigner

NOW = datetime(2026, 4, 1, 0, 30, tzinfo=UTC)
REASONS = st.sampled_from(list(RevocationReason))
POINT = Name((("2.5.4.6", "JP"), ("2.5.4.3", "Mihon-shi CRLDP")))


def entry(serial: int, revoked_at: datetime = NOW, reason: RevocationReason = RevocationReason.SUPERSEDED) -> CrlEntry:
    """One entry."""
    return CrlEntry(serial=serial, revoked_at=revoked_at, reason=reason)


@pytest.fixture
def arguments() -> dict[str, Any]:
    """What every list here is given beside its entries."""
    return {"number": 5, "this_update": NOW, "next_update": NOW + CRL_LIFETIME}


@pytest.fixture
def authority(authorities: Mapping[CaKind, Authority]) -> Authority:
    """Who signs."""
    return authorities[CaKind.AUTH]


@pytest.mark.parametrize("point", [None, POINT], ids=["full", "partition"])
@pytest.mark.parametrize("count", [0, 1, 3, 4095, 4096, 4097, 9000])
def test_the_bytes_are_those_of_the_list_in_memory(
    authority: Authority, arguments: dict[str, Any], tmp_path: Path, count: int, point: Name | None
) -> None:
    entries = [entry(serial, NOW - timedelta(seconds=serial)) for serial in range(1, count + 1)]
    written = write_crl(tmp_path / "crl", authority, entries=iter(entries), distribution_point=point, **arguments)
    assert written == count
    assert (tmp_path / "crl").read_bytes() == build_crl(
        authority, entries=entries, distribution_point=point, **arguments
    )
    assert [each.name for each in tmp_path.iterdir()] == ["crl"]


def test_a_key_of_the_next_generation_signs_the_hash_as_it_signs_the_list(
    arguments: dict[str, Any], tmp_path: Path
) -> None:
    """ECDSA with SHA-384, deterministic (RFC 6979): the same bytes in both ways."""
    signer = SoftwareSigner(ec.derive_private_key(0x1D, ec.SECP384R1()))
    born = datetime(2025, 1, 1, tzinfo=UTC)
    ca = Authority.create_root(CaKind.AUTH, hierarchy=next_generation(TEST), signer=signer, serial=1, now=born)
    entries = [entry(serial) for serial in range(1, 100)]
    write_crl(tmp_path / "crl", ca, entries=entries, **arguments)
    raw = (tmp_path / "crl").read_bytes()
    assert raw == build_crl(ca, entries=entries, **arguments)
    assert x509.load_der_x509_crl(raw).is_signature_valid(signer.public_key)


def test_a_partition_names_its_distribution_point(authority: Authority, arguments: dict[str, Any]) -> None:
    """RFC 5280 clause 5.2.5: critical, and the extensions are those of the profile's table."""
    crl = x509.load_der_x509_crl(build_crl(authority, entries=[entry(7)], distribution_point=POINT, **arguments))
    assert [(each.oid.dotted_string, each.critical) for each in crl.extensions] == [
        (rule.oid, rule.critical) for rule in PARTITION_CRL_RULES
    ]
    scope = crl.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value
    assert scope.full_name is not None
    assert [name.value.public_bytes() for name in scope.full_name] == [POINT.encode()]
    assert not scope.only_contains_user_certs
    assert not scope.indirect_crl
    assert crl.is_signature_valid(x509.load_der_x509_certificate(authority.certificate_der).public_key())  # type: ignore[arg-type]


def test_a_municipality_has_its_point_as_its_certificates_name_it(
    authority: Authority, arguments: dict[str, Any], issue: Callable[..., bytes]
) -> None:
    certificate = x509.load_der_x509_certificate(issue(CaKind.AUTH))
    [named] = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    organization = dict(authority.name.rdns)["2.5.4.10"]
    point = crl_distribution_point(organization, CaKind.AUTH, prefecture="Mihon-ken", municipality="Mihon-shi")
    crl = x509.load_der_x509_crl(build_crl(authority, entries=[], distribution_point=point, **arguments))
    scope = crl.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value
    assert scope.full_name == named.full_name


REFUSED: dict[str, tuple[list[int], str]] = {
    "descending": ([8, 7], "serial 7 comes after 8"),
    "twice": ([7, 7], "serial 7 is listed twice"),
    "zero": ([0], "a serial number is positive"),
    "too-large": ([2**159], "a serial number is positive"),
}


@pytest.mark.parametrize(("serials", "why"), REFUSED.values(), ids=REFUSED)
def test_entries_have_to_ascend(
    authority: Authority, arguments: dict[str, Any], tmp_path: Path, serials: list[int], why: str
) -> None:
    (tmp_path / "crl").write_bytes(b"yesterday's")
    with pytest.raises(IssueError, match=why):
        write_crl(tmp_path / "crl", authority, entries=map(entry, serials), **arguments)
    assert (tmp_path / "crl").read_bytes() == b"yesterday's"
    assert [each.name for each in tmp_path.iterdir()] == ["crl"]


def test_a_source_that_fails_leaves_yesterday_s_list(
    authority: Authority, arguments: dict[str, Any], tmp_path: Path
) -> None:
    def failing() -> Iterator[CrlEntry]:
        yield from map(entry, range(1, 10_000))
        raise RuntimeError("the database went away")

    (tmp_path / "crl").write_bytes(b"yesterday's")
    with pytest.raises(RuntimeError, match="the database went away"):
        write_crl(tmp_path / "crl", authority, entries=failing(), **arguments)
    assert (tmp_path / "crl").read_bytes() == b"yesterday's"
    assert [each.name for each in tmp_path.iterdir()] == ["crl"]


def test_a_refusal_of_the_file_system_is_told(authority: Authority, arguments: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(CrlUnwritableError, match="No such file or directory") as caught:
        write_crl(tmp_path / "none" / "crl", authority, entries=[], **arguments)
    assert caught.value.path == tmp_path / "none" / "crl"


def test_memory_does_not_grow_with_the_list(authority: Authority, arguments: dict[str, Any], tmp_path: Path) -> None:
    def peak(count: int) -> int:
        tracemalloc.start()
        try:
            write_crl(tmp_path / "crl", authority, entries=map(entry, range(1, count + 1)), **arguments)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(100)  # warm
    short, long = peak(20_000), peak(80_000)
    assert long < 1.5 * short


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC), b"\x17\x0d260304050607Z"),
        (datetime(2026, 3, 4, 5, 6, 7, 999_999, tzinfo=UTC), b"\x17\x0d260304050607Z"),
        (datetime(2026, 3, 4, 14, 6, 7, tzinfo=timezone(timedelta(hours=9))), b"\x17\x0d260304050607Z"),
        (datetime(1950, 1, 1, tzinfo=UTC), b"\x17\x0d500101000000Z"),
        (datetime(1949, 12, 31, 23, 59, 59, tzinfo=UTC), b"\x18\x0f19491231235959Z"),
        (datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC), b"\x17\x0d491231235959Z"),
        (datetime(2050, 1, 1, tzinfo=UTC), b"\x18\x0f20500101000000Z"),
        (datetime(987, 6, 5, tzinfo=UTC), b"\x18\x0f09870605000000Z"),
    ],
    ids=str,
)
def test_moments(moment: datetime, text: bytes) -> None:
    """RFC 5280 clause 5.1.2.6: UTCTime through 2049, then GeneralizedTime."""
    [encoded] = encode_entries([entry(7, moment)], this_update=datetime(2060, 1, 1, tzinfo=UTC))
    assert text in encoded


@given(
    said=st.dictionaries(
        st.integers(1, 2**159 - 1),
        st.tuples(st.datetimes(min_value=datetime(1951, 1, 1), max_value=datetime(2026, 1, 1)), REASONS),  # noqa: DTZ001
        max_size=20,
    )
)
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_another_parser_reads_what_was_listed(
    said: dict[int, tuple[datetime, RevocationReason]], authority: Authority, arguments: dict[str, Any]
) -> None:
    entries = [entry(serial, moment.replace(tzinfo=UTC), reason) for serial, (moment, reason) in said.items()]
    crl = x509.load_der_x509_crl(build_crl(authority, entries=entries, **arguments))
    assert [(each.serial_number, each.revocation_date_utc) for each in crl] == [
        (serial, said[serial][0].replace(tzinfo=UTC, microsecond=0)) for serial in sorted(said)
    ]


@pytest.mark.real_part("openssl")
def test_openssl_reads_a_long_list(authority: Authority, arguments: dict[str, Any], tmp_path: Path) -> None:
    """The lengths, written before the content is known to be there, are right."""
    root, crl = tmp_path / "root.pem", tmp_path / "crl.der"
    root.write_bytes(x509.load_der_x509_certificate(authority.certificate_der).public_bytes(Encoding.PEM))
    write_crl(crl, authority, entries=map(entry, range(1, 70_000)), **arguments)
    command = ["openssl", "crl", "-inform", "der", "-in", str(crl), "-noout", "-CAfile", str(root), "-verify"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stderr.strip()) == (0, "verify OK")
