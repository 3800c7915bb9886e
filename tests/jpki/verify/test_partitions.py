"""Lists of partitions, full lists, and indexes in files: which one speaks of a certificate (RFC 5280 clause 6.3.3)."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from jpki.ca.crl import CrlEntry
from jpki.kinds import CaKind
from jpki.names import Name, crl_distribution_point
from jpki.reasons import RevocationReason
from jpki.revocation_index.build import build_index, update_index
from jpki.revocation_index.current import CurrentIndex
from jpki.verify.crl_frame import CrlUnreadableError, distribution_points
from jpki.verify.crl_index import CrlIndex
from jpki.verify.revocation import CrlRevocationCheck

AUTH = CaKind.AUTH
NOW = datetime(2026, 5, 1, 3, 0, tzinfo=UTC)
LISTED = CrlEntry(serial=7, revoked_at=NOW - timedelta(days=1), reason=RevocationReason.CERTIFICATE_HOLD)
REVOKED, OTHER = ("jpki.revocation.revoked",), ("jpki.revocation.crl-of-other-partition",)


def point(bench: Any, municipality: str = "Mihon-shi") -> Name:
    """The distribution point of a municipality; the specimen person's by default."""
    organization = dict(bench.authorities[AUTH].name.rdns)["2.5.4.10"]
    return crl_distribution_point(organization, AUTH, prefecture="Mihon-ken", municipality=municipality)


def partition(bench: Any, *entries: CrlEntry, municipality: str = "Mihon-shi", **changes: Any) -> bytes:
    return bytes(bench.crl(AUTH, *entries, distribution_point=point(bench, municipality), **changes))


def test_the_partition_of_the_certificate_is_good_for_it(bench: Any) -> None:
    verdict = bench.verify(crls=[partition(bench)])
    assert (verdict.ok, verdict.revocation.crl_number) == (True, 42)


def test_the_partition_of_the_certificate_revokes_it(bench: Any) -> None:
    assert bench.verify(crls=[partition(bench, LISTED)]).codes == REVOKED


@pytest.mark.parametrize("entries", [(), (LISTED,)], ids=["empty", "listed"])
def test_another_partition_says_nothing_of_it(bench: Any, entries: tuple[CrlEntry, ...]) -> None:
    """A serial number that only another partition lists is not revoked by it, nor is the certificate good."""
    assert bench.verify(crls=[partition(bench, *entries, municipality="Betsu-shi")]).codes == OTHER


@pytest.mark.parametrize("own_first", [True, False])
def test_the_own_partition_is_found_among_many(bench: Any, own_first: bool) -> None:
    lists = [partition(bench, LISTED, number=3)]
    lists += [partition(bench, municipality=f"M{count}-shi", number=100 + count) for count in range(20)]
    assert bench.verify(crls=lists if own_first else lists[::-1]).codes == REVOKED


def test_a_full_list_covers_every_certificate(bench: Any) -> None:
    lists = [partition(bench, municipality="Betsu-shi", number=99), bench.crl(AUTH, LISTED)]
    assert bench.verify(crls=lists).codes == REVOKED


@pytest.mark.parametrize("full_is_newer", [True, False])
def test_of_a_full_list_and_the_own_partition_the_newer_counts(bench: Any, full_is_newer: bool) -> None:
    full, own = bench.crl(AUTH, LISTED, number=42 + full_is_newer), partition(bench, number=42 + (not full_is_newer))
    assert bench.verify(crls=[full, own]).codes == (REVOKED if full_is_newer else ())


@pytest.mark.parametrize("full_is_newer", [True, False])
def test_numbers_of_two_scopes_are_not_compared(bench: Any, full_is_newer: bool) -> None:
    """RFC 5280 clause 5.2.3: a number grows "for a given CRL scope and CRL issuer"; an older list may have a higher."""
    before: dict[str, Any] = {"number": 9000, "this_update": NOW - timedelta(hours=20)}
    after: dict[str, Any] = {"number": 7, "this_update": NOW - timedelta(hours=1)}
    full, own = (after, before) if full_is_newer else (before, after)
    lists = [
        bench.crl(AUTH, *[LISTED] * full_is_newer, **full),
        partition(bench, *[LISTED] * (not full_is_newer), **own),
    ]
    assert bench.verify(crls=lists).codes == REVOKED


def test_a_stale_own_partition_is_told_before_another_one(bench: Any) -> None:
    stale = partition(bench, next_update=NOW - timedelta(hours=1))
    lists = [partition(bench, municipality="Betsu-shi", number=99), stale]
    assert bench.verify(crls=lists).codes == ("jpki.revocation.crl-stale",)


def test_a_certificate_without_distribution_point_needs_a_full_list(bench: Any) -> None:
    def codes(raw: bytes) -> tuple[str, ...]:
        check = CrlRevocationCheck([raw])
        answer = check.check(7, bench.anchor(bench.authorities[AUTH]), now=NOW)
        return tuple(each.code for each in answer.findings)

    assert codes(partition(bench)) == OTHER
    assert codes(bench.crl()) == ()


def test_the_points_of_a_certificate_are_read(bench: Any) -> None:
    certificate = x509.load_der_x509_certificate(bench.issue(AUTH))
    points = distribution_points({each.oid.dotted_string: each for each in certificate.extensions})
    assert CrlIndex(partition(bench)).frame.partition == points
    assert CrlIndex(bench.crl()).frame.partition is None


@pytest.fixture(params=["mapped", "live"])
def indexed(request: pytest.FixtureRequest, bench: Any, tmp_path: Path) -> Any:
    """The check that asks an index made of this list."""

    def make(raw: bytes) -> CrlRevocationCheck:
        index = build_index(tmp_path / "idx", [raw], issuer=bench.anchor(bench.authorities[AUTH]))
        if request.param == "mapped":
            return CrlRevocationCheck([index])
        return CrlRevocationCheck(live=[CurrentIndex(tmp_path / "idx")])

    return make


LISTS: dict[str, Any] = {
    "good": lambda bench: bench.crl(),
    "revoked": lambda bench: bench.crl(AUTH, LISTED),
    "own-partition": lambda bench: partition(bench, LISTED),
    "other-partition": lambda bench: partition(bench, municipality="Betsu-shi"),
    "stale": lambda bench: bench.crl(next_update=NOW - timedelta(hours=1)),
    "from-the-future": lambda bench: bench.crl(this_update=NOW + timedelta(hours=1)),
}


@pytest.mark.parametrize("make", LISTS.values(), ids=LISTS)
def test_an_index_answers_as_the_list_does(bench: Any, indexed: Any, make: Any) -> None:
    by_list, by_index = bench.verify(crls=[make(bench)]), bench.verify(revocation=indexed(make(bench)))
    assert by_index == by_list


def test_an_index_of_another_generation_is_not_asked(bench: Any, tmp_path: Path) -> None:
    other = bench.next_generation[AUTH]
    index = build_index(tmp_path / "idx", [bench.crl(authority=other)], issuer=bench.anchor(other))
    assert bench.verify(revocation=CrlRevocationCheck([index])).codes == ("jpki.revocation.crl-of-other-key",)


def test_an_index_that_was_replaced_is_noticed(bench: Any, tmp_path: Path) -> None:
    path, anchor = tmp_path / "idx", bench.anchor(bench.authorities[AUTH])
    update_index(path, [bench.crl()], issuer=anchor)
    check = CrlRevocationCheck(live=[CurrentIndex(path)])
    assert bench.verify(revocation=check).ok
    update_index(path, [bench.crl(AUTH, LISTED, number=43)], issuer=anchor)
    assert bench.verify(revocation=check).codes == REVOKED


@pytest.mark.parametrize("content", [None, b"", b"no index"], ids=["missing", "empty", "foreign"])
def test_an_index_that_cannot_be_had_refuses(bench: Any, tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "idx").write_bytes(content)
    check = CrlRevocationCheck(live=[CurrentIndex(tmp_path / "idx")])
    assert bench.verify(revocation=check).codes == ("jpki.revocation.crl-unreadable",)


def test_a_live_index_that_is_damaged_refuses_the_certificate_it_cannot_tell_of(bench: Any) -> None:
    class Damaged:
        def current(self) -> CrlIndex:
            raise CrlUnreadableError("no")

    assert bench.verify(revocation=CrlRevocationCheck(live=[Damaged()])).codes == ("jpki.revocation.crl-unreadable",)


@pytest.mark.real_part("openssl")
@pytest.mark.parametrize(
    ("municipality", "listed", "status", "message"),
    [
        pytest.param("Mihon-shi", False, 0, "OK", id="own-partition"),
        pytest.param(
            "Mihon-shi", True, 2, "error 23 at 0 depth lookup: certificate revoked", id="own-partition-lists-it"
        ),
        pytest.param("Betsu-shi", False, 2, "error 44 at 0 depth lookup: different CRL scope", id="other-partition"),
    ],
)
def test_openssl_sees_partitions_alike(
    bench: Any, tmp_path: Path, municipality: str, listed: bool, status: int, message: str
) -> None:
    root, leaf, crl = tmp_path / "root.pem", tmp_path / "leaf.pem", tmp_path / "crl.pem"
    raw = partition(bench, *([LISTED] if listed else []), municipality=municipality)
    certificates = ((root, bench.authorities[AUTH].certificate_der), (leaf, bench.issue(AUTH)))
    for path, der in certificates:
        path.write_bytes(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM))
    crl.write_bytes(x509.load_der_x509_crl(raw).public_bytes(Encoding.PEM))
    options = ["-x509_strict", "-crl_check", "-extended_crl", "-attime", str(int(NOW.timestamp()))]
    command = ["openssl", "verify", *options, "-CAfile", str(root), "-CRLfile", str(crl), str(leaf)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (ran.returncode, message in ran.stdout + ran.stderr) == (status, True), ran.stderr
