"""Measure everything and write docs/performance.md."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

from benchmarks import (
    apdu_rate,
    crl_scale,
    executing,
    idle_layers,
    issuing,
    ocsp_rate,
    personalisation,
    signing,
    startup,
    sweep,
    verify_rate,
)
from benchmarks.common import ROOT, add_effort_option, chosen_effort
from benchmarks.report import page
from mynalab.clock import system_clock

MEASUREMENTS = (
    apdu_rate.run_on_one_processor,
    apdu_rate.run_anywhere,
    signing.run,
    startup.run,
    idle_layers.run,
    personalisation.run,
    issuing.run,
    crl_scale.run,
    ocsp_rate.run,
    verify_rate.run,
    sweep.run,
    executing.run,
)


def main(arguments: list[str]) -> None:
    """Measure, print each chapter as it is there, write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    add_effort_option(parser)
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "performance.md", help="the page to write")
    parser.add_argument("--date", help="the date on the page  [default: today]")
    chosen = parser.parse_args(arguments)
    effort = chosen_effort(chosen)
    sections = []
    for measurement in MEASUREMENTS:
        sections.append(measurement(effort))
        print(sections[-1].markdown(), end="\n\n", flush=True)
    command = shlex.join(["python", "-m", "benchmarks", *arguments])
    date = chosen.date or system_clock().date().isoformat()
    chosen.output.write_text(page(sections, date=date, command=command, effort=effort), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
