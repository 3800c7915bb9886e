"""The software signer: what it signs is determined by key and data, and it shows nothing of its key."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from jpki.algorithms import KEY_ALGORITHMS, P_384, KeyAlgorithm
from jpki.errors import KeyFileError
from jpki.keys import generate_private_key
from jpki.signer import Signer, SoftwareSigner
from tests.jpki.test_algorithms import VECTORS

every_algorithm = pytest.mark.parametrize("algorithm", KEY_ALGORITHMS, ids=lambda algorithm: algorithm.name)


@pytest.mark.parametrize("vector", [pytest.param(v, id=v["id"]) for v in VECTORS["deterministic"]])
def test_ecdsa_is_deterministic_as_published(vector: dict[str, Any]) -> None:
    signer = SoftwareSigner(ec.derive_private_key(int(vector["private"], 16), ec.SECP384R1()))
    r, s = decode_dss_signature(signer.sign(vector["message"].encode()))
    assert (f"{r:096X}", f"{s:096X}") == (vector["r"], vector["s"])


@every_algorithm
def test_a_key_from_a_file_signs_the_same_each_time(algorithm: KeyAlgorithm) -> None:
    pkcs8 = generate_private_key(algorithm)
    one: Signer = SoftwareSigner.load(pkcs8)
    another: Signer = SoftwareSigner.load(pkcs8)
    assert one.algorithm is algorithm
    assert one.public_key == another.public_key
    assert one.sign(b"data") == another.sign(b"data") != one.sign(b"other data")


def test_a_key_that_no_certificate_has_is_refused() -> None:
    with pytest.raises(KeyFileError, match="no certificate of JPKI"):
        SoftwareSigner(ec.generate_private_key(ec.SECP256R1()))


def test_its_picture_shows_no_number_of_the_key() -> None:
    assert repr(SoftwareSigner.load(generate_private_key(P_384))) == "SoftwareSigner(p-384)"
