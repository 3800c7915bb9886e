"""The key algorithms that certificates of JPKI have, as a table: the key, the signature made with it, its hash.

A key has one algorithm and an algorithm has one hash, so what a signature says of itself never decides how it is
checked: the key does, and the two are compared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP384R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384

from jpki import der, oids

PublicKey: TypeAlias = RSAPublicKey | EllipticCurvePublicKey
"""A key that a certificate of JPKI can have, of any of the algorithms here."""

# 施行規則 Art. 2 demands a modulus of at least 2048 bits; every published JPKI key has exactly these.
RSA_BITS: Final = 2048
RSA_EXPONENT: Final = 65_537


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KeyAlgorithm:
    """One row, the same as itself alone.

    ``verifying`` and ``signing`` are what the library is told besides signature and message.
    """

    name: str
    key_name: str
    signature_name: str
    signature_oid: str
    identifier: bytes = field(repr=False)
    """AlgorithmIdentifier of a signature, DER."""
    new_hash: Callable[..., hashlib._Hash] = field(repr=False)
    signature_form: str
    is_key: Callable[[object], bool] = field(repr=False)
    is_signature: Callable[[bytes], bool] = field(repr=False)
    key_at: int = field(repr=False)
    """Where the content of subjectPublicKey begins in SubjectPublicKeyInfo: keys of one algorithm have one length."""
    verifying: tuple[Any, ...] = field(repr=False)
    signing: tuple[Any, ...] = field(repr=False)
    signing_digest: tuple[Any, ...] = field(repr=False)
    """The same where the message is hashed already."""

    def __reduce__(self) -> tuple[Callable[[str], KeyAlgorithm], tuple[str]]:
        """A row goes to another process by its name, and is that process's own row there."""
        return algorithm_named, (self.name,)

    def digest(self, data: bytes) -> bytes:
        """The hash of ``data`` that a signature is made over."""
        return self.new_hash(data).digest()

    def verifies(self, key: PublicKey, message: bytes, signature: bytes) -> bool:
        """True when this key, which must be of this algorithm, made the signature over the message."""
        return self._verifies(key, message, signature, self.verifying)

    def verifies_digest(self, key: PublicKey, digest: bytes, signature: bytes) -> bool:
        """The same for a message of which this is the hash, ``new_hash``'s."""
        return self._verifies(key, digest, signature, self.signing_digest)

    def _verifies(self, key: PublicKey, signed: bytes, signature: bytes, how: tuple[Any, ...]) -> bool:
        if not self.is_key(key):
            return False
        checks: Any = key  # the libraries of the two kinds of keys ask for other arguments
        try:
            checks.verify(signature, signed, *how)
        except InvalidSignature:
            return False
        return True


def _is_rsa_2048(key: object) -> bool:
    return isinstance(key, RSAPublicKey) and key.key_size == RSA_BITS and key.public_numbers().e == RSA_EXPONENT


def _is_p384(key: object) -> bool:
    return isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP384R1)


def _is_two_numbers(signature: bytes) -> bool:
    try:
        decode_dss_signature(signature)
    except ValueError:
        return False
    return True


RSA_2048: Final = KeyAlgorithm(
    name="rsa-2048",
    key_name=f"RSA with {RSA_BITS} bits and the exponent {RSA_EXPONENT}",
    signature_name="sha256WithRSAEncryption",
    signature_oid=oids.SHA256_WITH_RSA,
    identifier=der.sequence(der.oid(oids.SHA256_WITH_RSA), der.null()),  # RFC 8017 appendix A.2.4: parameters NULL
    new_hash=hashlib.sha256,
    signature_form=f"{RSA_BITS // 8} bytes",
    is_key=_is_rsa_2048,
    is_signature=lambda signature: len(signature) == RSA_BITS // 8,  # RFC 8017 clause 8.2.2 step 1
    key_at=24,  # RFC 3279 clause 2.3.1: OID, NULL and the header of 270 bytes of RSAPublicKey
    verifying=(PKCS1v15(), SHA256()),
    signing=(PKCS1v15(), SHA256()),
    signing_digest=(PKCS1v15(), Prehashed(SHA256())),
)
"""Every card and CA of today."""

P_384: Final = KeyAlgorithm(
    name="p-384",
    key_name="ECDSA on the curve P-384",
    signature_name="ecdsa-with-SHA384",
    signature_oid=oids.ECDSA_WITH_SHA384,
    identifier=der.sequence(der.oid(oids.ECDSA_WITH_SHA384)),  # RFC 5758 clause 3.2: no parameters
    new_hash=hashlib.sha384,
    signature_form="an ECDSA-Sig-Value of 104 bytes at most",
    is_key=_is_p384,
    is_signature=_is_two_numbers,  # RFC 5480 appendix A: ECDSA-Sig-Value
    key_at=23,  # RFC 5480 clause 2.1.1: two OIDs and the header of an uncompressed point
    verifying=(ECDSA(SHA384()),),
    signing=(ECDSA(SHA384(), deterministic_signing=True),),  # RFC 6979: the same arguments give the same bytes
    signing_digest=(ECDSA(Prehashed(SHA384()), deterministic_signing=True),),
)
"""Announced for 次期個人番号カード: 384 bits with SHA-384 (its task force, 2024). The curve's name is our reading."""

KEY_ALGORITHMS: Final = (RSA_2048, P_384)


def algorithm_named(name: str) -> KeyAlgorithm:
    """The row of this name; ``ValueError`` for any other."""
    for algorithm in KEY_ALGORITHMS:
        if algorithm.name == name:
            return algorithm
    raise ValueError(f"no algorithm is called {name!r}")


def algorithm_of(key: object) -> KeyAlgorithm | None:
    """The row of a public key; None for any that JPKI has not."""
    return next((algorithm for algorithm in KEY_ALGORITHMS if algorithm.is_key(key)), None)


def signature_algorithm_at(encoded: bytes, at: int) -> KeyAlgorithm | None:
    """The row whose AlgorithmIdentifier stands at this place, parameters and all; None for any other."""
    return next(
        (algorithm for algorithm in KEY_ALGORITHMS if encoded.startswith(algorithm.identifier, at)),
        None,
    )
