"""Private keys: which are read, which are refused, and the ones that a seed makes."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from jpki.algorithms import KEY_ALGORITHMS, P_384, KeyAlgorithm, algorithm_of
from jpki.errors import KeyFileError
from jpki.keys import derive_p384_key, generate_private_key, load_any_private_key, load_private_key

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973


def number(pkcs8: bytes) -> int:
    key = load_any_private_key(pkcs8)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key.private_numbers().private_value


@pytest.mark.parametrize("algorithm", KEY_ALGORITHMS, ids=lambda algorithm: algorithm.name)
def test_a_new_key_is_of_its_algorithm_and_of_no_other_call(algorithm: KeyAlgorithm) -> None:
    one, another = generate_private_key(algorithm), generate_private_key(algorithm)
    assert one != another
    assert algorithm_of(load_any_private_key(one).public_key()) is algorithm


@pytest.mark.parametrize(
    "key",
    [
        rsa.generate_private_key(public_exponent=65_537, key_size=1024),
        ec.generate_private_key(ec.SECP256R1()),
        ed25519.Ed25519PrivateKey.generate(),
    ],
    ids=["rsa-1024", "p-256", "ed25519"],
)
def test_a_key_that_jpki_has_not_is_refused(key: rsa.RSAPrivateKey) -> None:
    with pytest.raises(KeyFileError, match="another kind"):
        load_any_private_key(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))


def test_a_key_on_a_curve_is_no_rsa_key() -> None:
    with pytest.raises(KeyFileError, match="has an RSA key"):
        load_private_key(generate_private_key(P_384))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no key",
        ec.generate_private_key(ec.SECP384R1()).private_bytes(
            Encoding.DER, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
        ),
    ],
    ids=["nothing", "garbage", "encrypted"],
)
def test_what_is_no_plain_key_is_refused(raw: bytes) -> None:
    with pytest.raises(KeyFileError, match="no private key"):
        load_any_private_key(raw)


@pytest.mark.parametrize(
    ("bits", "expected"),
    [(0, 1), (1, 2), (ORDER - 2, ORDER - 1), (ORDER - 1, 1)],
    ids=["zero", "one", "largest", "wraps"],
)
def test_random_bytes_make_a_number_below_the_order(bits: int, expected: int) -> None:
    """FIPS 186-5 appendix A.2.1: (c mod (n - 1)) + 1."""
    assert number(derive_p384_key(lambda count: bits.to_bytes(count))) == expected
