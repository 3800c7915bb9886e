"""``mynalab serve``: readers for other terminals, and what comes and goes in them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mynalab.lab.create import create_lab
from mynalab.lab.issue import issue_card
from mynalab.lab.lab import Lab
from mynalab.persona import load_persona

Bench = Callable[..., Any]
PROGRAM = (sys.executable, "-c", "from mynalab.cli.main import main; main()")
READER = "mynalab Virtual Reader {:02d} 00".format

# Waits for changes of the first reader, and tells of each state with and without a card.
WATCH = """
from smartcard.scard import *
_, context = SCardEstablishContext(SCARD_SCOPE_USER)
_, readers = SCardListReaders(context, [])
state = SCARD_STATE_UNAWARE
while True:
    result, ((name, state, atr),) = SCardGetStatusChange(context, 20_000, [(readers[0], state)])
    assert result == SCARD_S_SUCCESS, hex(result)
    print("card" if state & SCARD_STATE_PRESENT else "empty", flush=True)
"""


@pytest.fixture
def bob(lab: Lab) -> str:
    issue_card(lab, name="bob", persona=load_persona("adult-resident"), now=lab.settings.created)
    return "bob"


@contextmanager
def serving(lab: Lab, *words: str, first: str = "export ") -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running `mynalab serve`, and the first line that it printed."""
    process = subprocess.Popen(
        [*PROGRAM, "serve", "--lab", str(lab.paths.root), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    watchdog = threading.Timer(60, process.kill)
    watchdog.start()
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith(first), process.stderr and process.stderr.read()
        yield process, line
    finally:
        process.terminate()
        process.communicate()
        watchdog.cancel()


def environment_of(line: str) -> dict[str, str]:
    name, _, value = line.removeprefix("export ").strip().partition("=")
    return {**os.environ, name: value}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_signal_ends_it_well(lab: Lab, number: signal.Signals) -> None:
    with serving(lab, "--card", "alice") as (process, _):
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (0, "The readers are gone.\n")
    assert "Traceback" not in err
    assert not [path for path in lab.paths.runtime.iterdir() if path.is_socket()]


def test_what_is_printed_is_one_line_for_the_shell(lab: Lab) -> None:
    with serving(lab, "--card", "alice") as (_, line):
        assert line == f"export PCSCLITE_CSOCK_NAME={lab.paths.runtime / 'pcscd.comm'}\n"


def test_export_line_can_be_had_later(lab: Lab, bench: Bench) -> None:
    socket_path = str(lab.paths.runtime / "pcscd.comm")
    words = ("serve", "--print-export", "--lab", lab.paths.root)
    assert bench(*words).out == f"export PCSCLITE_CSOCK_NAME={socket_path}\n"
    assert bench(*words, "--json").json == {
        "export": f"export PCSCLITE_CSOCK_NAME={socket_path}",
        "socket": socket_path,
    }


def test_machine_gets_one_document(lab: Lab) -> None:
    with serving(lab, "--card", "alice", "--empty", "1", "--json", first="{") as (process, line):
        process.terminate()
        out, err = process.communicate(timeout=20)
    assert json.loads(line + out)["readers"] == {READER(0): "alice", READER(1): None}
    assert err == ""


def test_card_list_says_where_the_cards_are(lab: Lab, bench: Bench, bob: str) -> None:
    with serving(lab, "--card", "alice"):
        cards = bench("card", "list", "--lab", lab.paths.root, "--json").json["cards"]
    assert cards == [{"name": "alice", "reader": READER(0)}, {"name": "bob", "reader": None}]
    assert bench("card", "list", "--lab", lab.paths.root, "--json").json["cards"][0]["reader"] is None


def test_cards_change_places(lab: Lab, bench: Bench, bob: str) -> None:
    here = ("--lab", lab.paths.root, "--json")
    with serving(lab, "--card", "alice"):
        assert bench("card", "insert", "bob", *here).error["message"].endswith("is occupied or does not exist")
        assert bench("card", "remove", "alice", *here).json == {"card": "alice", "reader": READER(0)}
        assert bench("card", "insert", "bob", *here).json == {"card": "bob", "reader": READER(0)}
        assert bench("card", "remove", "alice", *here).error["message"] == "no reader holds 'alice'"
        assert bench("card", "show", "bob", *here).status == 0
        assert bench("run", "--card", "bob", "--lab", lab.paths.root, "--", "true").status == 3


def test_card_in_a_reader_is_not_inserted_again(lab: Lab, bench: Bench) -> None:
    with serving(lab, "--card", "alice", "--empty", "1"):
        done = bench("card", "insert", "alice", "--lab", lab.paths.root, "--json")
    assert done.error["message"] == f"alice is in {READER(0)} already"


def test_reader_is_chosen_by_name(lab: Lab, bench: Bench) -> None:
    with serving(lab, "--empty", "2"):
        words = ("card", "insert", "alice", "--lab", lab.paths.root, "--json", "--reader")
        assert bench(*words, "no such reader").status == 3
        assert bench(*words, READER(1)).json["reader"] == READER(1)


def test_second_server_is_refused_and_the_first_serves_on(lab: Lab, program: Bench, bench: Bench) -> None:
    with serving(lab, "--card", "alice") as (process, _):
        done = program("serve", "--lab", lab.paths.root, "--empty", "1", "--json")
        assert (done.status, done.out, done.error["type"]) == (3, "", "SocketInUseError")
        line = f'eval "$(mynalab serve --print-export --lab {lab.paths.root})"'
        assert done.error["hint"] == f"use the readers already served: {line}"
        assert process.poll() is None
        assert bench("card", "remove", "alice", "--lab", lab.paths.root).status == 0


def test_server_that_was_killed_leaves_nothing_in_the_way(lab: Lab) -> None:
    with serving(lab, "--card", "alice") as (process, _):
        process.kill()
        process.wait()
        assert (lab.paths.runtime / "pcscd.comm").is_socket()
        with serving(lab, "--card", "alice") as (_, line):
            assert line.startswith("export ")


@pytest.mark.parametrize("name", ["pcscd.comm", "control"])
def test_what_is_no_socket_is_not_removed(lab: Lab, program: Bench, name: str) -> None:
    lab.paths.runtime.mkdir(mode=0o700)
    (lab.paths.runtime / name).mkdir()
    done = program("serve", "--lab", lab.paths.root)
    assert (done.status, (lab.paths.runtime / name).is_dir(), "Traceback" in done.err) == (3, True, False)


def test_garbage_on_the_control_socket_does_no_harm(lab: Lab, bench: Bench) -> None:
    with serving(lab, "--card", "alice") as (process, _):
        for garbage in (b"\xff" * 500, b"[]\n", b'{"operation": "format"}\n', b'{"operation": "insert", "card": 7}\n'):
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(str(lab.paths.runtime / "control"))
                connection.sendall(garbage)
                connection.shutdown(socket.SHUT_WR)
                assert b"error" in connection.makefile("rb").read()
        assert bench("card", "remove", "alice", "--lab", lab.paths.root).status == 0
        process.terminate()
        _, err = process.communicate(timeout=20)
    assert "Traceback" not in err


def test_runtime_directory_of_others_is_refused(lab: Lab, program: Bench, home: Path) -> None:
    (home / "run").symlink_to("/usr")
    done = program("serve", "--lab", lab.paths.root, "--json", env={"XDG_RUNTIME_DIR": str(home / "run")})
    assert (done.status, done.error["type"]) == (3, "LabUnwritableError")


def test_runtime_directory_with_too_long_a_name_is_named(lab: Lab, program: Bench, home: Path) -> None:
    long = home / ("x" * 120)
    long.mkdir()
    done = program("serve", "--lab", lab.paths.root, "--json", env={"XDG_RUNTIME_DIR": str(long)})
    assert (done.status, done.error["type"]) == (3, "SocketPathError")
    assert ("XDG_RUNTIME_DIR" in done.error["message"], "XDG_RUNTIME_DIR" in done.error["hint"]) == (True, True)


@pytest.mark.real_part("python:smartcard")
def test_waiting_client_sees_cards_come_and_go(lab: Lab, bench: Bench, bob: str) -> None:
    here = ("--lab", lab.paths.root)
    with serving(lab, "--card", "alice") as (_, line):
        client = subprocess.Popen(
            [sys.executable, "-c", WATCH], env=environment_of(line), stdout=subprocess.PIPE, text=True
        )
        try:
            assert client.stdout is not None
            assert client.stdout.readline() == "card\n"
            assert bench("card", "remove", "alice", *here).status == 0
            assert client.stdout.readline() == "empty\n"
            assert bench("card", "insert", "bob", *here).status == 0
            assert client.stdout.readline() == "card\n"
        finally:
            client.kill()
            client.communicate()


@pytest.mark.real_part("python:smartcard")
def test_log_in_with_the_card_in_a_served_reader(lab: Lab, program: Bench) -> None:
    with serving(lab, "--card", "alice") as (_, line):
        socket_path = environment_of(line)["PCSCLITE_CSOCK_NAME"]
        words = ("login", "--reader", READER(0), "--lab", lab.paths.root, "--now", "2026-11-21", "--json")
        done = program(*words, env={"PCSCLITE_CSOCK_NAME": socket_path})
        assert (done.status, done.json["ok"]) == (0, True)
        words = ("login", "--reader", "no such reader", *words[3:], "--pin", "1234")
        missing = program(*words, env={"PCSCLITE_CSOCK_NAME": socket_path})
    assert (missing.status, missing.error["type"]) == (3, "NoReaderError")


@pytest.mark.real_part("python:smartcard")
def test_served_readers_are_recorded(lab: Lab, program: Bench, home: Path) -> None:
    with serving(lab, "--card", "alice", "--trace", "t.jsonl") as (_, line):
        words = ("login", "--reader", READER(0), "--lab", lab.paths.root, "--now", "2026-11-21", "--json")
        assert program(*words, env={"PCSCLITE_CSOCK_NAME": environment_of(line)["PCSCLITE_CSOCK_NAME"]}).json["ok"]
        written = [json.loads(text) for text in (home / "t.jsonl").read_text("utf-8").splitlines()]  # while it serves
    assert ({each.get("card") for each in written[1:]}, "atr" in written[1]) == ({"alice"}, True)
    assert any("PSO" in each.get("says", "") for each in written)


@pytest.mark.real_part("python:smartcard")
@pytest.mark.parametrize(("reader", "kind"), [(0, "PinGuardError"), (1, "NoCardError"), (7, "NoReaderError")])
def test_pin_is_asked_for_only_when_it_could_be_sent(
    lab: Lab, program: Bench, home: Path, reader: int, kind: str
) -> None:
    other = create_lab(home / "other", now=lab.settings.created)  # to which the card in the reader is any physical one
    with serving(lab, "--card", "alice", "--empty", "1") as (_, line):
        words = ("login", "--reader", READER(reader), "--lab", other.paths.root, "--json")
        done = program(*words, env={"PCSCLITE_CSOCK_NAME": environment_of(line)["PCSCLITE_CSOCK_NAME"]})
    assert (done.status, done.out, done.error["type"]) == (3, "", kind)
