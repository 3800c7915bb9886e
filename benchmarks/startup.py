"""From the start of a fresh process to a reader that a waiting program can use."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.cards import lab_image
from benchmarks.common import ROOT, Effort, Spread, effort_from_arguments
from benchmarks.processes import ClientProcess
from benchmarks.report import Comparison, Section
from cardsim.store import FileStore
from mynalab.clock import system_clock
from mynalab.lab.create import create_lab
from mynalab.lab.issue import issue_card
from mynalab.lab.lab import Lab
from mynalab.persona import load_persona
from mynalab.virtual_readers import SOCKET_NAME

CARD = "adult-resident"
LIMIT_S = 0.3
_MYNALAB = str(Path(sys.executable).with_name("mynalab"))
_END_DEADLINE_S = 10.0


@dataclass(slots=True)
class Start:
    """One way to start, and the seconds that it took in each round."""

    what: str
    seconds: Callable[[], float]
    rounds: list[float] = field(default_factory=list)


def run(effort: Effort) -> Section:
    """Measure all starts in turns."""
    with tempfile.TemporaryDirectory(prefix="mynalab-") as name:
        lab = _make_lab(Path(name) / "lab")
        bare, *starts = _starts(Path(name), lab)
        try:
            _take_turns([bare, *starts], effort)
        finally:
            shutil.rmtree(lab.paths.runtime, ignore_errors=True)  # it lies elsewhere
    return Section(
        title="Start",
        text=(
            "From the start of a fresh process until a program that was already waiting has a card: it polls every "
            "0.5 ms until `SCardConnect` succeeds. The cards are files, of a lab made beforehand. The baseline is "
            "`python -c pass`, which starts and ends."
        ),
        header=["start", "ms", "× bare interpreter"],
        rows=[[start.what, _milliseconds(start), f"{_times(start, bare).median:.1f}"] for start in (bare, *starts)],
        comparisons=[
            Comparison(
                what=start.what,
                value=f"{_milliseconds(start)} ms",
                baseline=f"{_milliseconds(bare)} ms",
                figure=Spread.of(start.rounds),
                target=LIMIT_S,
                at_most=True,
                unit=" s",
            )
            for start in starts
        ],
    )


def _take_turns(order: list[Start], effort: Effort) -> None:
    for _ in range(effort.start_rounds):
        for start in order:
            start.rounds.append(start.seconds())
        order.reverse()


def _starts(directory: Path, lab: Lab) -> list[Start]:
    FileStore.create(directory / "card.json", lab_image())
    options = ("--lab", str(lab.paths.root), "--card", CARD)
    library = [sys.executable, "-m", "benchmarks.server", str(directory / SOCKET_NAME), str(directory / "card.json")]
    return [
        Start("`python -c pass`", lambda: _until_end([sys.executable, "-c", "pass"])),
        Start("library: `VirtualReaders` with one card", lambda: _until_usable(library, directory / SOCKET_NAME)),
        Start("`mynalab serve`", lambda: _until_usable([_MYNALAB, "serve", *options], lab.paths.runtime / SOCKET_NAME)),
        Start("`mynalab run -- true`, to its end", lambda: _until_end([_MYNALAB, "run", *options, "--", "true"])),
    ]


def _make_lab(directory: Path) -> Lab:
    now = system_clock()
    lab = create_lab(directory, now=now)
    issue_card(lab, name=CARD, persona=load_persona(CARD), now=now)
    return lab


def _until_end(command: Sequence[str]) -> float:
    begin = time.monotonic()
    subprocess.run(command, cwd=ROOT, env=dict(os.environ), check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - begin


def _until_usable(command: Sequence[str], socket_path: Path) -> float:
    with ClientProcess(socket_path) as client:
        client.ask({})
        begin_ns = time.monotonic_ns()  # one clock for all processes: clock_gettime(2), CLOCK_MONOTONIC
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            connected_ns: int = client.answer()["connected_ns"]
        except RuntimeError as error:
            process.terminate()
            raise RuntimeError(f"it does not come up: {process.communicate()[1].decode()}") from error
        process.terminate()
        process.communicate(timeout=_END_DEADLINE_S)
    return (connected_ns - begin_ns) / 1e9


def _milliseconds(start: Start) -> str:
    return f"{Spread.of(start.rounds).median * 1000:.0f}"


def _times(start: Start, bare: Start) -> Spread:
    return Spread.of(value / baseline for value, baseline in zip(start.rounds, bare.rounds, strict=True))


if __name__ == "__main__":
    print(run(effort_from_arguments(__doc__)).markdown())
