"""The shell around what is signed, taken apart without a library between the bytes and their signature."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography import x509

from jpki import der
from jpki.algorithms import RSA_2048
from jpki.kinds import CaKind
from jpki.verify.signed import open_signed

FIELDS = der.integer(7)
TBS = der.sequence(FIELDS)


def test_the_parts_are_the_bytes_that_came() -> None:
    raw = der.sequence(TBS, RSA_2048.identifier, der.bit_string(b"signature"))
    signed = open_signed(raw)
    assert (signed.tbs, signed.signature, signed.algorithm) == (TBS, b"signature", RSA_2048)
    assert raw[signed.content : signed.end] == FIELDS


@pytest.mark.parametrize("kind", CaKind, ids=lambda kind: kind.value)
def test_another_parser_finds_the_same_parts(bench: Any, kind: CaKind) -> None:
    raw = bench.issue(kind)
    signed, other = open_signed(raw), x509.load_der_x509_certificate(raw)
    assert (signed.tbs, signed.signature) == (other.tbs_certificate_bytes, other.signature)


@pytest.mark.parametrize("unused", range(1, 8), ids="{}-bits".format)
def test_a_signature_with_unused_bits_is_none(unused: int) -> None:
    bits = der.tlv(0x03, bytes((unused,)) + b"signature" + bytes(1))
    assert open_signed(der.sequence(TBS, RSA_2048.identifier, bits)).signature == b""


def test_another_algorithm_is_noticed() -> None:
    other = der.sequence(der.oid("1.2.840.113549.1.1.11"))  # without its NULL
    assert open_signed(der.sequence(TBS, other, der.bit_string(b"signature"))).algorithm is None


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        der.sequence(),
        der.sequence(TBS, RSA_2048.identifier),
        der.sequence(TBS, RSA_2048.identifier, der.octet_string(b"signature")),
        der.sequence(TBS, RSA_2048.identifier, der.bit_string(b"signature"), der.null()),
        der.sequence(TBS, RSA_2048.identifier, der.bit_string(b"signature")) + b"\x00",
    ],
    ids=["nothing", "empty", "no-signature", "no-bit-string", "a-fourth-part", "trailing-byte"],
)
def test_what_is_no_such_structure_is_refused(raw: bytes) -> None:
    with pytest.raises((ValueError, IndexError)):
        open_signed(raw)
