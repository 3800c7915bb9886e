"""What is not paid for putting a card that is there into a reader: no database, no server, no numbers."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from mynalab.lab.lab import Lab
from tests.mynalab.conftest import PROGRAM

FOREIGN = {"sqlalchemy", "alembic", "psycopg", "sqlite3", "numpy", "uvicorn", "starlette"}
_IMPORTED = re.compile(r"^import time: .*\| +([\w.]+)$", re.MULTILINE)


def imported_by(told: Path, *words: str) -> set[str]:
    """The packages of a run, which is told to end as soon as it has printed something."""
    with (
        told.open("w") as errors,
        subprocess.Popen(
            [sys.executable, "-X", "importtime", *PROGRAM[1:], *words], stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        assert process.stdout is not None
        assert process.stdout.readline()
        process.terminate()
    return {name.partition(".")[0] for name in _IMPORTED.findall(told.read_text())}


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["serve", "--card", "alice"], id="serve"),
        pytest.param(["run", "--card", "alice", "--", "echo", "started"], id="run"),
        pytest.param(["card", "list"], id="card-list"),
    ],
)
def test_nothing_of_the_register_is_imported(lab: Lab, tmp_path: Path, words: list[str]) -> None:
    where = ["--lab", str(lab.paths.root)]
    at = words.index("--") if "--" in words else len(words)
    imported = imported_by(tmp_path / "told", *words[:at], *where, *words[at:])
    assert {"mynalab", "click"} <= imported
    assert imported & FOREIGN == set()


def test_register_is_imported_where_it_is_asked(lab: Lab, tmp_path: Path) -> None:
    """Else the test above would prove nothing."""
    assert "sqlalchemy" in imported_by(tmp_path / "told", "card", "show", "alice", "--lab", str(lab.paths.root))
