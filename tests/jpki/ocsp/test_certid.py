"""CertIDs beside another library's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import ocsp

from jpki.der_reader import DerReader
from jpki.kinds import CaKind
from jpki.ocsp.certid import read_cert_id
from tests.jpki.ocsp.desk import ALGORITHMS, Desk, certificate_of

HASHES = [hashes.SHA1(), hashes.SHA256(), hashes.SHA384()]
GENERATIONS = ["authorities", "next_generation", "elliptic"]


@pytest.mark.parametrize("algorithm", HASHES, ids=lambda algorithm: algorithm.name)
@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("kind", CaKind, ids=lambda kind: kind.value)
def test_hashes(desk: Desk, issue: Callable[..., bytes], algorithm: Any, generation: str, kind: CaKind) -> None:
    authority = getattr(desk, generation)[kind]
    leaf = x509.load_der_x509_certificate(issue(kind))
    theirs = ocsp.OCSPRequestBuilder().add_certificate(leaf, certificate_of(authority), algorithm).build()
    _, name, key = desk.cert_id(7, authority, algorithm=ALGORITHMS[algorithm.name]).issuer
    assert (name, key) == (theirs.issuer_name_hash, theirs.issuer_key_hash)


@pytest.mark.parametrize("generation", GENERATIONS)
def test_round_trip(desk: Desk, generation: str) -> None:
    written = desk.cert_id(2**158, getattr(desk, generation)[CaKind.SIGN])
    assert read_cert_id(DerReader(written.raw)) == written


def test_another_certificate_of_the_same_issuer(desk: Desk) -> None:
    assert desk.cert_id(7).with_serial(8) == desk.cert_id(8)


def test_generations_differ_in_the_key_alone(desk: Desk) -> None:
    older, newer = (desk.cert_id(7, group[CaKind.AUTH]).issuer for group in (desk.authorities, desk.next_generation))
    assert [first == second for first, second in zip(older, newer, strict=True)] == [True, True, False]
