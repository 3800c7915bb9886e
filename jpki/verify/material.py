"""What an answer about revocation stands on, kept so that evidence can record it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Literal, TypeAlias

from jpki.verify.crl_frame import RevocationList

MaterialKind: TypeAlias = Literal["crl", "ocsp"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How old an answer may be: the limits of the check that believed it. None where it has no such limit."""

    clock_skew: timedelta
    max_age: timedelta | None = None
    overdue: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class CrlMaterial:
    """The list that was asked; its bytes where they are in memory."""

    asked: RevocationList = field(repr=False)
    freshness: Freshness
    kind: MaterialKind = "crl"
    nonce: bytes | None = None

    @property
    def der(self) -> bytes | None:
        """The list as it was published, None where an index stands for it."""
        return self.asked.der

    @property
    def sha256(self) -> bytes:
        """Its hash, which names it in an archive."""
        return self.asked.crl_sha256


@dataclass(frozen=True, slots=True)
class OcspMaterial:
    """The response that was believed, and the nonce of the request that it answers."""

    der: bytes = field(repr=False)
    nonce: bytes | None = field(repr=False)
    freshness: Freshness
    kind: MaterialKind = "ocsp"

    @property
    def sha256(self) -> bytes:
        """Its hash."""
        return sha256(self.der).digest()


RevocationMaterial: TypeAlias = CrlMaterial | OcspMaterial
