"""Very many verifications of a platform operator's, verified again from what each tenant's store kept.

Each worker opens the tenant's store for itself, so that it needs the tenant's key: let only a cluster have it that may.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from jpki.executing.chunks import Chunk, Result, Row
from jpki.rp.asking.evidence import MISSING, Standing
from jpki.rp.asking.kept import UNOPENED
from jpki.rp.asking.ocsp import SPOILT
from jpki.rp.errors import VaultError
from jpki.rp.operator.evidence import reverify_kept
from jpki.rp.operator.interfaces import TenantStore, TenantUnit
from jpki.rp.storage.operator.store import SqlTenantStore
from jpki.rp.vault import Vault
from jpki.verify.findings import moment_text
from jpki.verify.trust import TrustAnchor, TrustStore

_PAGE: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class RecheckVerifications:
    """See ``jpki.executing.chunks.Task``. Rows: those of ``verification_rows``."""

    place: Path | str = field(repr=False)
    key: bytes = field(repr=False)
    anchors: tuple[TrustAnchor, ...] | None
    """None: believe the roots that the records bring along."""
    states: Sequence[str] = field(default=tuple(one.value for one in Standing), init=False)

    def __call__(self, chunk: Chunk) -> Sequence[Result]:
        """Verify each again."""
        vault = Vault(self.key)
        trust = None if self.anchors is None else TrustStore(self.anchors)
        with SqlTenantStore(self.place) as store, store.reading() as unit:
            return [_one(row, unit, vault, trust) for row in chunk.rows]

    def spoilt(self, row: Row, *, number: int, why: str) -> Result:
        """Nobody can say."""
        del number
        return {"id": row["id"], "state": Standing.UNREADABLE.value, "codes": [SPOILT], "why": why}


def verification_rows(store: TenantStore, *, last: int | None = None) -> Iterator[Row]:
    """A row for each verification with evidence up to that number, page by page: those that come meanwhile wait."""
    after = 0
    while True:
        with store.reading() as unit:
            found = unit.kept_verifications(after=after, limit=_PAGE)
        for one in found:
            if last is not None and one.number > last:
                return
            yield {"id": one.id, "number": one.number}
        if len(found) < _PAGE:
            return
        after = found[-1].number


def _one(row: Row, unit: TenantUnit, vault: Vault, trust: TrustStore | None) -> Result:
    kept = next(iter(unit.kept_verifications(after=row["number"] - 1, limit=1)), None)
    if kept is None or kept.id != row["id"]:
        return {"id": row["id"], "state": Standing.UNREADABLE.value, "codes": [MISSING]}
    try:
        again = reverify_kept(kept, unit=unit, vault=vault, trust=trust)
    except VaultError:
        return {"id": row["id"], "state": Standing.BROKEN.value, "codes": [UNOPENED]}
    state = Standing.HOLDS if again.ok else Standing.BROKEN
    told = {"id": row["id"], "purpose": kept.act.value, "state": state.value, "codes": list(again.codes)}
    return told if again.verified_at is None else told | {"verified_at": moment_text(again.verified_at)}
