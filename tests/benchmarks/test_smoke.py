"""The benchmarks run, and what they say becomes a page. No number is judged here: the machine of a test is busy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.common import Spread, ratios, time_calls
from benchmarks.report import Comparison, rate

ROOT = Path(__file__).parents[2]


@pytest.mark.real_part("pcscd", "unshare", "/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
def test_all_measurements_write_a_page(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", "--date", "2026-04-01", "--output", page],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    text = page.read_text("utf-8")
    assert [line for line in text.splitlines() if line.startswith("#")] == [
        "# Performance",
        "## APDUs",
        "## APDUs, on any processor",
        "## Signatures",
        "## Start",
        "## Idle layers",
        "## Personalisation",
        "## Issuing certificates",
        "## Revocation lists",
        "## OCSP",
        "## Verifying log-ins",
        "## The sweep over all customers",
        "## Work for many workers",
    ]
    assert "2026-04-01" in text
    for row in ("in process | Python call", "rootless server | C call", "pcscd + vpcd | pyscard", "`mynalab serve`"):
        assert f"\n| {row} |" in text


def test_spread_is_the_median_between_the_quartiles() -> None:
    assert Spread.of([5, 1, 2, 4, 3]) == Spread(3, 2, 4)


def test_spread_of_a_single_round() -> None:
    assert Spread.of([7.0]) == Spread(7.0, 7.0, 7.0)


def test_ratios_pair_the_rounds() -> None:
    assert ratios([10, 30, 90], [10, 10, 10]).median == 3


def test_every_call_is_timed() -> None:
    calls: list[int] = []
    timed = time_calls(lambda: calls.append(1), 7)
    assert len(calls) == 7
    assert 0 < timed.p50_us <= timed.p99_us


@pytest.mark.parametrize(
    ("per_second", "text"), [(4.2, "4/s"), (999.4, "999/s"), (41_234, "41,200/s"), (1_234_567, "1,230,000/s")]
)
def test_rate_has_three_digits(per_second: float, text: str) -> None:
    assert rate(per_second) == text


@pytest.mark.parametrize(
    ("median", "target", "at_most", "is_met"),
    [
        pytest.param(0.75, 0.75, False, True, id="exactly-the-least"),
        pytest.param(0.749, 0.75, False, False, id="too-little"),
        pytest.param(0.3, 0.3, True, True, id="exactly-the-most"),
        pytest.param(0.31, 0.3, True, False, id="too-much"),
        pytest.param(9.9, None, False, None, id="no-target"),
    ],
)
def test_verdict_is_by_the_median(median: float, target: float | None, at_most: bool, is_met: bool | None) -> None:
    compared = Comparison(
        what="a / b", value="", baseline="", figure=Spread(median, 0, 10), target=target, at_most=at_most
    )
    assert compared.is_met is is_met
