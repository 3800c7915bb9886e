"""COMPUTE DIGITAL SIGNATURE (80 2A): what P1 asks the card to do.

Measured against every P1 and recovered with the public key: soltia48/myna-card README.md. Clients use P1 00.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final

from apdu.layout.facts import Lang


class Padding(Enum):
    """How the block that goes through RSA is made."""

    PKCS1_V15 = "PKCS #1 v1.5"
    PSS = "PSS"
    ECDSA = "ECDSA"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOperation:
    """One value of P1.

    ``hashes``: the card takes SHA-256 of the data first. ``wraps``: the card puts the hash into a DigestInfo.
    """

    p1: int
    min_length: int
    max_length: int
    hashes: bool
    wraps: bool
    padding: Padding
    name_en: str
    name_ja: str

    def accepts(self, length: int) -> bool:
        """True when data of this length may be signed this way."""
        return self.min_length <= length <= self.max_length

    def name(self, lang: Lang) -> str:
        """What happens, in one language."""
        return self.name_ja if lang == "ja" else self.name_en


SIGN_OPERATIONS: Final = MappingProxyType(
    {
        operation.p1: operation
        for operation in (
            SignOperation(
                p1=0x00,
                min_length=1,
                max_length=245,
                hashes=False,
                wraps=False,
                padding=Padding.PKCS1_V15,
                name_en="PKCS #1 v1.5 over the data as it is",
                name_ja="データをそのままPKCS #1 v1.5",
            ),
            SignOperation(
                p1=0x01,
                min_length=1,
                max_length=255,
                hashes=True,
                wraps=False,
                padding=Padding.PKCS1_V15,
                name_en="the card hashes with SHA-256, PKCS #1 v1.5 over the bare hash",
                name_ja="カードがSHA-256を計算し、DigestInfoなしでPKCS #1 v1.5",
            ),
            SignOperation(
                p1=0x02,
                min_length=32,
                max_length=32,
                hashes=False,
                wraps=True,
                padding=Padding.PKCS1_V15,
                name_en="PKCS #1 v1.5 over the caller's SHA-256 hash, the card adds the DigestInfo",
                name_ja="渡されたSHA-256ハッシュにカードがDigestInfoを付けてPKCS #1 v1.5",
            ),
            SignOperation(
                p1=0x03,
                min_length=1,
                max_length=255,
                hashes=True,
                wraps=True,
                padding=Padding.PKCS1_V15,
                name_en="the card hashes with SHA-256 and adds the DigestInfo, PKCS #1 v1.5",
                name_ja="カードがSHA-256とDigestInfoを付けてPKCS #1 v1.5",
            ),
            SignOperation(
                p1=0x04,
                min_length=32,
                max_length=32,
                hashes=False,
                wraps=False,
                padding=Padding.PSS,
                name_en="PSS over the caller's SHA-256 hash",
                name_ja="渡されたSHA-256ハッシュにPSS",
            ),
            SignOperation(
                p1=0x05,
                min_length=1,
                max_length=255,
                hashes=True,
                wraps=False,
                padding=Padding.PSS,
                name_en="the card hashes with SHA-256, PSS",
                name_ja="カードがSHA-256を計算してPSS",
            ),
        )
    }
)
