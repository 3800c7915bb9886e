"""Very many records of ceremonies in a relying party's own store, verified again from what it kept.

Each worker opens the store for itself, so that it needs the store's key: let only a cluster have it that may.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from jpki.executing.chunks import Chunk, Result, Row
from jpki.rp.asking.evidence import MISSING, Standing
from jpki.rp.asking.ocsp import SPOILT
from jpki.rp.errors import VaultError
from jpki.rp.evidence import reverify_evidence
from jpki.rp.interfaces import Unit
from jpki.rp.storage.store import SqlStore
from jpki.rp.vault import Vault
from jpki.verify.trust import TrustAnchor, TrustStore

UNOPENED: Final = "evidence.does-not-open"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecheckKept:
    """See ``jpki.executing.chunks.Task``. Rows: those of ``kept_rows``."""

    place: Path | str = field(repr=False)
    key: bytes = field(repr=False)
    anchors: tuple[TrustAnchor, ...]
    states: Sequence[str] = field(default=tuple(one.value for one in Standing), init=False)

    def __call__(self, chunk: Chunk) -> Sequence[Result]:
        """Verify each again."""
        vault, trust = Vault(self.key), TrustStore(self.anchors)
        with SqlStore(self.place) as store, store.reading() as unit:
            return [_one(row, unit, vault, trust) for row in chunk.rows]

    def spoilt(self, row: Row, *, number: int, why: str) -> Result:
        """Nobody can say."""
        del number
        return {"id": row["id"], "state": Standing.UNREADABLE.value, "codes": [SPOILT], "why": why}


def kept_rows(unit: Unit, user_ids: Iterable[str]) -> Iterator[Row]:
    """A row for each record that is kept of these customers."""
    for user_id in user_ids:
        for kept in unit.evidence(user_id):
            yield {"id": str(kept.number), "user_id": user_id, "number": kept.number}


def _one(row: Row, unit: Unit, vault: Vault, trust: TrustStore) -> Result:
    kept = next((one for one in unit.evidence(row["user_id"]) if one.number == row["number"]), None)
    if kept is None:
        return {"id": row["id"], "state": Standing.UNREADABLE.value, "codes": [MISSING]}
    try:
        again = reverify_evidence(kept, unit=unit, vault=vault, trust=trust)
    except VaultError:
        return {"id": row["id"], "state": Standing.BROKEN.value, "codes": [UNOPENED]}
    holds = bool(again) and all(one.ok for one in again.values())
    return {
        "id": row["id"],
        "state": (Standing.HOLDS if holds else Standing.BROKEN).value,
        "codes": sorted({code for one in again.values() for code in one.codes}),
    }
