"""The table of key algorithms: published bytes, and no key or identifier that stands in for another."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from jpki import der
from jpki.algorithms import KEY_ALGORITHMS, P_384, RSA_2048, KeyAlgorithm, algorithm_of, signature_algorithm_at
from jpki.signer import SoftwareSigner

VECTORS = tomllib.loads((Path(__file__).parents[2] / "fixtures/vectors/jpki/algorithms.toml").read_text("utf-8"))
BY_NAME = {algorithm.name: algorithm for algorithm in KEY_ALGORITHMS}
every_algorithm = pytest.mark.parametrize("algorithm", KEY_ALGORITHMS, ids=lambda algorithm: algorithm.name)


@pytest.fixture(scope="module")
def signers(keys: list[rsa.RSAPrivateKey]) -> dict[KeyAlgorithm, SoftwareSigner]:
    return {RSA_2048: SoftwareSigner(keys[0]), P_384: SoftwareSigner(ec.generate_private_key(ec.SECP384R1()))}


@pytest.mark.parametrize("vector", [pytest.param(v, id=v["id"]) for v in VECTORS["identifier"]])
def test_the_identifier_is_the_published_one(vector: dict[str, Any]) -> None:
    raw = bytes.fromhex(vector["der"])
    assert BY_NAME[vector["id"]].identifier == raw
    assert signature_algorithm_at(b"\x00" + raw + b"\x00", 1) is BY_NAME[vector["id"]]


@pytest.mark.parametrize("vector", [pytest.param(v, id=v["id"]) for v in VECTORS["digest"]])
def test_the_hash_is_the_published_one(vector: dict[str, Any]) -> None:
    assert BY_NAME[vector["id"]].digest(b"abc").hex().upper() == vector["digest"]


@pytest.mark.parametrize(
    "identifier",
    [
        der.sequence(der.oid("1.2.840.113549.1.1.11")),
        der.sequence(der.oid("1.2.840.113549.1.1.12"), der.null()),
        der.sequence(der.oid("1.2.840.10045.4.3.3"), der.null()),
        der.sequence(der.oid("1.2.840.10045.4.3.2")),
        der.sequence(der.oid("1.2.840.10045.4.3.4")),
        b"",
    ],
    ids=["sha256-rsa-no-null", "sha384-rsa", "sha384-ecdsa-null", "sha256-ecdsa", "sha512-ecdsa", "nothing"],
)
def test_any_other_identifier_is_unknown(identifier: bytes) -> None:
    assert signature_algorithm_at(identifier, 0) is None


@every_algorithm
def test_a_key_has_one_row(signers: dict[KeyAlgorithm, SoftwareSigner], algorithm: KeyAlgorithm) -> None:
    assert algorithm_of(signers[algorithm].public_key) is algorithm
    assert [row for row in KEY_ALGORITHMS if row.is_key(signers[algorithm].public_key)] == [algorithm]


@pytest.mark.parametrize(
    "make",
    [
        lambda: rsa.generate_private_key(public_exponent=65_537, key_size=1024),
        lambda: rsa.generate_private_key(public_exponent=65_537, key_size=3072),
        lambda: rsa.generate_private_key(public_exponent=3, key_size=2048),
        lambda: ec.generate_private_key(ec.SECP256R1()),
        lambda: ec.generate_private_key(ec.SECP521R1()),
        lambda: ec.generate_private_key(ec.BrainpoolP384R1()),
        ed25519.Ed25519PrivateKey.generate,
    ],
    ids=["rsa-1024", "rsa-3072", "exponent-3", "p-256", "p-521", "brainpool-384", "ed25519"],
)
def test_any_other_key_has_none(make: Any) -> None:
    assert algorithm_of(make().public_key()) is None


@every_algorithm
def test_a_signature_is_its_key_s_and_its_message_s(
    signers: dict[KeyAlgorithm, SoftwareSigner], algorithm: KeyAlgorithm
) -> None:
    signer = signers[algorithm]
    signature = signer.sign(b"message")
    assert algorithm.is_signature(signature)
    assert algorithm.verifies(signer.public_key, b"message", signature)
    assert not algorithm.verifies(signer.public_key, b"another", signature)
    assert not algorithm.verifies(signer.public_key, b"message", signature[:-1] + bytes((signature[-1] ^ 1,)))


@every_algorithm
def test_no_row_verifies_with_the_key_of_another(
    signers: dict[KeyAlgorithm, SoftwareSigner], algorithm: KeyAlgorithm
) -> None:
    [other] = [row for row in KEY_ALGORITHMS if row is not algorithm]
    signature = signers[other].sign(b"message")
    assert not algorithm.verifies(signers[other].public_key, b"message", signature)
    assert not algorithm.verifies(signers[algorithm].public_key, b"message", signature)


@pytest.mark.parametrize(
    "signature",
    [b"", bytes(96), bytes(256), encode_dss_signature(5, 7) + b"\x00", b"\x30\x80" + encode_dss_signature(5, 7)[2:]],
    ids=["nothing", "raw", "rsa", "trailing-byte", "indefinite-length"],
)
def test_what_is_no_ecdsa_sig_value(signature: bytes) -> None:
    assert not P_384.is_signature(signature)


@pytest.mark.parametrize("pair", [(0, 7), (7, 0), (0, 0)], ids=["r", "s", "both"])
def test_a_signature_of_zeros_verifies_nothing(
    signers: dict[KeyAlgorithm, SoftwareSigner], pair: tuple[int, int]
) -> None:
    """FIPS 186-5 clause 6.4.2 step 1: r and s are not 0 (what CVE-2022-21449 forgot)."""
    assert not P_384.verifies(signers[P_384].public_key, b"message", encode_dss_signature(*pair))
