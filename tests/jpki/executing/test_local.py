"""Work by processes of this machine: killed ones, the driver killed, rows that nobody survives."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jpki.executing.errors import WorkersGoneError
from jpki.executing.job import LOST, Job, run_job
from jpki.executing.local import LocalWorkers
from jpki.executing.results import ResultFile, Standing
from tests.jpki.executing.tasks import Square, rows

ROOT = Path(__file__).parents[3]


@pytest.fixture
def workers() -> Iterator[LocalWorkers]:
    with contextlib.closing(LocalWorkers(2)) as workers:
        yield workers


def is_running(process: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except FileNotFoundError:
        return False


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def squares(file: ResultFile) -> list[Any]:
    return [one.get("square", one.get("why")) for one in file.results()]


def test_each_row_has_its_result_in_order(square: Square, job: Any, results: Any, workers: LocalWorkers) -> None:
    told: list[Standing] = []
    with results() as file:
        assert run_job(job(square, rows(23)), workers, file, progress=told.append) == 23
        assert file.require_complete(23, states=square.states) == {"even": 12, "odd": 11, "spoilt": 0}
        assert squares(file) == [n * n for n in range(23)]
    assert told[0].rows == 0
    assert told[-1] == Standing(rows=23, counts={"even": 12, "odd": 11})
    begun = square.begun()
    assert [one[:3] for one in begun] == [(n, n * 4, 4) for n in range(5)] + [(5, 20, 3)]
    assert len({process for *_, process in begun}) <= 2


def test_no_rows_are_no_work(square: Square, job: Any, results: Any, workers: LocalWorkers) -> None:
    with results() as file:
        assert run_job(job(square, []), workers, file) == 0
        assert file.require_complete(0, states=square.states) == {"even": 0, "odd": 0, "spoilt": 0}


def test_a_killed_workers_chunk_runs_again(
    square: Square, job: Any, results: Any, workers: LocalWorkers, tmp_path: Path
) -> None:
    slow = replace(square, slow_s=0.05)
    killer = square.kill_in_the_middle(after=5)
    with results() as file:
        run_job(job(slow, rows(40)), workers, file)
        assert squares(file) == [n * n for n in range(40)]
    killer.join()
    runs = Counter(number for number, *_ in square.begun())
    assert sorted(runs) == list(range(10))
    assert sum(runs.values()) == 11
    assert not is_running(int((tmp_path / "killed").read_text()))


def test_a_worker_killed_while_it_has_nothing_to_do_is_replaced(square: Square, job: Any, results: Any) -> None:
    with contextlib.closing(LocalWorkers(1)) as workers, results() as file:

        def kill_it(standing: Standing) -> None:
            if standing.rows == 4:
                process = square.begun()[0][3]
                os.kill(process, signal.SIGKILL)
                wait_until(lambda: not is_running(process))

        run_job(job(square, rows(8)), workers, file, progress=kill_it)
        assert squares(file) == [n * n for n in range(8)]


@pytest.mark.parametrize(
    ("way", "why"),
    [
        ("raises", "KeyError"),
        ("kills", LOST),
        ("nothing", "NotOneResultForEachRow"),
        ("nonsense", "NotOneResultForEachRow"),
    ],
)
def test_a_poison_row_is_named_and_costs_nobody_else(
    square: Square, job: Any, results: Any, workers: LocalWorkers, way: str, why: str
) -> None:
    with results() as file:
        run_job(job(square, rows(9, **{way: [5]})), workers, file)
        assert squares(file) == [*(n * n for n in range(5)), why, *(n * n for n in range(6, 9))]
        assert file.require_complete(9, states=square.states)["spoilt"] == 1
    assert len(square.begun()) < 20


def test_a_row_that_kills_once_is_not_spoilt(square: Square, job: Any, results: Any, workers: LocalWorkers) -> None:
    with results() as file:
        run_job(job(square, rows(9, **{"kills-once": [0, 3, 8]})), workers, file)
        assert squares(file) == [n * n for n in range(9)]


def test_two_poison_rows_in_one_chunk(square: Square, job: Any, results: Any, workers: LocalWorkers) -> None:
    with results() as file:
        run_job(job(square, rows(6, raises=[0, 3])), workers, file)
        assert squares(file) == ["KeyError", 1, 4, "KeyError", 16, 25]


def test_workers_that_never_finish_anything_end_the_job(
    square: Square, job: Any, results: Any, workers: LocalWorkers
) -> None:
    with results() as file, pytest.raises(WorkersGoneError, match="nothing was finished"):
        run_job(job(square, rows(64, kills=range(64)), chunk_size=32), workers, file)
    with results() as file:
        assert file.standing().rows == 0


_DRIVER = """
import sys
from pathlib import Path
from jpki.executing.job import Job, run_job
from jpki.executing.local import LocalWorkers
from jpki.executing.results import ResultFile
from tests.jpki.executing.tasks import Square, clock, rows

if __name__ == "__main__":
    directory = Path(sys.argv[1])
    job = Job(task=Square(directory / "notes", slow_s=0.05), rows=rows(40), chunk_size=4, clock=clock)
    with ResultFile(directory / "results.db", identity="squares") as file:
        run_job(job, LocalWorkers(2), file, progress=lambda standing: print(standing.rows, flush=True))
"""


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGINT], ids=["kill", "ctrl-c"])
def test_a_driver_that_is_killed_goes_on_and_leaves_nobody_at_work(
    square: Square, job: Callable[..., Job], results: Any, workers: LocalWorkers, tmp_path: Path, signum: int
) -> None:
    script = tmp_path / "driver.py"
    script.write_text(_DRIVER)
    command = [sys.executable, str(script), str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as driver:
        assert driver.stdout is not None
        while int(driver.stdout.readline()) < 12:
            pass
        driver.send_signal(signum)
        driver.communicate(timeout=20)
    processes = {process for *_, process in square.begun()}
    wait_until(lambda: not any(map(is_running, processes)))
    with results() as file:
        kept = file.standing().rows
        assert 12 <= kept < 40
        before = len(square.begun())
        run_job(job(square, rows(40)), workers, file)
        assert file.require_complete(40, states=square.states)["spoilt"] == 0
        assert squares(file) == [n * n for n in range(40)]
    assert len(square.begun()) - before == (40 - kept) // 4
