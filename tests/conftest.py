"""Rules for all tests: what ``real_part`` needs, and that continuous integration skips nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import settings

IN_CI = os.environ.get("CI") == "true"
# Daemons live in directories that a user's PATH does not have on Debian.
_SEARCH_PATH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))

# A laptop under load is no reason for a failure; pytest-timeout catches what hangs.
settings.register_profile("mynalab", deadline=None, derandomize=IN_CI)
settings.load_profile("mynalab")


def _is_missing(part: str) -> bool:
    """A part is a program by name, a file by its absolute path, or a Python module as ``python:NAME``."""
    if part.startswith("python:"):
        return find_spec(part.removeprefix("python:")) is None
    return not (Path(part).exists() if part.startswith("/") else shutil.which(part, path=_SEARCH_PATH))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, in sight, a test whose programs are not there. ``real_part("openssl", …)`` names them."""
    needed = [part for mark in item.iter_markers("real_part") for part in mark.args]
    missing = sorted({part for part in needed if _is_missing(part)})
    if missing:
        pytest.skip(f"not on this machine: {', '.join(missing)} (tools/system-packages.sh says how to install)")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a skipped test is a failed one."""
    report = yield
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """In CI a module that skips itself is an error, too."""
    report = yield
    if IN_CI and report.outcome == "skipped":
        _refuse_skip(report)
    return report


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    report.longrepr = f"CI allows no skip: {report.longrepr}"
    report.outcome = "failed"
