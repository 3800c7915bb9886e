"""The DER writer against encodings of ITU-T X.690 and against another implementation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from asn1crypto import core
from hypothesis import given
from hypothesis import strategies as st

from jpki import der
from jpki.errors import DerError


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param(der.integer(0), "020100", id="integer-zero"),
        pytest.param(der.integer(127), "02017f", id="integer-one-octet"),
        pytest.param(der.integer(128), "02020080", id="integer-sign-octet"),
        pytest.param(der.integer(20104363), "02040132c4ab", id="integer-serial-of-sign-ca-2"),
        pytest.param(der.enumerated(6), "0a0106", id="enumerated"),
        pytest.param(der.null(), "0500", id="null"),
        pytest.param(der.boolean_true(), "0101ff", id="boolean"),
        pytest.param(der.oid("2.999.3"), "0603883703", id="oid-x690-8.19.5-example"),
        pytest.param(der.oid("1.2.392.200149.8.5.1.1.20"), "060b2a83088c9b550805010114", id="oid-of-jpki"),
        pytest.param(der.named_bits(0), "03020780", id="bits-digital-signature"),
        pytest.param(der.named_bits(0, 1), "030206c0", id="bits-with-non-repudiation"),
        pytest.param(der.named_bits(5, 6), "03020106", id="bits-of-a-ca"),
        pytest.param(der.named_bits(8), "0303070080", id="bits-second-octet"),
        pytest.param(der.bit_string(b"\xab"), "030200ab", id="bit-string"),
        pytest.param(der.octet_string(bytes(128)), "048180" + "00" * 128, id="long-length"),
        pytest.param(der.utf8_string("公"), "0c03e585ac", id="utf8"),
        pytest.param(der.printable_string("JP"), "13024a50", id="printable"),
        pytest.param(der.ia5_string("a"), "160161", id="ia5"),
        pytest.param(der.explicit(4, b"\x05\x00"), "a4020500", id="explicit"),
        pytest.param(der.implicit(2, b"\x01"), "820101", id="implicit"),
        pytest.param(der.set_of(b"\x05\x00", b"\x01\x01\xff"), "31050101ff0500", id="set-in-order"),
    ],
)
def test_encoding(written: bytes, expected: str) -> None:
    """X.690 clauses 8 and 11; the three named-bit lists are in certificates of JPKI."""
    assert written.hex() == expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        pytest.param(datetime(1950, 1, 1, tzinfo=UTC), "170d3530303130313030303030305a", id="first-utc-time"),
        pytest.param(
            datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC), "170d3439313233313233353935395a", id="last-utc-time"
        ),
        pytest.param(datetime(2050, 1, 1, tzinfo=UTC), "180f32303530303130313030303030305a", id="first-generalized"),
        pytest.param(datetime(1949, 12, 31, tzinfo=UTC), "180f31393439313233313030303030305a", id="before-utc-time"),
        pytest.param(
            datetime(2026, 4, 1, 8, 0, tzinfo=timezone(timedelta(hours=9))),
            "170d3236303333313233303030305a",
            id="japan",
        ),
    ],
)
def test_time(moment: datetime, expected: str) -> None:
    """RFC 5280 clause 4.1.2.5: CAs "MUST always encode certificate validity dates through the year 2049 as UTCTime"."""
    assert der.time(moment).hex() == expected


@pytest.mark.parametrize(
    ("write", "message"),
    [
        pytest.param(lambda: der.integer(-1), "negative", id="negative"),
        pytest.param(lambda: der.printable_string("見本"), "PrintableString", id="printable-kanji"),
        pytest.param(lambda: der.printable_string("a@b"), "PrintableString", id="printable-at"),
        pytest.param(lambda: der.ia5_string("é"), "IA5String", id="ia5-latin"),
        pytest.param(lambda: der.utf8_string("\ud800"), "surrogate", id="utf8-surrogate"),
        pytest.param(lambda: der.time(datetime(2026, 4, 1)), "time zone", id="naive-time"),  # noqa: DTZ001
    ],
)
def test_values_without_encoding(write: Callable[[], bytes], message: str) -> None:
    """A value that the type cannot carry is the caller's error."""
    with pytest.raises(DerError, match=message):
        write()


@given(st.integers(min_value=0, max_value=2**200))
def test_integers_agree_with_asn1crypto(value: int) -> None:
    """Two writers, one encoding."""
    assert der.integer(value) == core.Integer(value).dump()


@given(st.lists(st.integers(min_value=0, max_value=2**40), min_size=1, max_size=8))
def test_oids_agree_with_asn1crypto(arcs: list[int]) -> None:
    """Two writers, one encoding."""
    dotted = ".".join(map(str, [1, 2, *arcs]))
    assert der.oid(dotted) == core.ObjectIdentifier(dotted).dump()


@given(st.binary(max_size=70_000))
def test_lengths_agree_with_asn1crypto(content: bytes) -> None:
    """Two writers, one encoding."""
    assert der.octet_string(content) == core.OctetString(content).dump()


@pytest.mark.parametrize("year", [1950, 2026, 2049, 2050, 9999])
def test_generalized_time_in_every_year(year: int) -> None:
    """OCSP has no UTCTime (RFC 6960 clause 4.2.2.1)."""
    moment = datetime(year, 5, 1, 12, 0, 3, 999_999, tzinfo=timezone(timedelta(hours=9)))
    assert der.generalized_time(moment) == b"\x18\x0f" + f"{year}0501030003Z".encode()


def test_generalized_time_has_a_time_zone() -> None:
    with pytest.raises(DerError, match="time zone"):
        der.generalized_time(datetime(2026, 5, 1))  # noqa: DTZ001
