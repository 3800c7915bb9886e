"""Private keys at work. The only module that knows ``cryptography``."""

from __future__ import annotations

import hashlib
from typing import Final, TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP384R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo, Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import load_der_private_key

from apdu.layout.jpki import KEY_BITS
from apdu.layout.signature import SIGN_OPERATIONS, Padding, SignOperation

_SHA256: Final = hashes.SHA256()
_PREHASHED: Final = Prehashed(_SHA256)
_VERBATIM: Final = (padding.PKCS1v15(), NoDigestInfo())
_WITH_DIGEST_INFO: Final = (padding.PKCS1v15(), _PREHASHED)
_OAEP: Final = padding.OAEP(padding.MGF1(_SHA256), _SHA256, None)
_COORDINATE_SIZE: Final = 48
_PSS: Final = (padding.PSS(padding.MGF1(_SHA256), padding.PSS.DIGEST_LENGTH), _PREHASHED)


def _scheme(
    operation: SignOperation,
) -> tuple[padding.PKCS1v15 | padding.PSS, NoDigestInfo | Prehashed]:
    if operation.padding is Padding.PSS:
        return _PSS
    return _WITH_DIGEST_INFO if operation.wraps else _VERBATIM


_SCHEMES: Final = {p1: _scheme(operation) for p1, operation in SIGN_OPERATIONS.items()}


PrivateKey: TypeAlias = RSAPrivateKey | EllipticCurvePrivateKey


def load_private_key(der: bytes) -> PrivateKey:
    """Read a PKCS #8 key; ``ValueError`` when it is neither RSA of 2048 bits nor on the curve P-384.

    The consistency of its numbers is not checked: that takes longer than a hundred signatures, and a wrong key
    is the personaliser's fault, which the first verification shows.
    """
    try:
        key = load_der_private_key(der, password=None, unsafe_skip_rsa_key_validation=True)
    except (TypeError, UnsupportedAlgorithm) as error:
        raise ValueError("this is no plain PKCS #8 private key") from error
    if isinstance(key, RSAPrivateKey) and key.key_size == KEY_BITS:
        return key
    if isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP384R1):
        return key
    raise ValueError(f"the keys of this card are RSA of {KEY_BITS} bits, those of the next one are on P-384")


def is_elliptic(key: PrivateKey) -> bool:
    """True for a key of the next generation of cards."""
    return isinstance(key, EllipticCurvePrivateKey)


class Keyring:
    """The private keys of one card, each loaded when it is first used."""

    __slots__ = ("_loaded",)

    def __init__(self) -> None:
        self._loaded: dict[tuple[bytes, int], PrivateKey] = {}

    def key(self, aid: bytes, fid: int, der: bytes) -> PrivateKey:
        """The key of an EF; ``ValueError`` when its content is none."""
        key = self._loaded.get((aid, fid))
        if key is None:
            key = self._loaded[aid, fid] = load_private_key(der)
        return key


def sign(key: PrivateKey, operation: SignOperation, data: bytes) -> bytes:
    """256 bytes of RSA, or 96 of ECDSA. The caller has checked that the operation accepts the data's length."""
    if isinstance(key, EllipticCurvePrivateKey):
        return _sign_elliptic(key, operation, data)
    block = hashlib.sha256(data).digest() if operation.hashes else data
    scheme, algorithm = _SCHEMES[operation.p1]
    return key.sign(block, scheme, algorithm)


def _sign_elliptic(key: EllipticCurvePrivateKey, operation: SignOperation, data: bytes) -> bytes:
    digest = hashlib.sha384(data).digest() if operation.hashes else data
    r, s = decode_dss_signature(key.sign(digest, ECDSA(Prehashed(hashes.SHA384()))))
    return r.to_bytes(_COORDINATE_SIZE) + s.to_bytes(_COORDINATE_SIZE)


def decrypt_oaep(key: PrivateKey, cryptogram: bytes) -> bytes | None:
    """RSAES-OAEP with SHA-256 (RFC 8017 clause 7.1); None when it is not that, ``OverflowError`` above the modulus."""
    if not isinstance(key, RSAPrivateKey):
        return None
    if int.from_bytes(cryptogram) >= key.private_numbers().public_numbers.n:
        raise OverflowError("the cryptogram is not below the modulus")
    try:
        return key.decrypt(cryptogram, _OAEP)
    except ValueError:
        return None


def encrypt_block(key: bytes, block: bytes) -> bytes:
    """One block of AES."""
    context = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305 -- one block, to make an IV
    return context.update(block) + context.finalize()


def encrypt_cbc(key: bytes, iv: bytes, blocks: bytes) -> bytes:
    """AES-CBC of whole blocks."""
    context = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    return context.update(blocks) + context.finalize()


def decrypt_cbc(key: bytes, iv: bytes, blocks: bytes) -> bytes:
    """The reverse of ``encrypt_cbc``."""
    context = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    return context.update(blocks) + context.finalize()
