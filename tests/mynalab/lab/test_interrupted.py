"""Killed at any moment, out of space, or not allowed to write: a clear message, and nothing lost."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jpki.registry.records import CertificateRecord
from mynalab.lab.lab import Lab
from mynalab.lab.register import open_register

Bench = Callable[..., Any]
Tree = Callable[[Path], dict[str, bytes]]
AT = ("--now", "2026-11-21")

# SIGKILL in place of the n-th call that makes something durable.
KILLED = """
import functools, os, pathlib, signal, sqlite3, sys
calls, last = 0, int(sys.argv.pop(1))
def counted(function):
    def call(*arguments, **options):
        global calls
        calls += 1
        if calls == last:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments, **options)
    return call
os.fsync = counted(os.fsync)
pathlib.Path.replace = counted(pathlib.Path.replace)
pathlib.Path.rename = counted(pathlib.Path.rename)
pathlib.Path.hardlink_to = counted(pathlib.Path.hardlink_to)
class Connection(sqlite3.Connection):
    commit = counted(sqlite3.Connection.commit)
sqlite3.connect = functools.partial(sqlite3.connect, factory=Connection)
from mynalab.cli.main import main
main()
"""

# No file may grow beyond so many bytes: what a full disk does, without a disk (setrlimit(2), EFBIG).
CRAMPED = """
import resource, sys
limit = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
from mynalab.cli.main import main
main()
"""


def run(code: str, number: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, str(number), *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def registered(lab: Lab) -> list[CertificateRecord]:
    with open_register(lab) as register:
        return list(register.certificates())


def assert_refused(done: Any, *, names: str = "") -> None:
    """A sentence, a next step, status 3, and no traceback."""
    text = done.stderr if isinstance(done, subprocess.CompletedProcess) else done.err
    status = done.returncode if isinstance(done, subprocess.CompletedProcess) else done.status
    assert status == 3, text
    assert text.startswith("error: ")
    assert "next step: " in text
    assert "Traceback" not in text
    assert names in text


@pytest.mark.parametrize("n", [*range(1, 15), 22, 38, 52, 55, *range(58, 84, 6), 83, 84])
def test_killed_creation_leaves_no_lab_and_the_next_one_works(tmp_path: Path, bench: Bench, n: int) -> None:
    killed = run(KILLED, n, "lab", "init", "new", "--seed", "a", *AT)
    assert killed.returncode == -9, "the creation has fewer steps than this test believes"
    assert_refused(bench("lab", "show", "--lab", "new"), names="there is no lab in new")
    assert bench("lab", "init", "new", "--seed", "a", *AT).status == 0
    assert bench("card", "new", "alice", "--lab", "new", *AT).status == 0


def test_creation_has_no_more_steps(tmp_path: Path) -> None:
    assert run(KILLED, 85, "lab", "init", "new", "--seed", "a", *AT).returncode == 0


@pytest.mark.parametrize("n", range(1, 8))
def test_killed_issuing_leaves_a_lab_that_works(lab: Lab, bench: Bench, n: int) -> None:
    root = str(lab.paths.root)
    killed = run(KILLED, n, "card", "new", "bob", "--lab", root, *AT)
    assert killed.returncode == -9, "issuing has fewer steps than this test believes"
    alice = bench("card", "show", "alice", "--lab", root, "--json", *AT)
    assert {one["state"] for one in alice.json["certificates"]} == {"good"}
    again = bench("card", "new", "bob", "--lab", root, *AT)
    if again.status:  # the card had been finished
        assert_refused(again, names="there is a card 'bob' already")
    assert bench("revoke", "--card", "bob", "--lab", root, *AT).status == 0
    assert bench("card", "list", "--lab", root).out == "alice\nbob\n"


@pytest.mark.parametrize("n", [*range(1, 12), 20, 31])
def test_killed_revocation_is_whole_or_not_there(lab: Lab, bench: Bench, n: int) -> None:
    root = str(lab.paths.root)
    killed = run(KILLED, n, "revoke", "--card", "alice", "--lab", root, *AT)
    assert killed.returncode == -9, "revoking has fewer steps than this test believes"
    states = {one["state"] for one in bench("card", "show", "alice", "--lab", root, "--json").json["certificates"]}
    assert states in ({"good"}, {"on-hold"})
    assert bench("lab", "publish", "--lab", root, *AT).status == 0


@pytest.mark.parametrize("limit", [0, 100, 1000, 1800])
def test_full_disk_at_creation_leaves_nothing(tmp_path: Path, bench: Bench, limit: int) -> None:
    assert_refused(run(CRAMPED, limit, "lab", "init", "new", "--seed", "a", *AT))
    assert not list(tmp_path.glob("*new*"))
    assert bench("lab", "init", "new", "--seed", "a", *AT).status == 0


@pytest.mark.parametrize("limit", [0, 500, 3000, 8000])
def test_full_disk_at_issuing_loses_nothing(lab: Lab, bench: Bench, tree: Tree, limit: int) -> None:
    root = str(lab.paths.root)
    before, known = tree(lab.paths.root), registered(lab)
    assert_refused(run(CRAMPED, limit, "card", "new", "bob", "--lab", root, *AT))
    after = tree(lab.paths.root)
    del before["register.db"]
    assert {name: after[name] for name in before} == before
    assert registered(lab)[:2] == known
    assert bench("card", "list", "--lab", root).out == "alice\n"
    assert bench("card", "new", "bob", "--lab", root, *AT).status == 0


@pytest.mark.parametrize("limit", [0, 400])
def test_full_disk_at_revoking_keeps_the_old_lists(lab: Lab, bench: Bench, limit: int) -> None:
    root = str(lab.paths.root)
    lists = {kind: lab.paths.crl(kind).read_bytes() for kind in ("sign", "auth")}
    assert_refused(run(CRAMPED, limit, "revoke", "--card", "alice", "--lab", root, *AT))
    assert {kind: lab.paths.crl(kind).read_bytes() for kind in lists} == lists
    with open_register(lab) as register:
        assert register.count_persons() == 1
    assert bench("revoke", "--card", "alice", "--lab", root, *AT).status == 0


@pytest.mark.parametrize(
    "words",
    [["card", "new", "bob"], ["revoke", "--card", "alice"], ["lab", "publish"]],
    ids=["card-new", "revoke", "publish"],
)
def test_lab_that_cannot_be_written_is_left_as_it_is(
    lab: Lab, program: Bench, as_plain_user: tuple[str, ...], tree: Tree, words: list[str]
) -> None:
    before = tree(lab.paths.root)
    every = [lab.paths.root, *lab.paths.root.rglob("*")]
    for path in every:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        done = program(*words, "--lab", lab.paths.root, *AT, before=as_plain_user)
    finally:
        for path in every:
            path.chmod(0o755 if path.is_dir() else 0o644)
    assert_refused(done, names="register.db: attempt to write a readonly database")
    assert tree(lab.paths.root) == before


def test_lab_that_cannot_be_written_can_still_be_shown(
    lab: Lab, program: Bench, as_plain_user: tuple[str, ...]
) -> None:
    lab.paths.cards.chmod(0o555)
    lab.paths.root.chmod(0o555)
    done = program("card", "show", "alice", "--lab", lab.paths.root, before=as_plain_user)
    lab.paths.root.chmod(0o755)
    lab.paths.cards.chmod(0o755)
    assert (done.status, "3 of 3 tries left" in done.out) == (0, True)


@pytest.mark.parametrize("mode", [0o000, 0o300])
def test_lab_that_cannot_be_read_is_named(lab: Lab, program: Bench, as_plain_user: tuple[str, ...], mode: int) -> None:
    lab.paths.settings.chmod(0)
    lab.paths.root.chmod(mode)
    done = program("lab", "show", "--lab", lab.paths.root, before=as_plain_user)
    lab.paths.root.chmod(0o755)
    assert_refused(done, names="Permission denied")


def test_lab_is_not_made_where_nothing_may_be_written(
    tmp_path: Path, program: Bench, as_plain_user: tuple[str, ...]
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    done = program("lab", "init", closed / "new", before=as_plain_user)
    assert_refused(done, names="Permission denied")
    assert list(closed.iterdir()) == []
