"""Revocation lists of a nation: made, indexed, opened and asked, beside programs that read such lists."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from benchmarks.common import ROOT, Effort, Spread, effort_from_arguments
from benchmarks.report import Comparison, Section

MILLION = 1_000_000
SIZES = (MILLION, 5 * MILLION, 10 * MILLION)
_ROUNDS = {MILLION: 5, 5 * MILLION: 3, 10 * MILLION: 3}
_OURS = ("generate", "build", "ask")
_RIVALS = ("openssl crl", "openssl verify", "cryptography", "certvalidator")
_RIVAL_ROUNDS = 3
_DEADLINE_S = 900
_TEXT = """Entries as JPKI has them: serial numbers counted up, below 2³², a date to the second, a reason (37 bytes
each; 36.9 MB for a million). Every job runs in a process of its own; its peak of memory is that of the whole process.
**Made**: `write_crl` from entries that come one by one, to a file. **Indexed**: `build_index` from that file, the
signature checked, numpy's import and the index's way to the disk included. **Opened**, **listed**, **other**:
`MappedIndex.open`, and the median of 20,000 single look-ups of serial numbers that are listed, and that are not. The
others read the list of the smallest size: `openssl crl -verify`, `openssl verify -crl_check` of one certificate,
`cryptography` with a check of the signature, `pyhanko-certvalidator` validating one certificate; their look-ups are of
entries at the end of the list, for pyhanko-certvalidator of a second validation."""

Figures = dict[str, list[float]]


class Jobs:
    """Runs jobs and keeps what each said, by its name and the length of the list."""

    def __init__(self) -> None:
        self.told: dict[tuple[str, int], Figures] = defaultdict(lambda: defaultdict(list))

    def run(self, job: str, directory: Path, count: int) -> None:
        """Once more."""
        command = [sys.executable, "-m", "benchmarks.crl_jobs", job, str(directory), str(count)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=_DEADLINE_S, check=False)
        if done.returncode:
            raise RuntimeError(f"{job} with {count:,} entries failed: {done.stderr}")
        for name, value in json.loads(done.stdout).items():
            self.told[job, count][name].append(value)

    def spread(self, job: str, count: int, name: str) -> Spread:
        """Of one figure."""
        return Spread.of(self.told[job, count][name])

    def text(self, job: str, count: int, name: str, form: str = "{:.2f}") -> str:
        """Its median, or a dash where the job does not tell it."""
        values = self.told[job, count].get(name)
        return form.format(Spread.of(values).median) if values else "–"


def run(effort: Effort) -> Section:
    """Measure all sizes, one after the other, and the others in turns with ours."""
    sizes = [effort.calls(size) for size in SIZES]
    rivals = [rival for rival in _RIVALS if _is_there(rival)]
    jobs = Jobs()
    for size, full in zip(sizes, SIZES, strict=True):
        with tempfile.TemporaryDirectory(prefix="mynalab-") as directory:
            for turn in range(min(effort.rounds, _ROUNDS[full])):
                for job in _OURS:
                    jobs.run(job, Path(directory), size)
                if full == MILLION and turn < _RIVAL_ROUNDS:
                    for job in rivals:
                        jobs.run(job, Path(directory), size)
    return Section(
        title="Revocation lists",
        text=_TEXT,
        header=["list", "s", "peak MB", "opened ms", "listed µs", "other µs"],
        rows=[*(row for size in sizes for row in _our_rows(jobs, size)), *_rival_rows(jobs, rivals, sizes[0])],
        comparisons=_comparisons(jobs, sizes, rivals),
    )


def _is_there(rival: str) -> bool:
    if rival == "certvalidator":
        return find_spec("pyhanko_certvalidator") is not None
    return not rival.startswith("openssl") or shutil.which("openssl") is not None


def _our_rows(jobs: Jobs, size: int) -> list[list[str]]:
    def row(what: str, job: str, *rest: str) -> list[str]:
        return [f"{what}, {size:,}", jobs.text(job, size, "seconds"), jobs.text(job, size, "peak_mb", "{:.0f}"), *rest]

    asked = [jobs.text("ask", size, name) for name in ("open_ms", "listed_us", "other_us")]
    return [
        row("made", "generate", "", "", ""),
        row("indexed", "build", "", "", ""),
        [f"asked, {size:,}", "", jobs.text("ask", size, "peak_mb", "{:.0f}"), *asked],
    ]


def _rival_rows(jobs: Jobs, rivals: Sequence[str], size: int) -> list[list[str]]:
    return [
        [
            f"{rival}, {size:,}",
            jobs.text(rival, size, "seconds"),
            jobs.text(rival, size, "peak_mb", "{:.0f}"),
            "",
            jobs.text(rival, size, "listed_us", "{:,.0f}"),
            "",
        ]
        for rival in rivals
    ]


# What is compared: job, figure, unit, limit for a million entries, and whether ten million may take ten times as much.
_TARGETS = (
    ("made", "generate", "seconds", " s", 10.0, True),
    ("indexed", "build", "seconds", " s", 0.5, True),
    ("indexed, peak", "build", "peak_mb", " MB", 150.0, True),
    ("opened", "ask", "open_ms", " ms", 5.0, False),
    ("listed", "ask", "listed_us", " µs", 2.0, False),
    ("other", "ask", "other_us", " µs", 2.0, False),
)
_NEAREST = {"seconds": "openssl crl", "peak_mb": "openssl crl", "listed_us": "cryptography"}


def _comparisons(jobs: Jobs, sizes: Sequence[int], rivals: Sequence[str]) -> list[Comparison]:
    found = []
    for what, job, name, unit, limit, grows in _TARGETS:
        for size, full in zip(sizes, SIZES, strict=True):
            figure = jobs.spread(job, size, name)
            rival = _NEAREST.get(name, "")
            beside = rival in rivals and size == sizes[0] and job != "generate"
            found.append(
                Comparison(
                    what=f"{what}, {size:,} entries",
                    value=f"{figure.median:.2f}{unit}",
                    baseline=f"{jobs.text(rival, size, name)}{unit} ({rival})" if beside else "–",
                    figure=figure,
                    target=limit * (full // MILLION if grows else 1),
                    at_most=True,
                    unit=unit,
                )
            )
    return found


if __name__ == "__main__":
    print(run(effort_from_arguments(__doc__)).markdown())
