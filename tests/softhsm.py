"""SoftHSM with a directory of its own: tokens that the tests make, lose and find again, none of this machine's."""

from __future__ import annotations

import atexit
import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

PIN = "24680"
WRONG_PIN = "13579"
MODULES = (
    Path("/usr/lib/softhsm/libsofthsm2.so"),
    *sorted(Path("/usr/lib").glob("*/softhsm/libsofthsm2.so")),
)
MODULE = str(next((path for path in MODULES if path.exists()), MODULES[0]))
PARTS = ("softhsm2-util", MODULE, "python:pkcs11")


@dataclass
class SoftHsm:
    """The directory with the tokens."""

    root: Path
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.tokens.mkdir(parents=True)
        # No messages: SoftHSM writes to the log of the machine, also of tokens that a test took away on purpose.
        self.configuration.write_text(f"directories.tokendir = {self.tokens}\nobjectstore.backend = file\n")

    @property
    def tokens(self) -> Path:
        return self.root / "tokens"

    @property
    def configuration(self) -> Path:
        return self.root / "softhsm2.conf"

    def make_token(self, label: str = "") -> str:
        """A new token with the PIN of these tests; its label."""
        label = label or f"token {next(self.numbers)}"
        before = set(self.tokens.iterdir())
        subprocess.run(
            ("softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", "so-" + PIN),
            env=dict(os.environ, SOFTHSM2_CONF=str(self.configuration)),
            check=True,
            capture_output=True,
            timeout=30,
        )
        [made] = set(self.tokens.iterdir()) - before
        (self.root / label).symlink_to(made)
        return label

    def remove(self, label: str) -> None:
        """Take a token out."""
        directory = (self.root / label).readlink()
        shutil.move(directory, self.root / f"out {label}")

    def put_back(self, label: str) -> None:
        """Put it in again."""
        shutil.move(self.root / f"out {label}", (self.root / label).readlink())


@contextmanager
def configured() -> Iterator[SoftHsm]:
    """The one directory of this process, as a process has one module, named in its environment."""
    made = _of_this_process()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(made.configuration))
        yield made


@cache
def _of_this_process() -> SoftHsm:
    directory = Path(tempfile.mkdtemp(prefix="softhsm-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    return SoftHsm(directory)
