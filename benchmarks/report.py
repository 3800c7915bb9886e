"""From measurements to Markdown."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from benchmarks.common import Effort, Spread

SEARCH_PATH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A value beside its baseline, and the target for one figure of the two (their ratio, as a rule)."""

    what: str
    value: str
    baseline: str
    figure: Spread
    target: float | None
    """None where the figure only explains another."""
    at_most: bool = False
    unit: str = ""

    @property
    def is_met(self) -> bool | None:
        """Whether the median reaches the target, if there is one."""
        if self.target is None:
            return None
        return self.figure.median <= self.target if self.at_most else self.figure.median >= self.target

    def cells(self) -> list[str]:
        """One row of the table."""
        figure = self.figure
        return [
            self.what,
            self.value,
            self.baseline,
            f"**{figure.median:.2f}{self.unit}** ({figure.low:.2f}–{figure.high:.2f})",
            "" if self.target is None else f"{'≤' if self.at_most else '≥'} {self.target:g}{self.unit}",
            {None: "", True: "yes", False: "**no**"}[self.is_met],
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One chapter of the page."""

    title: str
    text: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    comparisons: Sequence[Comparison] = field(default_factory=tuple)

    def markdown(self) -> str:
        """The chapter as it stands on the page."""
        verdicts = _table(
            ["compared", "value", "baseline", "figure (quartiles)", "target", "met?"],
            [comparison.cells() for comparison in self.comparisons],
        )
        return "\n\n".join((f"## {self.title}", self.text, _table(self.header, self.rows), verdicts))


def rate(per_second: float) -> str:
    """Calls per second in three significant digits."""
    digits = len(str(int(per_second)))
    return f"{round(per_second, min(0, 3 - digits)):,.0f}/s"


def page(sections: Iterable[Section], *, date: str, command: str, effort: Effort) -> str:
    """The whole of docs/performance.md."""
    listed = list(sections)
    verdicts = [comparison.is_met for section in listed for comparison in section.comparisons]
    head = f"""# Performance

Written by `make bench`: `{command}`, {date}. Do not edit; measure again.

What is measured and its baseline take turns in the rounds of one run ({effort.rounds}; starts {effort.start_rounds}).
A figure is the median of the rounds, its quartiles stand in brackets. The absolute numbers are this machine's, which
was not idle; the ratios are what counts.

Targets met: {verdicts.count(True)} of {len(verdicts) - verdicts.count(None)}."""
    facts = "\n".join(f"- {fact}" for fact in machine_facts())
    return "\n\n".join((head, facts, *(section.markdown() for section in listed))) + "\n"


def machine_facts() -> list[str]:
    """What the numbers depend on."""
    load = ", ".join(f"{average:.2f}" for average in os.getloadavg())
    python = f"{platform.python_implementation()} {platform.python_version()}"
    libraries = ", ".join(f"{name} {version(name)}" for name in ("cryptography", "pyscard"))
    return [
        f"{_processor()}, {os.cpu_count()} cores; load average at the end {load}",
        f"{platform.system()} {platform.release()}, {python}, {libraries}",
        _pcscd_version(),
    ]


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.*)", information.read_text()) if information.exists() else None
    return found[1] if found else platform.machine()


def _pcscd_version() -> str:
    program = shutil.which("pcscd", path=SEARCH_PATH)
    if program is None:
        return "no pcscd"
    shown = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    return shown.partition("\n")[0].rstrip(".")


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
