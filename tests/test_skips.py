"""A skip is seen on a laptop and refused in CI (tests/conftest.py)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

RULES = Path(__file__).with_name("conftest.py")
BODIES = {
    "missing-program": "@pytest.mark.real_part('no-such-program')\ndef test_it():\n    pass\n",
    "missing-file": "@pytest.mark.real_part('/no/such/file')\ndef test_it():\n    pass\n",
    "skip-in-body": "def test_it():\n    pytest.skip('because')\n",
    "skip-in-module": "pytest.skip('because', allow_module_level=True)\n",
}


def _run(directory: Path, body: str, *, ci: bool) -> str:
    (directory / "conftest.py").write_text(RULES.read_text())
    (directory / "test_it.py").write_text(f"import pytest\n{body}")
    (directory / "pytest.ini").write_text("[pytest]\nmarkers = real_part: as in the project\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(directory)],
        env=dict(os.environ, CI="true" if ci else ""),
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_laptop_shows_the_skip(tmp_path: Path, body: str) -> None:
    assert "1 skipped" in _run(tmp_path, body, ci=False)


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_ci_refuses_the_skip(tmp_path: Path, body: str) -> None:
    report = _run(tmp_path, body, ci=True)
    assert "CI allows no skip" in report
    assert "skipped" not in report.splitlines()[-1]


def test_ci_runs_what_is_there(tmp_path: Path) -> None:
    assert "1 passed" in _run(tmp_path, "@pytest.mark.real_part('sh')\ndef test_it():\n    pass\n", ci=True)
