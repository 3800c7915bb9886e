"""Work on a real cluster of Dask: a scheduler and workers, each a process of its own, on loopback."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from jpki.executing.errors import WorkersGoneError
from jpki.executing.job import run_job
from jpki.executing.on_dask import DaskWorkers
from jpki.executing.results import ResultFile, Standing
from tests.jpki.executing.tasks import Square, rows

pytestmark = pytest.mark.real_part("python:distributed")

ROOT = Path(__file__).parents[3]
WORKERS = 3
_LOOPBACK = ("--host", "127.0.0.1", "--no-dashboard")


@dataclass
class Cluster:
    """A scheduler at ``address``, and workers without nannies: who is killed stays dead."""

    directory: Path
    address: str = ""
    scheduler: subprocess.Popen[str] | None = None
    workers: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, workers: int) -> None:
        self.scheduler = self._run("scheduler", *_LOOPBACK, "--port", "0")
        assert self.scheduler.stderr is not None
        for line in self.scheduler.stderr:
            if found := re.search(r"Scheduler at: +(tcp://127\.0\.0\.1:\d+)", line):
                self.address = found[1]
                break
        for _ in range(workers):
            self.join()

    def join(self) -> None:
        alone = ("--nthreads", "1", "--no-nanny", "--local-directory", str(self.directory))
        self.workers.append(self._run("worker", self.address, *_LOOPBACK, *alone))

    def end(self) -> None:
        everybody = [one for one in (self.scheduler, *self.workers) if one is not None]
        for one in everybody:
            one.kill()
        for one in everybody:
            one.communicate(timeout=10)

    def _run(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_" + words[0], *words[1:]],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE if words[0] == "scheduler" else subprocess.DEVNULL,
            text=True,
        )


@contextlib.contextmanager
def running(directory: Path, workers: int) -> Iterator[Cluster]:
    cluster = Cluster(directory)
    try:
        cluster.start(workers)
        yield cluster
    finally:
        cluster.end()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with running(tmp_path_factory.mktemp("dask"), WORKERS) as cluster:
        yield cluster


@pytest.fixture
def workers(cluster: Cluster) -> Iterator[DaskWorkers]:
    with contextlib.closing(DaskWorkers(cluster.address)) as workers:
        yield workers


def squares(file: ResultFile) -> list[Any]:
    return [one.get("square", one.get("why")) for one in file.results()]


def test_each_row_has_its_result_in_order(square: Square, job: Any, results: Any, workers: DaskWorkers) -> None:
    slow = replace(square, slow_s=0.02)
    with results() as file:
        assert run_job(job(slow, rows(62)), workers, file) == 62
        assert file.require_complete(62, states=square.states) == {"even": 31, "odd": 31, "spoilt": 0}
        assert squares(file) == [n * n for n in range(62)]
    begun = square.begun()
    assert [number for number, *_ in begun] == list(range(16))
    assert os.getpid() not in {process for *_, process in begun}


def test_a_row_that_raises_is_named(square: Square, job: Any, results: Any, workers: DaskWorkers) -> None:
    with results() as file:
        run_job(job(square, rows(9, raises=[5])), workers, file)
        assert squares(file) == [0, 1, 4, 9, 16, "KeyError", 36, 49, 64]


def test_a_killed_workers_chunks_run_elsewhere(
    square: Square, job: Any, results: Any, cluster: Cluster, workers: DaskWorkers, tmp_path: Path
) -> None:
    slow = replace(square, slow_s=0.05)
    killer = square.kill_in_the_middle(after=9)
    with results() as file:
        run_job(job(slow, rows(120)), workers, file)
        assert file.require_complete(120, states=square.states)["spoilt"] == 0
        assert squares(file) == [n * n for n in range(120)]
    killer.join()
    assert int((tmp_path / "killed").read_text()) in {one.pid for one in cluster.workers}
    runs = Counter(number for number, *_ in square.begun())
    assert sorted(runs) == list(range(30))
    assert 31 <= sum(runs.values()) <= 30 + WORKERS


def test_a_cluster_that_loses_everybody_keeps_what_is_done(
    square: Square, job: Any, results: Any, tmp_path: Path
) -> None:
    slow = replace(square, slow_s=0.05)
    with running(tmp_path, 1) as cluster:

        def kill_all(standing: Standing) -> None:
            if standing.rows == 8:
                cluster.workers[0].kill()

        with contextlib.closing(DaskWorkers(cluster.address, patience_s=2)) as workers, results() as file:
            with pytest.raises(WorkersGoneError, match="no worker any more"):
                run_job(job(slow, rows(24)), workers, file, progress=kill_all)
            assert 8 <= file.standing().rows < 24
        cluster.join()
        with contextlib.closing(DaskWorkers(cluster.address)) as workers, results() as file:
            run_job(job(slow, rows(24)), workers, file)
            assert squares(file) == [n * n for n in range(24)]


def test_a_cluster_without_workers_is_refused(tmp_path: Path) -> None:
    with running(tmp_path, 0) as cluster, pytest.raises(WorkersGoneError, match="has no worker"):
        DaskWorkers(cluster.address, patience_s=1)


@pytest.mark.parametrize("address", ["nonsense://", "tcp://127.0.0.1:{free}", "", "tcp://nowhere.invalid:8786"])
def test_an_address_where_nobody_is(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jpki.executing.on_dask._CONNECT_S", 1)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        free = taken.getsockname()[1]
    begin = time.monotonic()
    with pytest.raises(WorkersGoneError, match="no Dask scheduler answers"):
        DaskWorkers(address.format(free=free))
    assert time.monotonic() - begin < 10


def test_a_library_that_is_not_there_is_told_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(WorkersGoneError, match="not installed") as caught:
        DaskWorkers("tcp://127.0.0.1:8786")
    assert "mynalab[dask]" in caught.value.hint
