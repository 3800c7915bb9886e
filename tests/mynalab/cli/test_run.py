"""``mynalab run``: the program's status, the program's signals, the program's readers, and nothing left behind."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mynalab.lab.issue import issue_card
from mynalab.lab.lab import Lab
from mynalab.persona import load_persona

Bench = Callable[..., Any]
PROGRAM = (sys.executable, "-c", "from mynalab.cli.main import main; main()")

# Says that it is up, then counts the signals it gets for a moment, and ends with how many there were.
COUNTER = """
import os, signal, sys, time
got = []
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, lambda number, frame: got.append(number))
print("up", flush=True)
deadline = time.monotonic() + 20
while not got and time.monotonic() < deadline:
    time.sleep(0.01)
time.sleep(0.3)
print([signal.Signals(number).name for number in got], flush=True)
sys.exit(40 + len(got))
"""

LIST_READERS = """
from smartcard.System import readers
for reader in readers():
    connection = reader.createConnection()
    try:
        connection.connect()
        print(reader, bytes(connection.getATR()).hex().upper(), flush=True)
    except Exception as error:
        print(reader, type(error).__name__, flush=True)
"""


@pytest.fixture
def run(lab: Lab, program: Bench) -> Bench:
    """Run a program with alice in a reader."""

    def call(*words: str, options: tuple[str, ...] = ("--card", "alice"), **more: Any) -> Any:
        return program("run", "--lab", lab.paths.root, *options, "--", *words, **more)

    return call


def leftovers() -> list[str]:
    return [path.name for path in Path(os.environ["TMPDIR"]).iterdir()]


@pytest.mark.parametrize("status", [0, 1, 42, 255])
def test_status_is_the_program_s(run: Bench, status: int) -> None:
    assert run("sh", "-c", f"exit {status}").status == status
    assert leftovers() == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV], ids=lambda number: number.name)
def test_program_killed_by_a_signal_is_128_and_the_signal(run: Bench, number: signal.Signals) -> None:
    assert run("sh", "-c", f"kill -{number.value} $$").status == 128 + number
    assert leftovers() == []


@pytest.mark.parametrize("name", ["no-such-program", "/no/such/file", "./nothing", "/etc/passwd/x"])
def test_missing_program_is_127(run: Bench, name: str) -> None:
    done = run(name)
    assert (done.status, "command not found" in done.err, leftovers()) == (127, True, [])


@pytest.mark.parametrize("kind", ["mode", "directory", "format"])
def test_program_that_cannot_be_executed_is_126(run: Bench, home: Path, kind: str) -> None:
    path = home / "odd"
    if kind == "directory":
        path.mkdir()
    else:
        path.write_bytes(b"\x00\x01\x02")
        path.chmod(0o755 if kind == "format" else 0o644)
    done = run(str(path))
    assert (done.status, "not executable" in done.err, leftovers()) == (126, True, [])


def test_program_keeps_its_input_output_and_options(run: Bench) -> None:
    done = run("cat", "-", "--json", "/dev/null", stdin="hello")
    assert "--json" in done.err  # cat's own complaint: the option is its, not ours
    assert run("cat", stdin="hello").out == "hello"


def test_socket_is_private_and_gone_afterwards(run: Bench) -> None:
    script = 'echo "$PCSCLITE_CSOCK_NAME"; test -S "$PCSCLITE_CSOCK_NAME" && stat -c %a "${PCSCLITE_CSOCK_NAME%/*}"'
    path, mode = run("sh", "-c", script).out.split()
    assert (Path(path).is_absolute(), mode, Path(path).exists()) == (True, "700", False)


def test_card_is_free_again_afterwards(run: Bench) -> None:
    assert [run("true").status, run("true").status] == [0, 0]


@pytest.mark.parametrize(
    ("options", "status", "complaint"),
    [
        (("--card", "alice", "--card", "alice"), 3, "alice is in mynalab Virtual Reader 00 00 already"),
        (("--card", "nobody"), 3, "there is no card 'nobody'"),
        (("--card", "../x"), 2, "cannot name a card"),
        (("--card", "alice", "--empty", "16"), 3, "16 readers already"),
    ],
    ids=["twice", "unknown", "hostile", "too-many"],
)
def test_reader_that_cannot_be_had_is_refused_before_the_program_runs(
    run: Bench, home: Path, options: tuple[str, ...], status: int, complaint: str
) -> None:
    done = run("touch", str(home / "ran"), options=options)
    assert (done.status, complaint in done.err, (home / "ran").exists(), leftovers()) == (status, True, False, [])


def test_temporary_directory_with_too_long_a_name_is_no_obstacle(run: Bench, home: Path) -> None:
    long = home / ("x" * 120)
    long.mkdir()
    done = run("true", env={"TMPDIR": str(long)})
    assert (done.status, list(long.iterdir())) == (0, [])


def start(lab: Lab, *words: str, **more: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*PROGRAM, "run", "--lab", str(lab.paths.root), "--card", "alice", "--", *words],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **more,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_signal_is_brought_to_the_program_once(lab: Lab, number: signal.Signals) -> None:
    with start(lab, sys.executable, "-c", COUNTER) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.send_signal(number)
        assert process.stdout.readline() == f"['{number.name}']\n"
    assert (process.returncode, leftovers()) == (41, [])


def test_interrupt_of_a_terminal_reaches_the_program_once(lab: Lab) -> None:
    ours, theirs = pty.openpty()

    def control_terminal() -> None:
        fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)

    with start(lab, sys.executable, "-c", COUNTER, stdin=theirs, preexec_fn=control_terminal) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        os.write(ours, b"\x03")
        assert process.stdout.readline() == "['SIGINT']\n"
    os.close(ours)
    os.close(theirs)
    assert (process.returncode, leftovers()) == (41, [])


def test_program_without_handlers_dies_of_the_signal_and_nothing_is_left(lab: Lab) -> None:
    with start(lab, "sh", "-c", "echo up; exec sleep 60") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.terminate()
        assert process.wait(20) == 128 + signal.SIGTERM
    assert leftovers() == []


def test_signal_before_the_program_is_there_ends_the_run(lab: Lab) -> None:
    """From the moment that Python is up, no moment at which SIGTERM comes leaves a directory behind."""
    for delay in (0.1, 0.15, 0.2, 0.25, 0.3):
        with start(lab, "sleep", "60") as process:
            time.sleep(delay)
            process.terminate()
            assert process.wait(20) in (-signal.SIGTERM, 128 + signal.SIGTERM)
        assert leftovers() == []


def test_what_was_ignored_is_ignored_by_the_program(lab: Lab) -> None:
    """As under nohup(1)."""
    code = "import signal; print(signal.getsignal(signal.SIGHUP).name)"
    with start(
        lab, sys.executable, "-c", code, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)
    ) as process:
        assert process.stdout is not None
        assert process.stdout.read() == "SIG_IGN\n"


@pytest.mark.real_part("python:smartcard")
@pytest.mark.parametrize(
    ("options", "readers"),
    [
        (("--card", "alice"), ["00 00 3BDA"]),
        (("--card", "alice", "--card", "bob"), ["00 00 3BDA", "01 00 3BDA"]),
        (("--card", "bob", "--empty", "1"), ["00 00 3BDA", "01 00 NoCardException"]),
        (("--empty", "2"), ["00 00 NoCardException", "01 00 NoCardException"]),
        ((), ["00 00 3BDA"]),
    ],
    ids=["one", "two", "one-and-empty", "empty", "default"],
)
def test_unmodified_program_sees_the_readers(
    lab: Lab, run: Bench, options: tuple[str, ...], readers: list[str]
) -> None:
    issue_card(lab, name="bob", persona=load_persona("adult-resident"), now=lab.settings.created)
    done = run(sys.executable, "-c", LIST_READERS, options=options)
    found = [line.removeprefix("mynalab Virtual Reader ") for line in done.out.splitlines()]
    assert len(found) == len(readers), done
    assert all(line.startswith(start) for line, start in zip(found, readers, strict=True)), done
