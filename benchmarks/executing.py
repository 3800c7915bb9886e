"""The executor beside the bare loop: evidence records verified again, in chunks, by processes of this machine."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

from benchmarks.common import Effort, Spread, effort_from_arguments, ratios
from benchmarks.report import Comparison, Section, rate
from benchmarks.verify_rate import NOW, make_world
from jpki.executing.chunks import Chunk, in_chunks
from jpki.executing.job import Job, run_job
from jpki.executing.local import LocalWorkers
from jpki.executing.results import ResultFile
from jpki.kinds import CaKind
from jpki.profiles import TEST
from jpki.rp.asking.evidence import RecheckEvidence, Standing, record_rows
from jpki.verify.archive import DirectoryArchive
from jpki.verify.evidence import record
from jpki.verify.policy import LOG_IN, Policy
from jpki.verify.procedure import verify
from jpki.verify.revocation import CrlRevocationCheck
from jpki.verify.trust import TrustAnchor, TrustStore

RECORDS: Final = 20_000
CHUNK: Final = 500
ROUNDS: Final = 5
BARE: Final = "the bare loop, one process"
_TEXT: Final = """`run_job` verifies {records:,} evidence records of log-ins again (their list and root stand in an
archive) in chunks of {chunk}, commits each chunk to the file of results and counts all of them again to prove it
complete, with 1 and with 2 processes that were started before. Beside it, the same function is called on the same
chunks in a loop, which keeps nothing."""


def _made(directory: Path, count: int) -> tuple[RecheckEvidence, list[dict[str, str]]]:
    """Records of customers' log-ins on the disk, and rows that name them in turn."""
    world = make_world()
    archive, records = directory / "archive", directory / "records"
    archive.mkdir()
    records.mkdir()
    trust = TrustStore([TrustAnchor.load(CaKind.AUTH, TEST, world.root)])
    how: dict[str, Any] = {
        "trust": trust,
        "policy": Policy(purpose=LOG_IN, revocation=CrlRevocationCheck([world.crl])),
        "now": NOW,
    }
    for number, (der, (message, signature)) in enumerate(zip(world.certificates, cycle(world.logins), strict=False)):
        given = {"certificate": der, "message": message, "signature": signature, **how}
        raw = record(verify(**given), **given, archive=DirectoryArchive(archive))
        (records / f"{number:04}.json").write_bytes(raw)
    rows = islice(cycle(map(dict, record_rows([records]))), count)
    return RecheckEvidence(anchors=tuple(trust), archive=archive), list(rows)


def _clock() -> datetime:
    return NOW


def _bare(task: RecheckEvidence, rows: Sequence[dict[str, str]]) -> None:
    for number, first, part in in_chunks(rows, CHUNK):
        results = task(Chunk(number=number, first=first, rows=part, at=NOW))
        assert results[0]["state"] == Standing.HOLDS.value, results[0]


def _executed(task: RecheckEvidence, rows: Sequence[dict[str, str]], workers: LocalWorkers, path: Path) -> None:
    job = Job(rows=rows, task=task, chunk_size=CHUNK, clock=_clock)
    with ResultFile(path, identity="benchmark") as results:
        counts_in = run_job(job, workers, results)
        counts = results.require_complete(counts_in, states=task.states)
    assert counts[Standing.HOLDS.value] == len(rows)
    path.unlink()


def _called(number: int) -> str:
    return f"{number} process{'es' if number > 1 else ''}"


def _timed(call: Callable[[], None]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def run(effort: Effort) -> Section:
    """Measure in turns."""
    count = max(effort.calls(RECORDS), 2 * CHUNK)
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mynalab-executing-")))
        task, rows = _made(directory, count)
        crews = {number: stack.enter_context(contextlib.closing(LocalWorkers(number))) for number in (1, 2)}
        for crew in crews.values():
            _executed(task, rows[: 2 * CHUNK], crew, directory / "warm.db")
        seconds: dict[str, list[float]] = {BARE: [], **{_called(number): [] for number in crews}}
        for _ in range(min(ROUNDS, effort.rounds)):
            seconds[BARE].append(_timed(lambda: _bare(task, rows)))
            for number, crew in crews.items():
                taken = _timed(lambda crew=crew: _executed(task, rows, crew, directory / "r.db"))  # type: ignore[misc]
                seconds[_called(number)].append(taken)
    per_second = {name: [count / each for each in taken] for name, taken in seconds.items()}
    medians = {name: Spread.of(each).median for name, each in per_second.items()}
    return Section(
        title="Work for many workers",
        text=_TEXT.format(records=count, chunk=CHUNK),
        header=["by", "records a second"],
        rows=[[name, rate(median)] for name, median in medians.items()],
        comparisons=[
            Comparison(
                what=f"{name} / {BARE}",
                value=rate(medians[name]),
                baseline=rate(medians[BARE]),
                figure=ratios(per_second[name], per_second[BARE]),
                target=target,
            )
            for name, target in (("1 process", 0.8), ("2 processes", None))
        ],
    )


if __name__ == "__main__":
    print(run(effort_from_arguments(__doc__)).markdown())
