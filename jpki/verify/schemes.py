"""The signature schemes that a holder's key may be used with, as a table: what is hashed, padded and compared.

A policy lists the schemes that it allows. What a signature says of itself is never asked: each allowed scheme of the
key's own algorithm is tried, all of its parameters fixed, so no parameter is left for whoever signs to choose.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo, Prehashed
from cryptography.hazmat.primitives.hashes import SHA256, SHA384

from jpki.algorithms import P_384, RSA_2048, KeyAlgorithm, PublicKey


@dataclass(frozen=True, slots=True)
class MessageDigest:
    """A message of which the verifier has the hash alone: that of the algorithm of the certificate's key."""

    value: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SignatureScheme:
    """One row, the same as itself alone. ``over_digest`` is what the library is told besides signature and hash."""

    name: str
    algorithm: KeyAlgorithm
    over_digest: tuple[Any, ...] = field(repr=False)
    source: str

    def accepts(self, key: PublicKey, digest: bytes, signature: bytes) -> bool:
        """True when this key, which must be of the scheme's algorithm, made the signature in this scheme."""
        checks: Any = key  # the libraries of the two kinds of keys ask for other arguments
        try:
            checks.verify(signature, digest, *self.over_digest)
        except InvalidSignature:
            return False
        return True


PKCS1_SHA256: Final = SignatureScheme(
    name="rsassa-pkcs1-v1_5-sha256",
    algorithm=RSA_2048,
    over_digest=(PKCS1v15(), Prehashed(SHA256())),
    source="RFC 8017 clause 8.2: a DigestInfo of SHA-256 is padded; what cards are given by every published client",
)
PKCS1_BARE_SHA256: Final = SignatureScheme(
    name="rsa-pkcs1-v1_5-bare-sha256",
    algorithm=RSA_2048,
    over_digest=(PKCS1v15(), NoDigestInfo()),
    source="docs.p8n.app, create-sign-with-digestinfo: the signing service of デジタル認証アプリ pads the hash alone",
)
PSS_SHA256: Final = SignatureScheme(
    name="rsassa-pss-sha256",
    algorithm=RSA_2048,
    over_digest=(PSS(mgf=MGF1(SHA256()), salt_length=SHA256.digest_size), Prehashed(SHA256())),
    source="RFC 8017 clause 8.1; RFC 4055 clause 3.1: MGF1 with the same hash, a salt as long as the hash",
)
ECDSA_SHA384: Final = SignatureScheme(
    name="ecdsa-sha384",
    algorithm=P_384,
    over_digest=(ECDSA(Prehashed(SHA384())),),
    source="FIPS 186-5 clause 6.4.2; RFC 5480 appendix A; announced for the next generation",
)

SIGNATURE_SCHEMES: Final = (PKCS1_SHA256, PKCS1_BARE_SHA256, PSS_SHA256, ECDSA_SHA384)
"""All that this verifier knows, hence all that a policy can allow."""

CARD_SCHEMES: Final = (PKCS1_SHA256, ECDSA_SHA384)
"""What cards sign with when a client asks as X.509 and CMS want it; every other has to be allowed by name."""


def scheme_of(
    key: PublicKey,
    algorithm: KeyAlgorithm,
    message: bytes | MessageDigest,
    signature: bytes,
    allowed: Sequence[SignatureScheme],
) -> SignatureScheme | None:
    """The allowed scheme in which this key, which is of ``algorithm``, signed the message; None if there is none."""
    digest = message.value if isinstance(message, MessageDigest) else algorithm.new_hash(message).digest()
    if len(digest) != algorithm.new_hash().digest_size:  # else a "hash" could be a DigestInfo, padded as it is
        return None
    for scheme in allowed:
        if scheme.algorithm is algorithm and scheme.accepts(key, digest, signature):
            return scheme
    return None
