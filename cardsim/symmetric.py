"""AES for the secure channel, and the provider's signature over a package: the card's cryptography beside ``keys``."""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import cmac as _cmac
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from apdu.scp03 import Aes


def cmac(key: bytes, message: bytes) -> bytes:
    """AES-CMAC: NIST SP 800-38B."""
    context = _cmac.CMAC(algorithms.AES(key))
    context.update(message)
    return context.finalize()


def _encrypt(key: bytes, icv: bytes, blocks: bytes) -> bytes:
    context = Cipher(algorithms.AES(key), modes.CBC(icv)).encryptor()
    return context.update(blocks) + context.finalize()


def _decrypt(key: bytes, icv: bytes, blocks: bytes) -> bytes:
    context = Cipher(algorithms.AES(key), modes.CBC(icv)).decryptor()
    return context.update(blocks) + context.finalize()


AES: Final = Aes(cmac=cmac, encrypt=_encrypt, decrypt=_decrypt)


def is_public_key(point: bytes) -> bool:
    """True for an uncompressed point of P-256: SEC 1 clause 2.3.3."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        return False
    return len(point) == 65


def signature_is_right(point: bytes, content: bytes, signature: bytes) -> bool:
    """ECDSA over P-256 with SHA-256, the signature as DER (RFC 3279 clause 2.2.3)."""
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    try:
        key.verify(signature, content, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True
