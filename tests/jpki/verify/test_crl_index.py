"""The index of a CRL: strict about bytes, quick to answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509

from jpki import der
from jpki.algorithms import RSA_2048
from jpki.ca.crl import CrlEntry
from jpki.ca.encoding import sign
from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.verify.crl_index import CrlCache, CrlIndex, CrlUnreadableError

NOW = datetime(2026, 5, 1, 3, 0, tzinfo=UTC)
AUTH = CaKind.AUTH
ENTRIES = [
    CrlEntry(serial=1 << bits, revoked_at=NOW - timedelta(hours=bits + 4), reason=RevocationReason(bits % 7))
    for bits in range(0, 150, 3)
]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"2^{entry.serial.bit_length() - 1}")
def test_an_entry_is_what_the_issuer_wrote_and_what_another_parser_reads(bench: Any, entry: CrlEntry) -> None:
    raw = bench.crl(AUTH, *ENTRIES)
    found = CrlIndex(raw).entry(entry.serial)
    assert found is not None
    assert (found.serial, found.revoked_at, found.reason) == (entry.serial, entry.revoked_at, entry.reason)
    other = x509.load_der_x509_crl(raw).get_revoked_certificate_by_serial_number(entry.serial)
    assert other is not None
    assert other.revocation_date_utc == found.revoked_at


def test_the_index_counts_its_entries(bench: Any) -> None:
    assert len(CrlIndex(bench.crl(AUTH, *ENTRIES))) == len(ENTRIES)


@pytest.mark.parametrize("serial", [0, 3, 1 << 151, -1])
def test_an_absent_serial_number_has_no_entry(bench: Any, serial: int) -> None:
    assert CrlIndex(bench.crl(AUTH, *ENTRIES)).entry(serial) is None


def test_an_empty_list_is_a_list(bench: Any) -> None:
    assert len(CrlIndex(bench.crl())) == 0


def test_a_list_that_ends_with_its_dates_is_a_list(bench: Any) -> None:
    """Neither entries nor extensions: X.509 wants neither, RFC 5280 only of a conforming CA."""
    authority = bench.authorities[AUTH]
    fields = (der.integer(1), RSA_2048.identifier, authority.name.encode(), der.time(NOW), der.time(NOW))
    index = CrlIndex(sign(authority.signer, der.sequence(*fields)))
    assert (len(index), index.frame.number, index.frame.key_id) == (0, None, None)
    assert index.is_signed_by(bench.anchor(authority))


def test_a_date_after_2049_is_read(bench: Any) -> None:
    moment = datetime(2050, 1, 2, 3, 4, 5, tzinfo=UTC)
    raw = bench.seal_crl(entries=[der.sequence(der.integer(7), der.time(moment))])
    found = CrlIndex(raw).entry(7)
    assert found is not None
    assert found.revoked_at == moment


def test_an_entry_longer_than_127_bytes_is_read(bench: Any) -> None:
    comment = der.sequence(der.oid("1.3.6.1.4.1.99999.1"), der.octet_string(der.octet_string(bytes(200))))
    entry = der.sequence(der.integer(7), der.time(NOW), der.sequence(comment))
    raw = bench.seal_crl(entries=[entry, der.sequence(der.integer(8), der.time(NOW))])
    assert CrlIndex(raw).entry(8) is not None


@pytest.mark.parametrize("cut", range(1, 400, 13))
def test_a_cut_list_is_unreadable(bench: Any, cut: int) -> None:
    with pytest.raises(CrlUnreadableError):
        CrlIndex(bench.crl(AUTH, *ENTRIES[:5])[:-cut])


def test_a_trailing_byte_is_unreadable(bench: Any) -> None:
    with pytest.raises(CrlUnreadableError):
        CrlIndex(bench.crl() + b"\x00")


ODD_ENTRIES = {
    "serial-listed-twice": [der.sequence(der.integer(7), der.time(NOW))] * 2,
    "negative-serial": [der.sequence(der.tlv(0x02, b"\xff"), der.time(NOW))],
    "empty-serial": [der.sequence(der.tlv(0x02, b""), der.time(NOW))],
    "no-date": [der.sequence(der.integer(7))],
    "date-without-seconds": [der.sequence(der.integer(7), der.tlv(0x17, b"2605010300Z"))],
    "text-for-a-date": [der.sequence(der.integer(7), der.utf8_string("260501030000Z"))],
}


@pytest.mark.parametrize("entries", ODD_ENTRIES.values(), ids=ODD_ENTRIES)
def test_an_odd_entry_spoils_the_list(bench: Any, entries: list[bytes]) -> None:
    with pytest.raises(CrlUnreadableError):
        CrlIndex(bench.seal_crl(entries=entries))


def test_version_1_is_unreadable(bench: Any) -> None:
    raw = bench.crl()
    assert raw.count(bytes.fromhex("020101300d")) == 1
    with pytest.raises(CrlUnreadableError):
        CrlIndex(raw.replace(bytes.fromhex("020101300d"), bytes.fromhex("020100300d")))


def test_the_signature_is_checked_once_for_each_anchor(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    anchor = bench.anchor(bench.authorities[AUTH])
    other = bench.anchor(bench.next_generation[AUTH])
    index = CrlIndex(bench.crl())
    calls: list[bytes] = []
    real = type(anchor).signed
    monkeypatch.setattr(type(anchor), "signed", lambda self, *args: (calls.append(self.key_id), real(self, *args))[1])
    assert [index.is_signed_by(anchor), index.is_signed_by(anchor), index.is_signed_by(other)] == [True, True, False]
    assert calls == [anchor.key_id, other.key_id]


def test_the_same_bytes_are_indexed_once(bench: Any) -> None:
    cache = CrlCache()
    assert cache.index(bench.crl()) is cache.index(bench.crl())


def test_the_cache_forgets_the_list_that_was_used_longest_ago(bench: Any) -> None:
    cache = CrlCache(limit=2)
    first, second = (cache.index(bench.crl(number=number)) for number in (1, 2))
    assert cache.index(bench.crl(number=1)) is first
    cache.index(bench.crl(number=3))
    assert cache.index(bench.crl(number=1)) is first
    assert cache.index(bench.crl(number=2)) is not second
