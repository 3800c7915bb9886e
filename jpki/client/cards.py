"""Which application of a card signs, and how it is asked to: today's card, and the next generation's of our design."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from apdu.layout import jpki as layout
from apdu.layout import next_generation
from jpki.algorithms import P_384, RSA_2048, KeyAlgorithm

# RFC 8017 clause 9.2, note 1: DER of a DigestInfo for SHA-256, up to the digest itself.
DIGEST_INFO_SHA256: Final = bytes.fromhex("3031300D060960864801650304020105000420")


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningApplication:
    """An application with the holder's keys. EF ids of PINs, keys and certificates are the same in all."""

    aid: bytes
    algorithm: KeyAlgorithm
    digest_name: str
    digest_size: int
    p1: int
    """Of COMPUTE DIGITAL SIGNATURE."""
    prefix: bytes = field(repr=False)
    """What goes before the digest."""
    answer_size: int
    to_x509: Callable[[bytes], bytes] = field(repr=False)
    """From the card's answer to a signature as X.509 encodes it."""


def _from_two_numbers(answer: bytes) -> bytes:
    """ECDSA-Sig-Value (RFC 5480 appendix A) from r and s of the same length."""
    half = len(answer) // 2
    return encode_dss_signature(int.from_bytes(answer[:half]), int.from_bytes(answer[half:]))


JPKI: Final = SigningApplication(
    aid=layout.AID,
    algorithm=RSA_2048,
    digest_name="SHA-256",
    digest_size=32,
    p1=0x00,
    prefix=DIGEST_INFO_SHA256,
    answer_size=layout.SIGNATURE_SIZE,
    to_x509=bytes,
)
NEXT: Final = SigningApplication(
    aid=next_generation.AUTH_AID,
    algorithm=P_384,
    digest_name="SHA-384",
    digest_size=48,
    p1=0x02,
    prefix=b"",
    answer_size=next_generation.SIGNATURE_SIZE,
    to_x509=_from_two_numbers,
)
