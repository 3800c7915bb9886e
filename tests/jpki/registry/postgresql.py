"""A PostgreSQL server of the tests' own: in a directory of its own, on a socket alone, as nobody with rights."""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest

# Debian's directories, one a version; the client's packages have them, too, without initdb.
_FOUND = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
INITDB = _FOUND[-1] if _FOUND else Path("/usr/lib/postgresql/initdb")
POSTGRESQL = pytest.mark.real_part(str(INITDB), "python:psycopg")
"""Marks a test that needs the server; tools/system-packages.sh installs it."""

DEADLINE_S = 60
_UNPRIVILEGED = ("postgres", "nobody")


@dataclass
class Cluster:
    """A server that runs."""

    directory: Path
    _numbers: Iterator[int] = field(default_factory=count)

    @property
    def url(self) -> str:
        """Its one database."""
        return f"postgresql://lab@/postgres?host={self.directory}"

    def new_place(self) -> str:
        """A schema with nothing in it: a database for all that a register sees."""
        name = self._name()
        self.run(f"CREATE SCHEMA {name}")
        return f"{self.url}&options=-csearch_path%3D{name}"

    def new_database(self) -> str:
        """A database with nothing in it."""
        name = self._name()
        self.run(f"CREATE DATABASE {name}")
        return f"postgresql://lab@/{name}?host={self.directory}"

    def run(self, statements: str, place: str = "") -> None:
        """Do something as the administrator."""
        import psycopg

        with psycopg.connect(place or self.url, autocommit=True) as connection:
            connection.execute(statements.encode())

    def _name(self) -> str:
        return f"t{os.getpid()}_{next(self._numbers)}"


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """From initdb to the end of the server. As root, it runs as somebody else: PostgreSQL insists."""
    directory = Path(tempfile.mkdtemp(prefix="mynalab-pg-"))
    user = _unprivileged_user()
    if user is not None:
        os.chown(directory, user["user"], user["group"])
    data = directory / "data"
    try:
        subprocess.run(
            [INITDB, "-D", data, "-U", "lab", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
            check=True,
            capture_output=True,
            timeout=DEADLINE_S,
            cwd=directory,
            **(user or {}),
        )
        settings = {"listen_addresses": "", "unix_socket_directories": directory, "fsync": "off"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (directory / "log").open("wb") as log:
            server = subprocess.Popen(
                [INITDB.with_name("postgres"), "-D", data, *options],
                stdout=log,
                stderr=log,
                cwd=directory,
                preexec_fn=_end_with_parent,
                **(user or {}),
            )
        try:
            _wait(directory, server)
            yield Cluster(directory)
        finally:
            server.send_signal(signal.SIGQUIT)
            server.wait(DEADLINE_S)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _end_with_parent() -> None:
    """A test run that is killed leaves no server behind: prctl(2), PR_SET_PDEATHSIG."""
    ctypes.CDLL(None).prctl(1, signal.SIGQUIT)


def _unprivileged_user() -> dict[str, Any] | None:
    if os.getuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = next(known[name] for name in _UNPRIVILEGED if name in known)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _wait(directory: Path, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    ready = [INITDB.with_name("pg_isready"), "-q", "-h", directory]
    while subprocess.run(ready, check=False, timeout=DEADLINE_S).returncode != 0:
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError((directory / "log").read_text("utf-8", "replace"))
        time.sleep(0.05)
