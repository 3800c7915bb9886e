"""A bench of its own for each test: no lab, socket or temporary file of the person who runs the tests is touched."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mynalab.cli.main import _run
from mynalab.lab.create import create_lab
from mynalab.lab.issue import issue_card
from mynalab.lab.lab import Lab
from mynalab.persona import load_persona

NOW = datetime(2026, 11, 20, tzinfo=UTC)
PROGRAM = (sys.executable, "-c", "from mynalab.cli.main import main; main()")
_OURS = ("MYNALAB_LAB", "MYNALAB_LANG", "MYNALAB_NOW", "MYNALAB_DEBUG", "PCSCLITE_CSOCK_NAME", "LC_MESSAGES")


@dataclass(frozen=True, slots=True)
class Done:
    """What a run of the command line left."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, str]:
        """The complaint of a command that was asked for JSON; nothing else may stand on standard error."""
        complaint: dict[str, str] = json.loads(self.err)["error"]
        return complaint


Bench = Callable[..., Done]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home with empty directories for data, sockets and temporary files, and an English locale."""
    # pytest's own temporary paths are longer than a Unix socket's may be.
    short = Path(tempfile.mkdtemp(prefix="mr-"))
    for name in ("run", "tmp"):
        (short / name).mkdir(mode=0o700)
    for name in _OURS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short / "run"))
    monkeypatch.setenv("TMPDIR", str(short / "tmp"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    shutil.rmtree(short)


@pytest.fixture
def bench(capfd: pytest.CaptureFixture[str]) -> Bench:
    """Run the command line in this process: ``bench("card", "list").out``."""

    def run(*arguments: object) -> Done:
        capfd.readouterr()
        status = _run([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return Done(status, out, err)

    return run


@pytest.fixture
def program() -> Bench:
    """Run the command line as a program of its own; ``env`` adds to its environment, ``before`` goes before it."""

    def run(
        *arguments: object, env: dict[str, str] | None = None, before: tuple[str, ...] = (), stdin: str = ""
    ) -> Done:
        done = subprocess.run(
            [*before, *PROGRAM, *map(str, arguments)],
            env={**os.environ, **(env or {})},
            input=stdin.encode(),
            capture_output=True,
            timeout=60,
            check=False,
        )
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture(scope="session")
def _template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("template") / "lab"
    lab = create_lab(directory, now=NOW, seed="tests")
    issue_card(lab, name="alice", persona=load_persona("adult-resident"), now=NOW)
    return directory


@pytest.fixture
def lab(_template: Path, tmp_path: Path) -> Lab:
    """A lab with one card, ``alice``."""
    directory = tmp_path / "lab"
    shutil.copytree(_template, directory)
    return Lab.open(directory)


@pytest.fixture
def tree() -> Callable[[Path], dict[str, bytes]]:
    """Every file of a directory by its relative path."""

    def read(directory: Path) -> dict[str, bytes]:
        return {
            str(path.relative_to(directory)): path.read_bytes()
            for path in sorted(directory.rglob("*"))
            if path.is_file()
        }

    return read


@pytest.fixture
def as_plain_user() -> tuple[str, ...]:
    """What to put before a program so that file modes hold for it, also when root runs the tests."""
    return (sys.executable, "-c", _DROP_OVERRIDE)


# prctl(PR_CAPBSET_DROP) of CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH (linux/prctl.h, linux/capability.h): after the
# exec, root is the owner of its files and no more. For anybody else it fails, and changes nothing.
_DROP_OVERRIDE = """
import ctypes, os, sys
libc = ctypes.CDLL(None)
for capability in (1, 2):
    libc.prctl(24, capability, 0, 0, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""
