"""The list around its entries: what is believed of it, and why it is refused."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509

from jpki import der, oids
from jpki.revocation_index.build import read_crl
from jpki.revocation_index.crl_stream import MAX_HEAD_SIZE, MAX_TAIL_SIZE, StreamedCrl
from jpki.revocation_index.errors import CrlFlaw, CrlRefusedError
from tests.jpki.revocation_index.conftest import ANY, NOW, Forge, entry, extension, name, partition, reason

ENTRIES = [entry(serial, NOW - timedelta(hours=serial), reason(serial % 6)) for serial in range(1, 9)]


def read(raw: bytes, issuer: Any, *, size: int = 1 << 20, **options: Any) -> StreamedCrl:
    """The list, given in pieces of ``size``."""
    return read_crl((raw[at : at + size] for at in range(0, len(raw), size)), issuer=issuer, **options)[0]


def refusal(raw: bytes, issuer: Any, **options: Any) -> CrlFlaw:
    """Why the list is refused."""
    with pytest.raises(CrlRefusedError) as caught:
        read(raw, issuer, **options)
    assert caught.value.hint
    return caught.value.flaw


@pytest.mark.parametrize("which", ["forge", "next_forge"], ids=["rsa-2048", "p-384"])
@pytest.mark.parametrize("entries", [(), ENTRIES], ids=["empty", "some"])
def test_a_good_list_is_read(which: str, entries: Iterable[bytes], request: pytest.FixtureRequest) -> None:
    issuer: Forge = request.getfixturevalue(which)
    raw = issuer.crl(entries)
    crl = read(raw, issuer)
    parsed = x509.load_der_x509_crl(raw)
    assert (crl.frame.issuer, crl.frame.number, crl.frame.key_id) == (issuer.name, 42, issuer.key_id)
    assert (crl.frame.this_update, crl.frame.next_update) == (parsed.last_update_utc, parsed.next_update_utc)
    assert crl.frame.algorithm == parsed.signature_algorithm_oid.dotted_string
    assert (crl.frame.partition, crl.frame.critical_extension, crl.size) == (None, None, len(raw))


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 64, 250])
@pytest.mark.parametrize("block_size", [1, 17, 4096])
def test_it_is_read_in_any_pieces(forge: Forge, size: int, block_size: int) -> None:
    raw = forge.crl(ENTRIES)
    assert read(raw, forge, size=size, block_size=block_size) == read(raw, forge)


def test_a_list_without_next_update_number_and_key_is_read(forge: Forge) -> None:
    crl = read(forge.crl(ENTRIES, next_update=None, number=None, key_id=None), forge)
    assert (crl.frame.next_update, crl.frame.number, crl.frame.key_id) == (None, None, None)


def test_a_partition_is_read(forge: Forge) -> None:
    crl = read(forge.crl(ENTRIES, extensions=partition("Mihon-shi CRLDP")), forge)
    point = der.explicit(4, name("Mihon-shi CRLDP"))
    assert crl.frame.critical_extension is None
    assert (crl.frame.covers({point}), crl.frame.covers({name("other")}), crl.frame.covers(())) == (True, False, False)


ODD_SCOPES = {
    "ca-certificates-only": der.tlv(0x82, b"\xff"),
    "some-reasons-only": der.tlv(0x83, b"\x01\x02"),
    "indirect": der.tlv(0x84, b"\xff"),
    "attribute-certificates-only": der.tlv(0x85, b"\xff"),
}


@pytest.mark.parametrize("scope", ODD_SCOPES.values(), ids=ODD_SCOPES)
def test_a_list_of_less_than_a_partition_is_not_understood(forge: Forge, scope: bytes) -> None:
    """RFC 5280 clause 5.2.5: whatever narrows the list has to be understood."""
    raw = forge.crl(extensions=extension(oids.ISSUING_DISTRIBUTION_POINT, der.sequence(scope), critical=True))
    assert read(raw, forge).frame.critical_extension == oids.ISSUING_DISTRIBUTION_POINT


def test_a_list_of_all_end_entity_certificates_covers_them(forge: Forge) -> None:
    scope = der.sequence(der.tlv(0x81, b"\xff"))  # onlyContainsUserCerts
    crl = read(forge.crl(extensions=extension(oids.ISSUING_DISTRIBUTION_POINT, scope, critical=True)), forge)
    assert (crl.frame.critical_extension, crl.frame.partition) == (None, None)


@pytest.mark.parametrize("oid", [oids.DELTA_CRL_INDICATOR, "1.3.6.1.4.1.99999.1"], ids=["delta", "unknown"])
def test_a_critical_extension_of_the_list_is_told(forge: Forge, oid: str) -> None:
    raw = forge.crl(extensions=extension(oid, der.integer(1), critical=True))
    assert read(raw, forge).frame.critical_extension == oid


def test_a_critical_extension_of_an_entry_is_told(forge: Forge) -> None:
    block = der.sequence(extension("2.5.29.23", der.null(), critical=True))
    assert read(forge.crl([entry(1, NOW, block)]), forge).frame.critical_extension == "2.5.29.23"


LIST_SIZE = 300


@pytest.mark.parametrize("kept", range(LIST_SIZE))
def test_a_list_that_is_cut_is_refused(forge: Forge, kept: int) -> None:
    raw = forge.crl(ENTRIES[:2])
    flaw = refusal(raw[: len(raw) * kept // LIST_SIZE], forge, size=40)
    assert flaw is CrlFlaw.TRUNCATED


def test_a_trailing_byte_is_refused(forge: Forge) -> None:
    assert refusal(forge.crl(ENTRIES) + b"\x00", forge) is CrlFlaw.TRAILING_BYTES


@pytest.mark.parametrize("place", range(0, 720, 3))
def test_a_flipped_bit_is_refused(forge: Forge, place: int) -> None:
    raw = bytearray(forge.crl(ENTRIES))
    raw[place % len(raw)] ^= 1 << place % 8
    refusal(bytes(raw), forge, size=100)


def test_the_signature_of_another_key_is_refused(forge: Forge, keys: list[Any]) -> None:
    assert refusal(Forge(keys[1]).crl(ENTRIES), forge) is CrlFlaw.SIGNATURE_INVALID


def test_the_signature_of_another_ec_key_is_refused(next_forge: Forge) -> None:
    raw = bytearray(next_forge.crl(ENTRIES))
    raw[-1] ^= 1
    assert refusal(bytes(raw), next_forge) is CrlFlaw.SIGNATURE_INVALID


FORGERIES: dict[str, tuple[dict[str, Any], CrlFlaw]] = {
    "other-issuer": ({"issuer": name("other")}, CrlFlaw.OTHER_ISSUER),
    "other-key-named": ({"key_id": bytes(20)}, CrlFlaw.OTHER_KEY),
    "both-algorithms-unknown": ({"inner": ANY, "outer": ANY}, CrlFlaw.OTHER_ALGORITHM),
    "inner-algorithm-other": ({"inner": ANY}, CrlFlaw.OTHER_ALGORITHM),
    "outer-algorithm-other": ({"outer": ANY}, CrlFlaw.OTHER_ALGORITHM),
    "version-1": ({"version": der.integer(0)}, CrlFlaw.MALFORMED),
    "version-3": ({"version": der.integer(2)}, CrlFlaw.MALFORMED),
    "no-version": ({"version": None}, CrlFlaw.MALFORMED),
    "no-dates": ({"this_update": None, "next_update": None}, CrlFlaw.MALFORMED),
    "impossible-date": ({"this_update": der.tlv(0x17, b"261301030000Z")}, CrlFlaw.MALFORMED),
    "extension-twice": ({"extensions": extension(oids.CRL_NUMBER, der.integer(43))}, CrlFlaw.MALFORMED),
    "extensions-without-end": (
        {"extensions": extension("1.3.6.1.4.1.99999.1", bytes(MAX_TAIL_SIZE))},
        CrlFlaw.MALFORMED,
    ),
    "name-without-end": ({"issuer": name("x" * MAX_HEAD_SIZE)}, CrlFlaw.OTHER_ISSUER),
}


@pytest.mark.parametrize(("changes", "flaw"), FORGERIES.values(), ids=FORGERIES)
def test_a_list_that_the_issuer_signed_is_refused_for_what_it_says(
    forge: Forge, changes: dict[str, Any], flaw: CrlFlaw
) -> None:
    assert refusal(forge.crl(ENTRIES, **changes), forge) is flaw


def test_an_empty_list_of_entries_is_refused(forge: Forge) -> None:
    """RFC 5280 clause 5.1.2.6: it is absent when nothing is revoked."""
    raw = forge.crl(next_update=der.time(NOW) + der.sequence())
    assert refusal(raw, forge) is CrlFlaw.MALFORMED


def test_a_name_that_never_ends_is_not_read_for_ever(forge: Forge) -> None:
    start = der.integer(1) + forge.identifier + der.sequence_header(1 << 25)
    endless = der.sequence_header(1 << 26) + der.sequence_header(1 << 25) + start
    given = 0

    def chunks() -> Iterable[bytes]:
        nonlocal given
        yield endless
        while True:
            given += 1000
            yield bytes(1000)

    with pytest.raises(CrlRefusedError) as caught:
        read_crl(chunks(), issuer=forge, block_size=1000)
    assert caught.value.flaw is CrlFlaw.MALFORMED
    assert given < 2 * MAX_HEAD_SIZE


def test_a_list_that_says_that_it_is_too_long_is_refused_at_once(forge: Forge) -> None:
    raw = forge.crl(ENTRIES)
    assert refusal(raw, forge, max_size=len(raw) - 1) is CrlFlaw.TOO_LARGE
    assert read(raw, forge, max_size=len(raw)).size == len(raw)


@pytest.mark.parametrize("length", [0x0000, 0x0001, 0x7FFF, 0xFFFF], ids=hex)
@pytest.mark.parametrize("which", ["outermost", "signed-part", "entries"])
def test_a_lying_length_is_refused(forge: Forge, which: str, length: int) -> None:
    good = forge.crl(ENTRIES)
    at = {"outermost": 0, "signed-part": 4, "entries": good.index(b"".join(ENTRIES)) - 4}[which]
    assert good[at : at + 2] == b"\x30\x82"
    refusal(good[: at + 2] + length.to_bytes(2) + good[at + 4 :], forge, size=100)


def test_nothing_is_no_list(forge: Forge) -> None:
    assert refusal(b"", forge) is CrlFlaw.TRUNCATED


def test_a_certificate_is_no_list(forge: Forge, issue: Any) -> None:
    from jpki.kinds import CaKind

    assert refusal(issue(CaKind.AUTH), forge) is CrlFlaw.MALFORMED
