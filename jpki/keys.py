"""Private keys between files and what signs with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from apdu.ports import RandomBytes
from jpki.algorithms import P_384, RSA_2048, RSA_BITS, RSA_EXPONENT, KeyAlgorithm, algorithm_of
from jpki.errors import KeyFileError

_P384_ORDER_SIZE: Final = 48
# NIST SP 800-186 clause 3.2.1.4: the order n of P-384.
_P384_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973

PublicKey: TypeAlias = rsa.RSAPublicKey
"""For modules that pass public keys on and know no cryptography."""


def load_any_private_key(pkcs8: bytes) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey:
    """Read PKCS #8 DER; ``KeyFileError`` when it holds no key of an algorithm that JPKI has.

    The primes are not tested again: that takes 28 ms a key, and a wrong key shows at its first signature.
    """
    try:
        key = load_der_private_key(pkcs8, password=None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyFileError("these bytes are no private key", hint="restore the file, or make another lab") from error
    if isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) and algorithm_of(key.public_key()) is not None:
        return key
    raise KeyFileError(f"JPKI has RSA keys of {RSA_BITS} bits and keys on P-384, this is another kind")


def load_private_key(pkcs8: bytes) -> rsa.RSAPrivateKey:
    """The same for what has RSA keys alone: card-verifiable certificates, and the applications beside JPKI."""
    key = load_any_private_key(pkcs8)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise KeyFileError(f"this place has an RSA key of {RSA_BITS} bits, this is another kind")
    return key


def generate_private_key(algorithm: KeyAlgorithm = RSA_2048) -> bytes:
    """A new key as PKCS #8 DER; RSA takes 20 to 50 ms. Its randomness is the cryptographic library's own."""
    pkcs8: bytes = _MAKERS[algorithm.name]().private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return pkcs8


def derive_p384_key(rng: RandomBytes) -> bytes:
    """The key on P-384 that these random bytes make, as PKCS #8 DER (FIPS 186-5 appendix A.2.1: extra random bits)."""
    number = int.from_bytes(rng(_P384_ORDER_SIZE + 8)) % (_P384_ORDER - 1) + 1
    key = ec.derive_private_key(number, ec.SECP384R1())
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


_MAKERS: Final[Mapping[str, Callable[[], Any]]] = {
    RSA_2048.name: lambda: rsa.generate_private_key(public_exponent=RSA_EXPONENT, key_size=RSA_BITS),
    P_384.name: lambda: ec.generate_private_key(ec.SECP384R1()),
}
