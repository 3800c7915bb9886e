"""Very many evidence records, verified again: which of them still hold.

A record that holds may be one of a refusal: that it says the same again is what is asked here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Final

from jpki.executing.chunks import Chunk, Result, Row
from jpki.rp.asking.ocsp import SPOILT
from jpki.verify.archive import DirectoryArchive
from jpki.verify.evidence_check import Reverification, reverify
from jpki.verify.evidence_form import MAX_RECORD_SIZE
from jpki.verify.findings import moment_text
from jpki.verify.trust import TrustAnchor, TrustStore

MISSING: Final = "input.missing"


class Standing(Enum):
    """How a record stands; each is in exactly one."""

    HOLDS = "holds"
    BROKEN = "broken"
    """Changed, incomplete, of another root, or its data say something else than was written."""
    UNREADABLE = "unreadable"
    """There is no file, or no worker survived it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecheckEvidence:
    """See ``jpki.executing.chunks.Task``. Rows: ``id``, and ``path`` of a record, which the workers have to see."""

    anchors: tuple[TrustAnchor, ...]
    archive: Path | None = None
    key: bytes | None = field(default=None, repr=False)
    states: Sequence[str] = field(default=tuple(one.value for one in Standing), init=False)

    def __call__(self, chunk: Chunk) -> Sequence[Result]:
        """Verify each again."""
        trust = TrustStore(self.anchors) if self.anchors else None
        archive = DirectoryArchive(self.archive) if self.archive is not None else None
        return [self._one(row, trust, archive) for row in chunk.rows]

    def spoilt(self, row: Row, *, number: int, why: str) -> Result:
        """Nobody can say."""
        del number
        return {"id": row["id"], "state": Standing.UNREADABLE.value, "codes": [SPOILT], "why": why}

    def _one(self, row: Row, trust: TrustStore | None, archive: DirectoryArchive | None) -> Result:
        try:
            with Path(row["path"]).open("rb") as file:
                raw = file.read(MAX_RECORD_SIZE + 1)
        except OSError:
            return {"id": row["id"], "state": Standing.UNREADABLE.value, "codes": [MISSING]}
        return _told(row, reverify(raw, trust=trust, archive=archive, key=self.key))


def record_rows(paths: Iterable[Path]) -> Iterator[Row]:
    """Files as they are named; of directories all their ``*.json``, in the order of their names."""
    for path in paths:
        for one in sorted(path.rglob("*.json")) if path.is_dir() else (path,):
            yield {"id": str(one), "path": str(one.absolute())}


def _told(row: Row, again: Reverification) -> Result:
    told = {
        "id": row["id"],
        "state": (Standing.HOLDS if again.ok else Standing.BROKEN).value,
        "codes": list(again.codes),
    }
    if again.verdict is None or again.verified_at is None:
        return told
    return told | {"accepted": again.verdict.ok, "verified_at": moment_text(again.verified_at)}
