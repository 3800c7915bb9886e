"""RSA private keys between files and the authority that holds them."""

from __future__ import annotations

from typing import TypeAlias

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from jpki.errors import KeyFileError
from jpki.profiles import RSA_BITS, RSA_EXPONENT

PublicKey: TypeAlias = rsa.RSAPublicKey
"""For modules that pass public keys on and know no cryptography."""


def load_private_key(pkcs8: bytes) -> rsa.RSAPrivateKey:
    """Read PKCS #8 DER; ``KeyFileError`` when it holds no RSA key of the profile's size.

    The primes are not tested again: that takes 28 ms a key, and a wrong key shows at its first signature.
    """
    try:
        key = load_der_private_key(pkcs8, password=None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError) as error:
        raise KeyFileError("these bytes are no private key", hint="restore the file, or make another lab") from error
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size != RSA_BITS:
        raise KeyFileError(f"JPKI has RSA keys of {RSA_BITS} bits, this is another kind")
    return key


def generate_private_key() -> bytes:
    """A new key as PKCS #8 DER, in 20 to 50 ms. Its randomness is the cryptographic library's own."""
    key = rsa.generate_private_key(public_exponent=RSA_EXPONENT, key_size=RSA_BITS)
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
