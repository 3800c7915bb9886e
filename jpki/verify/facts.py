"""What a verdict says of a certificate that passed every step."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from jpki.attributes import HolderAttributes
from jpki.kinds import CaKind


@dataclass(frozen=True, slots=True)
class SubjectBinding:
    """What a relying party stores of a holder: issuer's key and serial number name one certificate for ever.

    A renewal changes both, so a relying party follows it with its own records.
    """

    issuer_key_id: bytes
    serial: int

    def as_dict(self) -> dict[str, Any]:
        """For machines: plain values only."""
        return {"issuer_key_id": self.issuer_key_id.hex(), "serial": self.serial}


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFacts:
    """What a certificate that passed every step says. ``attributes`` are there for signing certificates alone."""

    kind: CaKind
    binding: SubjectBinding
    not_before: datetime
    not_after: datetime
    attributes: HolderAttributes | None = field(default=None, repr=False)
    points: frozenset[bytes] = field(default=frozenset(), repr=False)
    """The distribution points of its lists, each a GeneralName in DER."""
