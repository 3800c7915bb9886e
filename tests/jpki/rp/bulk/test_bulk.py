"""The sweep over files: its counts against plain Python, killed at every step, and files that lie."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from jpki.rp.bulk.duckdb_engine import DuckDbEngine
from jpki.rp.bulk.result import Tally
from jpki.rp.bulk.sweep import CHECKPOINT, BulkSweep, run_bulk_sweep, sweep_steps
from jpki.rp.errors import SweepIncompleteError
from jpki.rp.records import State

pytestmark = pytest.mark.real_part("python:duckdb")

AT = datetime(2026, 5, 1, tzinfo=UTC)
SECONDS = int(AT.timestamp())
HELD = 6
FILES = 5
EACH = 600


def write(rows: list[tuple[int, ...]], columns: str, path: Path) -> Path:
    import duckdb

    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE t ({columns})")
        connection.executemany(f"INSERT INTO t VALUES ({', '.join('?' * len(rows[0]))})", rows)
        connection.execute("COPY t TO $path (FORMAT parquet)", {"path": str(path)})
    return path


class World:
    """Customers and revoked, as Python has them and as files."""

    def __init__(self, directory: Path) -> None:
        rng = random.Random(5)
        self.customers = [
            (rng.getrandbits(64), rng.choice((0, 1, 2)), SECONDS + rng.randint(-1000, 3000))
            for _ in range(FILES * EACH)
        ]
        # Their own second, before it and after it; the highest number there is.
        self.customers[:3] = [(1, 0, SECONDS), (2, 0, SECONDS - 1), (2**64 - 1, 0, SECONDS + 1)]
        hit = [handle for handle, _, _ in self.customers[:400]]
        strangers = [rng.getrandbits(64) for _ in range(100)]
        self.revoked = [(handle, rng.choice((0, 3, 4, 5, HELD))) for handle in (*hit[3:], *strangers)]
        columns = "handle UBIGINT, authority UTINYINT, not_after UINTEGER"
        self.files = [
            write(self.customers[n * EACH : (n + 1) * EACH], columns, directory / f"customers-{n}.parquet")
            for n in range(FILES)
        ]
        self.list = write(self.revoked, "handle UBIGINT, reason UTINYINT", directory / "revoked.parquet")

    def expected(self) -> dict[State, int]:
        reasons = dict(self.revoked)
        return dict.fromkeys(State, 0) | Counter(self._state(reasons, *one) for one in self.customers)

    @staticmethod
    def _state(reasons: dict[int, int], handle: int, authority: int, not_after: int) -> State:
        if handle in reasons:
            return State.HELD if reasons[handle] == HELD else State.REVOKED
        if not_after < SECONDS:
            return State.EXPIRED
        return State.GOOD if authority in (0, 1) else State.UNKNOWN

    def sweep(self, into: Path, **changes: Any) -> BulkSweep:
        into.mkdir(exist_ok=True)
        return BulkSweep(
            **{"customers": self.files, "revoked": self.list, "into": into, "at": AT, "steps": FILES} | changes
        )

    def engine(self, **changes: Any) -> DuckDbEngine:
        return DuckDbEngine(self.list, **{"at": AT, "covered": (0, 1)} | changes)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("bulk"))


@pytest.mark.parametrize("steps", [1, 2, 3, 5])
def test_everybody_is_in_one_state(world: World, tmp_path: Path, steps: int) -> None:
    tally = run_bulk_sweep(world.sweep(tmp_path / "out", steps=steps), world.engine(), audit=True)
    assert tally.counts == world.expected()
    assert tally.stored == FILES * EACH
    assert min(tally.counts.values()) > 0


def test_hits_name_the_revoked_and_their_reasons(world: World, tmp_path: Path) -> None:
    import duckdb

    run_bulk_sweep(world.sweep(tmp_path), world.engine())
    found = duckdb.sql(f"SELECT handle, reason FROM read_parquet('{tmp_path}/hits-*.parquet')").fetchall()
    customers = {handle for handle, _, _ in world.customers}
    assert sorted(found) == sorted(one for one in world.revoked if one[0] in customers)


def test_without_any_list_nobody_is_good(world: World, tmp_path: Path) -> None:
    tally = run_bulk_sweep(world.sweep(tmp_path), world.engine(covered=()), audit=True)
    assert tally.counts[State.GOOD] == 0


@pytest.mark.parametrize("killed_after", range(FILES + 1))
def test_a_sweep_is_resumed_where_it_was_killed(world: World, tmp_path: Path, killed_after: int) -> None:
    steps = sweep_steps(world.sweep(tmp_path), world.engine())
    for _ in range(killed_after):
        next(steps)
    steps.close()
    asked = Counting(world.engine())
    tally = run_bulk_sweep(world.sweep(tmp_path), asked)
    assert tally.counts == world.expected()
    assert asked.steps == FILES - killed_after


class Counting:
    """An engine that counts its steps."""

    def __init__(self, engine: DuckDbEngine) -> None:
        self.engine = engine
        self.steps = 0

    def sweep(self, files: list[str], hits: str) -> Tally:
        self.steps += 1
        return self.engine.sweep(files, hits)

    def audit(self, files: list[str]) -> Tally:
        return self.engine.audit(files)


class Losing(Counting):
    """An engine that loses a good customer."""

    def sweep(self, files: list[str], hits: str) -> Tally:
        tally = self.engine.sweep(files, hits)
        return Tally(stored=tally.stored, counts=tally.counts | {State.GOOD: tally.counts[State.GOOD] - 1})


class Confusing(Counting):
    """An engine that takes a held customer for a good one."""

    def sweep(self, files: list[str], hits: str) -> Tally:
        tally = self.engine.sweep(files, hits)
        changed = {State.GOOD: tally.counts[State.GOOD] + 1, State.HELD: tally.counts[State.HELD] - 1}
        return Tally(stored=tally.stored, counts=tally.counts | changed)


def test_a_lost_customer_is_noticed(world: World, tmp_path: Path) -> None:
    with pytest.raises(SweepIncompleteError, match="600 customers went in, 599 came out"):
        run_bulk_sweep(world.sweep(tmp_path), Losing(world.engine()))
    assert not (tmp_path / CHECKPOINT).exists()


def test_a_customer_in_a_wrong_state_is_noticed_by_the_audit(world: World, tmp_path: Path) -> None:
    with pytest.raises(SweepIncompleteError, match="counted in two ways"):
        run_bulk_sweep(world.sweep(tmp_path), Confusing(world.engine()), audit=True)


@pytest.mark.parametrize("change", ["moment", "steps", "files"])
def test_a_checkpoint_of_another_sweep_is_refused(world: World, tmp_path: Path, change: str) -> None:
    next(sweep_steps(world.sweep(tmp_path), world.engine()))
    changes: dict[str, dict[str, Any]] = {
        "moment": {"at": datetime(2026, 5, 2, tzinfo=UTC)},
        "steps": {"steps": 2},
        "files": {"customers": world.files[:-1]},
    }
    with pytest.raises(SweepIncompleteError, match="another sweep"):
        run_bulk_sweep(world.sweep(tmp_path, **changes[change]), world.engine())


@pytest.mark.parametrize("text", ["", "{", "[]", '{"identity": 1}', '{"identity": "x", "done": [1]}'])
def test_a_damaged_checkpoint_is_refused(world: World, tmp_path: Path, text: str) -> None:
    (tmp_path / CHECKPOINT).write_text(text)
    with pytest.raises(SweepIncompleteError, match="no checkpoint"):
        run_bulk_sweep(world.sweep(tmp_path), world.engine())


def test_a_file_that_is_no_parquet_stops_the_sweep(world: World, tmp_path: Path) -> None:
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 nothing PAR1")
    with pytest.raises(SweepIncompleteError, match="the sweep stopped"):
        run_bulk_sweep(world.sweep(tmp_path, customers=[tmp_path / "bad.parquet"], steps=1), world.engine())


def test_an_entry_that_stands_twice_on_the_list_counts_once(world: World, tmp_path: Path) -> None:
    twice = write([*world.revoked, *world.revoked], "handle UBIGINT, reason UTINYINT", tmp_path / "twice.parquet")
    engine = DuckDbEngine(twice, at=AT, covered=(0, 1))
    assert run_bulk_sweep(world.sweep(tmp_path), engine, audit=True).counts == world.expected()
