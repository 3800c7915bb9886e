"""Fuzz the virtual card: the kept corpus first, then new sequences; what breaks a rule is shrunk and kept."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from fuzz import campaign, corpus
from fuzz.campaign import Progress, Report
from fuzz.play import Bench, Finding, Script

_WIDTH = 40


def main(arguments: list[str]) -> int:
    """Run and report; 1 when the card broke a rule."""
    chosen = _parser().parse_args(arguments)
    kept = corpus.load(chosen.replay) if chosen.replay else corpus.load_all()
    findings = list(replay(kept))
    print(f"{len(kept)} kept sequences played, {len(findings)} of them broke a rule")
    if chosen.replay is None and not findings:
        report = campaign.run(
            count=chosen.count,
            seed=chosen.seed,
            jobs=chosen.jobs,
            keep_scripts=chosen.keep,
            progress=_progress(chosen.count),
        )
        print(summary(report), end="")
        if chosen.keep and not report.findings:
            corpus.save(corpus.DIRECTORY / corpus.REACHED, campaign.cover(report.scripts))
        findings = [corpus.shrink(finding) for finding in report.findings.values()]
        for finding in findings:
            corpus.append(corpus.DIRECTORY / corpus.FOUND, finding.script, finding.rule)
    for finding in findings:
        print(f"\n{finding.message}\n  {corpus.encode(finding.script, finding.rule)}")
    return bool(findings)


def replay(scripts: Iterable[Script]) -> Iterable[Finding]:
    """Play kept scripts, and tell which break a rule."""
    bench = Bench()
    with bench.watching(hangs=True):
        for script in scripts:
            finding = bench.replay(script)
            if finding is not None:
                yield finding


def summary(report: Report) -> str:
    """What was done, and how far it came."""
    seen = report.seen
    by_profile, by_label = Counter[str](), Counter[str]()
    by_status, by_command = Counter[str](), Counter[str]()
    for (profile, label, command, sw), number in seen.items():
        by_profile[profile] += number
        by_label[label] += number
        by_status[f"{sw:04X}"] += number
        by_command[command] += number
    places = {corpus.place_of(one) for one in seen}
    seconds = max(report.seconds, 1e-9)
    rates = f"{report.sequences / seconds:,.0f} sequences/s, {report.commands / seconds:,.0f} commands/s"
    lines = [
        f"{report.sequences:,} sequences, {report.commands:,} commands in {report.seconds:.0f} s: {rates}",
        f"{len(seen):,} combinations of profile, application, command and status word",
        f"{len(places):,} combinations of kind of card, application and status word",
        _table("profiles", by_profile),
        _table("applications", by_label),
        _table("status words", by_status),
        f"commands (CLA INS): {len(by_command):,} different ones",
        f"rules broken: {', '.join(sorted(report.findings)) or 'none'}",
    ]
    return "\n".join(lines) + "\n"


def _table(name: str, counter: Counter[str]) -> str:
    return f"{name}: {len(counter)}: " + ", ".join(f"{key} {number:,}" for key, number in sorted(counter.items()))


def _progress(count: int) -> Progress | None:
    """A bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        return None
    begin = time.monotonic()

    def show(done: int, findings: int) -> None:
        filled = _WIDTH * done // count
        left = (time.monotonic() - begin) / done * (count - done)
        bar = "#" * filled + "." * (_WIDTH - filled)
        print(
            f"\r[{bar}] {done:,}/{count:,}, {left:.0f} s left, {findings} found ",
            end="" if done < count else "\n",
            file=sys.stderr,
            flush=True,
        )

    return show


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("--count", type=_positive, default=1_000_000, help="how many new sequences  [default: 1000000]")
    parser.add_argument("--seed", type=int, default=1, help="the same seed plays the same sequences  [default: 1]")
    parser.add_argument("--jobs", type=_positive, default=2, help="how many processes  [default: 2]")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="play the sequences of this file and no others")
    parser.add_argument(
        "--keep", action="store_true", help="write fixtures/corpus/reached.jsonl anew from what is reached"
    )
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
