"""Private keys at work. The only module that knows ``cryptography``."""

from __future__ import annotations

import hashlib
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo, Prehashed
from cryptography.hazmat.primitives.serialization import load_der_private_key

from apdu.layout.jpki import KEY_BITS
from apdu.layout.signature import SIGN_OPERATIONS, Padding, SignOperation

_SHA256: Final = hashes.SHA256()
_PREHASHED: Final = Prehashed(_SHA256)
_VERBATIM: Final = (padding.PKCS1v15(), NoDigestInfo())
_WITH_DIGEST_INFO: Final = (padding.PKCS1v15(), _PREHASHED)
_PSS: Final = (padding.PSS(padding.MGF1(_SHA256), padding.PSS.DIGEST_LENGTH), _PREHASHED)


def _scheme(
    operation: SignOperation,
) -> tuple[padding.PKCS1v15 | padding.PSS, NoDigestInfo | Prehashed]:
    if operation.padding is Padding.PSS:
        return _PSS
    return _WITH_DIGEST_INFO if operation.wraps else _VERBATIM


_SCHEMES: Final = {p1: _scheme(operation) for p1, operation in SIGN_OPERATIONS.items()}


def load_private_key(der: bytes) -> RSAPrivateKey:
    """Read a PKCS #8 key; ``ValueError`` when it is not RSA of 2048 bits.

    The consistency of its numbers is not checked: that takes longer than a hundred signatures, and a wrong key
    is the personaliser's fault, which the first verification shows.
    """
    try:
        key = load_der_private_key(der, password=None, unsafe_skip_rsa_key_validation=True)
    except (TypeError, UnsupportedAlgorithm) as error:
        raise ValueError("this is no plain PKCS #8 private key") from error
    if not isinstance(key, RSAPrivateKey) or key.key_size != KEY_BITS:
        raise ValueError(f"the keys of this card are RSA of {KEY_BITS} bits")
    return key


class Keyring:
    """The private keys of one card, each loaded when it is first used."""

    __slots__ = ("_loaded",)

    def __init__(self) -> None:
        self._loaded: dict[tuple[bytes, int], RSAPrivateKey] = {}

    def key(self, aid: bytes, fid: int, der: bytes) -> RSAPrivateKey:
        """The key of an EF; ``ValueError`` when its content is none."""
        key = self._loaded.get((aid, fid))
        if key is None:
            key = self._loaded[aid, fid] = load_private_key(der)
        return key


def sign(key: RSAPrivateKey, operation: SignOperation, data: bytes) -> bytes:
    """256 bytes. The caller has checked that the operation accepts the data's length."""
    block = hashlib.sha256(data).digest() if operation.hashes else data
    scheme, algorithm = _SCHEMES[operation.p1]
    return key.sign(block, scheme, algorithm)
