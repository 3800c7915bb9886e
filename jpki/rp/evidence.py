"""The record that a ceremony leaves: what was signed by whom, and what was checked against which data; sealed.

Each signature is in it as the verifier's own record (``jpki.verify.evidence``), which can be verified again years
later: when the certificate was revoked since, its CA has ended, or the lists of today are gone. Lists and roots, which
many records stand on, are kept once in the store, sealed too, as long as the last record that needs them.

Signature and certificate are kept for seven years where the law on criminal proceeds wants it (犯罪収益移転防止法
施行規則 Art. 6 (1) (i) カ; 7 years: Art. 6 of the law).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
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
from jpki.verify.evidence import record
from jpki.verify.evidence_check import Reverification, reverify
from jpki.verify.evidence_form import canonical
from jpki.verify.findings import finding, moment_text
from jpki.verify.procedure import Verdict
from jpki.verify.trust import TrustStore
from jpki.verify.verifier import Verifier

KEEP_YEARS: Final = 7
FORMAT: Final = "mynalab-rp-evidence-2"
WITHOUT_DATA: Final = "mynalab-rp-evidence-1"
"""What releases before the second schema kept: certificate, signature and verdict, and no list to show it again."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A response, the bytes that it signs, what was found of it, and by whom."""

    response: SignedResponse
    message: bytes
    verdict: Verdict
    verifier: Verifier


def leave_evidence(
    unit: Unit,
    vault: Vault,
    *,
    user_id: str,
    statement: Statement,
    signed: Mapping[str, Signed],
    more: Mapping[str, Any],
    at: datetime,
    rng: RandomBytes,
) -> int:
    """Seal and keep it, its data besides. The transaction has locked the bindings (``Unit.lock_bindings``)."""
    keep_until = years_later(at, KEEP_YEARS)
    archive = DataKeeping(unit, vault, keep_until, rng)
    body = canonical(
        {
            "format": FORMAT,
            "ceremony": statement.kind.value,
            "origin": statement.origin,
            "at": moment_text(at),
            "user_id": user_id,
            "signed": {name: json.loads(_record(one, at, archive, vault)) for name, one in signed.items()},
            **more,
        }
    )
    return unit.add_evidence(
        user_id,
        statement.kind.value,
        at=at,
        keep_until=keep_until,
        digest=sha256(body).digest(),
        sealed=vault.seal(body, place=_place(user_id), rng=rng),
    )


def read_evidence(kept: KeptEvidence, vault: Vault) -> dict[str, Any]:
    """What was kept, whole and unchanged, or ``VaultError``. ``signed`` has the verifier's records by name."""
    body = vault.open(kept.sealed, place=_place(kept.user_id))
    if sha256(body).digest() != kept.digest:
        raise VaultError("a record of evidence is not the one whose digest was kept")
    read: dict[str, Any] = json.loads(body)
    if (read["ceremony"], read["at"]) != (kept.ceremony, moment_text(kept.at)):
        raise VaultError("a record of evidence is of another ceremony or moment than is written beside it")
    return read


def reverify_evidence(
    kept: KeptEvidence, *, unit: Unit, vault: Vault, trust: TrustStore | None = None
) -> dict[str, Reverification]:
    """Each signature of a ceremony verified again, from what was kept alone, as of the moment of the ceremony.

    ``trust`` has the roots that are believed today, those of ended CAs among them; without it, the record's own are.
    """
    body = read_evidence(kept, vault)
    if body["format"] == WITHOUT_DATA:
        lacking = finding("jpki.evidence.unreadable", why=f"{WITHOUT_DATA} has no data to verify it again")
        return dict.fromkeys(body["signed"], Reverification(findings=(lacking,)))
    archive = DataReading(unit, vault)
    return {
        name: reverify(canonical(one), trust=trust, archive=archive, key=vault.evidence_key)
        for name, one in body["signed"].items()
    }


def _record(signed: Signed, at: datetime, archive: DataKeeping, vault: Vault) -> bytes:
    return record(
        signed.verdict,
        certificate=signed.response.unverified_certificate,
        signature=signed.response.signature,
        message=signed.message,
        trust=signed.verifier.trust,
        policy=signed.verifier.policy,
        now=at,
        archive=archive,
        key=vault.evidence_key,
        with_message=True,
    )


class DataReading:
    """The store as an archive to read (``jpki.verify.archive.EvidenceArchive``)."""

    def __init__(self, unit: Unit, vault: Vault) -> None:
        self._unit = unit
        self._vault = vault

    def keep(self, content: bytes) -> None:
        """Nothing is kept while evidence is read."""
        raise NotImplementedError

    def fetch(self, digest: bytes) -> bytes | None:
        """Opened. ``VaultError`` when it was changed."""
        sealed = self._unit.data(digest)
        return None if sealed is None else self._vault.open(sealed, place=_data_place(digest))


class DataKeeping(DataReading):
    """The store as an archive to write. An OCSP response names a customer's serial number, so that all is sealed."""

    def __init__(self, unit: Unit, vault: Vault, until: datetime, rng: RandomBytes) -> None:
        super().__init__(unit, vault)
        self._until = until
        self._rng = rng

    def keep(self, content: bytes) -> None:
        """Once, for as long as the last of all records that stand on it."""
        digest = sha256(content).digest()
        if not self._unit.extend_data(digest, until=self._until):
            sealed = self._vault.seal(content, place=_data_place(digest), rng=self._rng)
            self._unit.add_data(digest, sealed, until=self._until)


def _place(user_id: str) -> str:
    return f"evidence of {user_id}"


def _data_place(digest: bytes) -> str:
    return f"data of evidence {digest.hex()}"
