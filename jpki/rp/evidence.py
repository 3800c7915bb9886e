"""The record that a ceremony leaves: what was signed by whom, and what was checked; canonical, and sealed.

Signature and certificate are kept for seven years where the law on criminal proceeds wants it (犯罪収益移転防止法
施行規則 Art. 6 (1) (i) カ; 7 years: Art. 6 of the law).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from apdu.ports import RandomBytes
from jpki.rp.ceremony import SignedResponse
from jpki.rp.errors import VaultError
from jpki.rp.interfaces import Unit
from jpki.rp.records import KeptEvidence
from jpki.rp.statement import Statement
from jpki.rp.vault import Vault
from jpki.rp.years import years_later
from jpki.verify.findings import moment_text
from jpki.verify.procedure import Verdict

KEEP_YEARS: Final = 7
FORMAT: Final = "mynalab-rp-evidence-1"


def leave_evidence(
    unit: Unit,
    vault: Vault,
    *,
    user_id: str,
    statement: Statement,
    signed: Mapping[str, tuple[SignedResponse, bytes, Verdict]],
    more: Mapping[str, Any],
    at: datetime,
    rng: RandomBytes,
) -> int:
    """Seal and keep it. ``signed``: by name, the response, the bytes that it signs, and the verdict."""
    body = json.dumps(
        {
            "format": FORMAT,
            "ceremony": statement.kind.value,
            "origin": statement.origin,
            "at": moment_text(at),
            "user_id": user_id,
            "signed": {name: _signed(*parts) for name, parts in signed.items()},
            **more,
        },
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    ).encode()
    return unit.add_evidence(
        user_id,
        statement.kind.value,
        at=at,
        keep_until=years_later(at, KEEP_YEARS),
        digest=sha256(body).digest(),
        sealed=vault.seal(body, place=_place(user_id), rng=rng),
    )


def read_evidence(record: KeptEvidence, vault: Vault) -> dict[str, Any]:
    """What was kept, whole and unchanged, or ``VaultError``."""
    body = vault.open(record.sealed, place=_place(record.user_id))
    if sha256(body).digest() != record.digest:
        raise VaultError("a record of evidence is not the one whose digest was kept")
    read: dict[str, Any] = json.loads(body)
    return read


def _signed(response: SignedResponse, message: bytes, verdict: Verdict) -> dict[str, Any]:
    return {
        "certificate": response.unverified_certificate.hex(),
        "signature": response.signature.hex(),
        "message": message.hex(),
        "verdict": verdict.as_dict(),
    }


def _place(user_id: str) -> str:
    return f"evidence of {user_id}"
