"""The sweep over files, some at a time. After each step, what came of it is in a checkpoint beside the hits.

Whoever is killed starts it again with the same arguments: finished steps are not done again, an unfinished one is done
wholly again. A checkpoint of other files, another list or another moment is not resumed, it is refused.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from jpki.rp.bulk.result import BulkEngine, Tally
from jpki.rp.errors import SweepIncompleteError

CHECKPOINT: Final = "checkpoint.json"
STEPS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkSweep:
    """What is swept: customers' files against the revoked, at a moment, into a directory."""

    customers: Sequence[Path]
    revoked: Path
    into: Path
    at: datetime
    steps: int = STEPS

    def parts(self) -> list[list[str]]:
        """The files of each step."""
        size = -(-len(self.customers) // self.steps)
        names = [str(path) for path in self.customers]
        return [names[at : at + size] for at in range(0, len(names), size)]

    def identity(self) -> str:
        """Changes with any of the files, the moment and the division into steps."""
        stats = [(str(path), path.stat()) for path in (*self.customers, self.revoked)]
        told = [(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats]
        return sha256(json.dumps([told, self.at.isoformat(), self.steps]).encode()).hexdigest()


def sweep_steps(sweep: BulkSweep, engine: BulkEngine, *, audit: bool = False) -> Iterator[Tally]:
    """Go on from the checkpoint; each tally that is yielded is on the disk. ``audit`` counts everything twice."""
    identity = sweep.identity()
    done = _read(sweep, identity)
    for number, files in enumerate(sweep.parts()):
        if number < len(done):
            continue
        hits = sweep.into / f"hits-{number:04}.parquet"
        draft = hits.with_suffix(".draft")
        tally = engine.sweep(files, str(draft))
        tally.require_complete(f"step {number + 1}")
        if audit and engine.audit(files) != tally:
            raise SweepIncompleteError(f"step {number + 1}: counted in two ways, the customers' states differ")
        draft.replace(hits)
        done.append(tally)
        _write(sweep, identity, done)
        yield tally


def run_bulk_sweep(sweep: BulkSweep, engine: BulkEngine, *, audit: bool = False) -> Tally:
    """All of it, from where the last one was interrupted: the total, which adds up."""
    for _ in sweep_steps(sweep, engine, audit=audit):
        pass
    total = Tally.total(_read(sweep, sweep.identity()))
    total.require_complete("the whole sweep")
    return total


def _read(sweep: BulkSweep, identity: str) -> list[Tally]:
    path = sweep.into / CHECKPOINT
    if not path.exists():
        return []
    try:
        read: dict[str, Any] = json.loads(path.read_text("utf-8"))
        found, tallies = read["identity"], [Tally.from_dict(one) for one in read["done"]]
    except (ValueError, KeyError, TypeError) as error:
        raise SweepIncompleteError(f"{path} is no checkpoint", hint="delete it and sweep again") from error
    if found != identity:
        raise SweepIncompleteError(
            f"{path} is of another sweep: other files, another list, another moment or other steps",
            hint="sweep into an empty directory",
        )
    return tallies


def _write(sweep: BulkSweep, identity: str, done: Sequence[Tally]) -> None:
    """The whole checkpoint, or the one before."""
    path = sweep.into / CHECKPOINT
    draft = path.with_suffix(".draft")
    with draft.open("w", encoding="utf-8") as file:
        json.dump({"identity": identity, "done": [one.as_dict() for one in done]}, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
