"""What a relying party remembers of a certificate without knowing it: keyed hashes, and sealed records.

A serial number is 32 bits that anybody may count through, so that only a key makes its hash mean nothing to a thief
(公的個人認証法 Art. 52 limits what serial numbers may be used for). Hashes and seals have keys of
their own, all from the one that is passed in (HKDF-SHA-256, RFC 5869). Sealed is AES-256-GCM (NIST SP 800-38D).
"""

from __future__ import annotations

import hmac
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from apdu.ports import RandomBytes
from jpki.kinds import CaKind
from jpki.rp.errors import VaultError
from jpki.verify.procedure import SubjectBinding

KEY_SIZE: Final = 32
HANDLE_SIZE: Final = 32
POINT_SIZE: Final = 16
_NONCE_SIZE: Final = 12  # NIST SP 800-38D clause 5.2.1.1


class Vault:
    """The key of one relying party at work. Two relying parties with keys of their own share no handle."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_SIZE:
            raise VaultError(
                f"a key has {KEY_SIZE} bytes, not {len(key)}", hint="draw 32 random bytes once, and keep them safe"
            )
        self._handles = derive_key(key, b"mynalab rp handles v1")
        self.evidence_key = derive_key(key, b"mynalab rp evidence v1")
        """Seals the verifier's records, which may be shown to others without the key of anything else."""
        self._seal = AESGCM(derive_key(key, b"mynalab rp seals v1"))

    def handle(self, kind: CaKind, binding: SubjectBinding) -> bytes:
        """What stands for a certificate: HMAC-SHA-256 over its CA's kind, its issuer's key and its serial number."""
        # Every part has one length or is the last, so that no two certificates give the same bytes.
        digits = b"%x" % binding.serial
        message = b"%c%c%b%b" % (kind.value[0].encode(), len(binding.issuer_key_id), binding.issuer_key_id, digits)
        return hmac.digest(self._handles, message, "sha256")

    def authority(self, kind: CaKind, issuer_key_id: bytes) -> bytes:
        """What stands for an issuer: enough to know whose list a customer's certificate would be on."""
        return hmac.digest(self._handles, b"authority " + kind.value.encode() + issuer_key_id, "sha256")[:16]

    def point(self, issuer_key_id: bytes, point: bytes) -> bytes:
        """What stands for a distribution point, which names a municipality: enough to know which list speaks."""
        return hmac.digest(self._handles, b"point " + issuer_key_id + point, "sha256")[:POINT_SIZE]

    def seal(self, plain: bytes, *, place: str, rng: RandomBytes) -> bytes:
        """Encrypted and bound to a place: a record that is copied to another customer's does not open there."""
        nonce = rng(_NONCE_SIZE)
        return nonce + self._seal.encrypt(nonce, plain, place.encode())

    def open(self, sealed: bytes, *, place: str) -> bytes:
        """What was sealed for this place; ``VaultError`` for anything else."""
        try:
            return self._seal.decrypt(sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:], place.encode())
        except (InvalidTag, ValueError) as error:
            raise VaultError(
                "a sealed record does not open: another key, another place, or changed bytes",
                hint="use the key with which the customers were made",
            ) from error

    def __repr__(self) -> str:
        return "Vault(…)"


def derive_key(key: bytes, purpose: bytes) -> bytes:
    """Another key out of this one, which it does not betray."""
    return HKDF(algorithm=SHA256(), length=KEY_SIZE, salt=None, info=purpose).derive(key)
