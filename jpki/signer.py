"""Who signs for a CA: something with a public key that signs bytes. Where its private key lies is its own affair.

``SoftwareSigner`` is the one place of the certification authorities that touches a private key in memory.
"""

from __future__ import annotations

from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from jpki.algorithms import KeyAlgorithm, PublicKey, algorithm_of
from jpki.errors import KeyFileError
from jpki.keys import load_any_private_key


class Signer(Protocol):
    """What a CA needs of its key. Where a key lies in memory the same data gives the same signature, so that a lab is
    reproducible; ECDSA on a token (``jpki.tokens``) draws a number each time.
    """

    @property
    def public_key(self) -> PublicKey:
        """The public half."""
        ...

    @property
    def algorithm(self) -> KeyAlgorithm:
        """What kind of key it is, and of signature."""
        ...

    def sign(self, data: bytes) -> bytes:
        """The signature over ``data``, as X.509 encodes it."""
        ...

    def sign_digest(self, digest: bytes) -> bytes:
        """The same over data of which the algorithm's hash is known, when the data is too long to be held."""
        ...


class SoftwareSigner:
    """A key in this process's memory."""

    __slots__ = ("_key", "algorithm", "public_key")

    def __init__(self, key: RSAPrivateKey | EllipticCurvePrivateKey) -> None:
        """``KeyFileError`` for a key of an algorithm that JPKI has not."""
        self.public_key: PublicKey = key.public_key()
        algorithm = algorithm_of(self.public_key)
        if algorithm is None:
            raise KeyFileError("no certificate of JPKI has a key of this kind")
        self.algorithm: KeyAlgorithm = algorithm
        self._key: Any = key  # the two kinds of keys ask for other arguments

    @classmethod
    def load(cls, pkcs8: bytes) -> SoftwareSigner:
        """Read PKCS #8 DER; ``KeyFileError`` when it holds no key of JPKI."""
        return cls(load_any_private_key(pkcs8))

    def sign(self, data: bytes) -> bytes:
        """The signature over ``data``, as X.509 encodes it."""
        signature: bytes = self._key.sign(data, *self.algorithm.signing)
        return signature

    def sign_digest(self, digest: bytes) -> bytes:
        """The signature over data of which this is the hash."""
        signature: bytes = self._key.sign(digest, *self.algorithm.signing_digest)
        return signature

    def __repr__(self) -> str:
        return f"SoftwareSigner({self.algorithm.name})"
