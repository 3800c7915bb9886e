"""Keys of domains, providers and applications: derived from a secret, so that a lab keeps none of them in files."""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives import cmac as _cmac
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from apdu.scp03 import Aes, StaticKeys

# The order of the curve: SEC 2 clause 2.4.2
_P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


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


def derive(secret: bytes, label: str, size: int = 16) -> bytes:
    """Bytes that the secret and the label determine: RFC 5869."""
    return HKDF(algorithm=hashes.SHA256(), length=size, salt=None, info=label.encode()).derive(secret)


def static_keys(secret: bytes, card: str, domain: bytes) -> StaticKeys:
    """The key set of one domain on one card."""
    enc, mac, dek = (derive(secret, f"{part}/{card}/{domain.hex()}") for part in ("enc", "mac", "dek"))
    return StaticKeys(enc=enc, mac=mac, dek=dek)


def application_key(secret: bytes, application: bytes, reference: int) -> bytes:
    """A terminal's key: the same on every card, so that a terminal needs to know no card beforehand."""
    return derive(secret, f"application/{application.hex()}/{reference}")


def provider_key(secret: bytes, domain: bytes) -> ec.EllipticCurvePrivateKey:
    """The key that signs a provider's packages."""
    number = int.from_bytes(derive(secret, f"provider/{domain.hex()}", 48)) % (_P256_ORDER - 1) + 1
    return ec.derive_private_key(number, ec.SECP256R1())


def public_point(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public half as the card keeps it."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def sign(key: ec.EllipticCurvePrivateKey, content: bytes) -> bytes:
    """ECDSA with SHA-256 and without chance (RFC 6979), so that a package is the same each time it is built."""
    return key.sign(content, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
