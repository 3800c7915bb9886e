"""The sweep over a nation: 100 million customers in Parquet files against a million revoked certificates."""

from __future__ import annotations

import argparse
import hmac
import multiprocessing
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from benchmarks.common import Effort, Spread, add_effort_option, chosen_effort
from benchmarks.report import Comparison, Section, rate
from jpki.rp.bulk.duckdb_engine import DuckDbEngine
from jpki.rp.bulk.result import Tally
from jpki.rp.bulk.sweep import BulkSweep, run_bulk_sweep, sweep_steps
from jpki.rp.records import State

CUSTOMERS: Final = 100_000_000
REVOKED: Final = 1_000_000
FILES: Final = 20
ROUNDS: Final = 5
THREADS: Final = 2
TARGET_S: Final = 5.0
_AT: Final = datetime(2026, 5, 1, tzinfo=UTC)
_TEXT: Final = """Customers stand in {files} files with 64 bits of a keyed hash, issuer and end of the certificate each;
the revoked in one file with hash and reason. A sweep counts the five states of all customers, writes who is
revoked or held, and a checkpoint after each of its 4 steps; DuckDB works on {threads} cores. The audit does the same
with every row looked up by itself, and both agree. One sweep was ended after each step and resumed by another engine,
and came to the same counts. Hashing the list (HMAC-SHA-256 of {revoked:,} serial numbers, one core) happens once for
each list and is told apart."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One sweep in a process of its own."""

    seconds: float
    audit_seconds: float
    peak_mib: float
    tally: Tally


def generate(directory: Path, customers: int, revoked: int) -> BulkSweep:
    """The files, written in a stream: every hundredth customer is on the list, some in each state."""
    import duckdb

    each = customers // FILES
    files = [directory / f"customers-{number:02}.parquet" for number in range(FILES)]
    begin = int(_AT.timestamp())
    with duckdb.connect(config={"threads": THREADS, "memory_limit": "1GB"}) as connection:
        for number, path in enumerate(files):
            rows = (
                "SELECT hash(i)::UBIGINT AS handle, (i % 3 = 2)::UTINYINT AS authority, "
                f"({begin} + (i * 7919 % 1826 - 60) * 86400)::UINTEGER AS not_after "
                f"FROM range({number * each}, {(number + 1) * each}) t(i)"
            )
            connection.execute(f"COPY ({rows}) TO '{path}' (FORMAT parquet, COMPRESSION uncompressed)")
        listed = directory / "revoked.parquet"
        stride = customers // revoked
        rows = f"SELECT hash(i * {stride})::UBIGINT AS handle, (i % 7)::UTINYINT AS reason FROM range({revoked}) t(i)"
        connection.execute(f"COPY ({rows}) TO '{listed}' (FORMAT parquet)")
    into = directory / "out"
    into.mkdir()
    return BulkSweep(customers=files, revoked=listed, into=into, at=_AT)


def _empty(sweep: BulkSweep) -> None:
    for path in sweep.into.iterdir():
        path.unlink()


def _once(sweep: BulkSweep, results: multiprocessing.SimpleQueue[Measured]) -> None:
    """In a process of its own, whose peak of memory is the sweep's."""
    _empty(sweep)
    start = time.perf_counter()
    engine = DuckDbEngine(sweep.revoked, at=sweep.at, covered=(0,), threads=THREADS)
    tally = run_bulk_sweep(sweep, engine)
    seconds = time.perf_counter() - start
    peak = _peak_mib()
    start = time.perf_counter()
    audited = Tally.total(engine.audit(files) for files in sweep.parts())
    audit_seconds = time.perf_counter() - start
    assert audited == tally
    results.put(Measured(seconds, audit_seconds, peak, tally))


def _peak_mib() -> float:
    """Of this process alone; ru_maxrss would be that of its parent, too."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _in_a_process(sweep: BulkSweep) -> Measured:
    context = multiprocessing.get_context("spawn")
    results: multiprocessing.SimpleQueue[Measured] = context.SimpleQueue()
    process = context.Process(target=_once, args=(sweep, results))
    process.start()
    measured = results.get()
    process.join()
    return measured


def _resumed(sweep: BulkSweep) -> Tally:
    """A new engine for each step, as after a kill."""
    _empty(sweep)
    for _ in sweep.parts():
        engine = DuckDbEngine(sweep.revoked, at=sweep.at, covered=(0,), threads=THREADS)
        next(sweep_steps(sweep, engine))
        engine.close()
    return run_bulk_sweep(sweep, DuckDbEngine(sweep.revoked, at=sweep.at, covered=(0,)))


def _timed(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _hash_list(count: int) -> None:
    key, issuer = bytes(32), bytes(20)
    for serial in range(count):
        hmac.digest(key, b"s\x14%b%x" % (issuer, serial), "sha256")


def run(effort: Effort, *, customers: int | None = None) -> Section:
    """The chapter of the page."""
    count = customers or effort.calls(CUSTOMERS)
    revoked = count // (CUSTOMERS // REVOKED)
    with tempfile.TemporaryDirectory(prefix="mynalab-sweep-") as name:
        sweep = generate(Path(name), count, revoked)
        size = sum(path.stat().st_size for path in sweep.customers) / 2**20
        rounds = [_in_a_process(sweep) for _ in range(min(ROUNDS, effort.rounds))]
        tally = rounds[0].tally
        assert tally == _resumed(sweep)
        assert tally.stored == count
        assert tally.counts[State.REVOKED] + tally.counts[State.HELD] == revoked
    seconds = Spread.of(one.seconds for one in rounds)
    audits = Spread.of(one.audit_seconds for one in rounds)
    peak = Spread.of(one.peak_mib for one in rounds)
    hashing = _timed(lambda: _hash_list(revoked))
    sums = " + ".join(f"{tally.counts[state]:,} {state.value}" for state in State)
    rows = [
        ["sweep", f"{seconds.median:.2f} s", rate(count / seconds.median), f"{peak.median:.0f} MiB"],
        ["audit", f"{audits.median:.2f} s", rate(count / audits.median), ""],
        ["hashing the list", f"{hashing:.2f} s", rate(revoked / hashing), ""],
    ]
    text = _TEXT.format(files=f"{FILES} ({size:,.0f} MiB)", threads=THREADS, revoked=revoked)
    proof = f"Complete: {tally.stored:,} in = {sums}."
    what = f"sweep of {count:,} customers against {revoked:,} revoked"
    comparison = Comparison(
        what=what,
        value=f"{seconds.median:.2f} s",
        baseline="",
        figure=seconds,
        target=TARGET_S,
        at_most=True,
        unit=" s",
    )
    return Section(
        title="The sweep over all customers",
        text=f"{text}\n\n{proof}",
        header=["", "time", "rows", "peak memory"],
        rows=rows,
        comparisons=[comparison],
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    add_effort_option(parser)
    parser.add_argument("--customers", type=int, help=f"how many  [default: {CUSTOMERS:,}]")
    chosen = parser.parse_args()
    print(run(chosen_effort(chosen), customers=chosen.customers).markdown())
