"""On what an answer by OCSP stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jpki.verify.crl_frame import RevokedEntry
from jpki.verify.findings import moment_text


@dataclass(frozen=True, slots=True, kw_only=True)
class OcspRevocationStatus:
    """The response that was believed, and what it says if the certificate is revoked."""

    produced_at: datetime
    this_update: datetime
    next_update: datetime | None
    entry: RevokedEntry | None

    @property
    def evidence(self) -> str:
        """What was asked, in a word or two that both languages have."""
        return "OCSP"

    def as_dict(self) -> dict[str, Any]:
        """For machines: plain values only."""
        reason = self.entry.reason if self.entry else None
        return {
            "method": "ocsp",
            "produced_at": moment_text(self.produced_at),
            "this_update": moment_text(self.this_update),
            "next_update": moment_text(self.next_update) if self.next_update else None,
            "revoked": self.entry is not None,
            "revoked_at": moment_text(self.entry.revoked_at) if self.entry else None,
            "reason": reason.rfc_name if reason else None,
        }
