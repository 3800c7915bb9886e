"""``--trace`` of every command that uses a card, and ``mynalab explain`` of what it wrote."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mynalab.lab.lab import Lab

Bench = Callable[..., Any]
AT = ("--now", "2026-11-21")
PIN_IN_HEX = "31323334"


@pytest.fixture
def login(bench: Bench, lab: Lab) -> Bench:
    def run(*more: str) -> Any:
        return bench("login", "--card", "alice", "--lab", lab.paths.root, *AT, "--trace", "t.jsonl", *more)

    return run


def trace() -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path("t.jsonl").read_text("utf-8").splitlines()]


def test_log_in_is_recorded_without_its_pin(login: Bench) -> None:
    assert login("--pin", "1234").status == 0
    verify = next(line for line in trace() if line.get("command", "").startswith("0020008004"))
    assert (verify["command"], verify["response"]) == ("0020008004********", "9000")
    assert PIN_IN_HEX not in Path("t.jsonl").read_text("utf-8")


def test_only_an_unsafe_option_keeps_the_pin(login: Bench) -> None:
    assert login("--pin", "1234", "--unsafe-trace-secrets").status == 0
    assert any(line.get("command") == "0020008004" + PIN_IN_HEX for line in trace())


def test_signing_is_recorded(bench: Bench, lab: Lab, home: Path) -> None:
    (home / "contract.txt").write_text("見本\n", "utf-8")
    words = ("sign", "contract.txt", "--card", "alice", "--lab", lab.paths.root, *AT)
    assert bench(*words, "--trace", "t.jsonl").status == 0
    assert any("PSO" in line.get("says", "") for line in trace())


def test_unsafe_option_without_a_trace_is_a_usage_error(bench: Bench, lab: Lab) -> None:
    done = bench("login", "--lab", lab.paths.root, "--unsafe-trace-secrets")
    assert (done.status, "--trace" in done.err) == (2, True)


def test_mistake_in_a_fault_leaves_no_trace(login: Bench) -> None:
    assert (login("--fault", "remove after LUNCH").status, Path("t.jsonl").exists()) == (3, False)


@pytest.mark.parametrize("fault", ["reset before VERIFY", "delay 1 ms during VERIFY", "drop during VERIFY"])
def test_fault_is_told_on_standard_error_and_in_the_trace(login: Bench, fault: str) -> None:
    done = login("--fault", fault)
    kind, _, event = fault.rpartition(" ")
    wanted = f"{kind} {event} 1, once"
    assert (f"fault: {wanted}" in done.err, [line["fault"] for line in trace() if "fault" in line]) == (True, [wanted])


def test_failure_is_recorded_as_such(login: Bench) -> None:
    assert login("--fault", "remove before VERIFY").status == 3
    assert next(line["error"] for line in trace() if "error" in line) == "CardRemovedError"


def test_trace_is_explained_as_it_was_recorded(login: Bench, bench: Bench) -> None:
    login("--fault", "delay 1 ms during VERIFY")
    told = bench("explain", "t.jsonl", "--json").json["explanations"]
    recorded = [line["says"] for line in trace() if "says" in line]
    assert [one["sentence"] for one in told if "command_name" in one] == recorded
    assert [one["fault"] for one in told if "fault" in one] == ["delay 1 ms during VERIFY 1, once"]


def test_trace_is_explained_in_japanese(login: Bench, bench: Bench) -> None:
    login("--fault", "delay 1 ms during VERIFY")
    done = bench("explain", "t.jsonl", "--lang", "ja")
    assert ("公的個人認証AP" in done.out, "障害: delay 1 ms" in done.out) == (True, True)


def test_trace_comes_from_standard_input_too(login: Bench, program: Bench) -> None:
    login()
    text = Path("t.jsonl").read_text("utf-8")
    assert "JPKI" in program("explain", "-", stdin=text).out


@pytest.mark.parametrize(
    ("text", "complaint"),
    [('{"trace": 1}\n{"atr": "3B', "line 2 of the trace is no JSON"), ('{"trace": 9}\n', "line 1 does not belong")],
)
def test_broken_trace_is_named_by_its_line(bench: Bench, home: Path, text: str, complaint: str) -> None:
    (home / "t.jsonl").write_text(text, "utf-8")
    done = bench("explain", "t.jsonl", "--json")
    assert (done.status, done.error["type"], complaint in done.error["message"]) == (3, "TraceError", True)


def test_file_with_hexadecimal_lines_is_explained(bench: Bench, home: Path) -> None:
    (home / "apdus.txt").write_text("00200080\n63C2\n", "utf-8")
    assert "2 tries left" in bench("explain", "apdus.txt").out


def test_word_that_is_no_file_is_a_usage_error(bench: Bench) -> None:
    assert bench("explain", "x" * 5000).status == 2


def test_disk_full_is_an_error_and_the_log_in_is_done_all_the_same(bench: Bench, lab: Lab, home: Path) -> None:
    os.mkfifo(home / "t.jsonl")

    def read_one_line() -> None:
        with (home / "t.jsonl").open() as file:
            file.readline()

    reader = threading.Thread(target=read_one_line, daemon=True)
    reader.start()
    done = bench("login", "--card", "alice", "--lab", lab.paths.root, *AT, "--trace", "t.jsonl", "--json")
    reader.join()
    assert (done.status, done.json["ok"], done.error["type"]) == (3, True, "LabUnwritableError")
    assert "ends early" in done.error["message"]


CLIENT = """
import sys
from smartcard import scard
_, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
_, readers = scard.SCardListReaders(context, [])
for reader in readers:
    code, card, protocol = scard.SCardConnect(context, reader, scard.SCARD_SHARE_SHARED, scard.SCARD_PROTOCOL_T1)
    for line in sys.argv[1:]:
        scard.SCardTransmit(card, scard.SCARD_PCI_T1, list(bytes.fromhex(line)))
"""
SELECT = "00A4040C0AD392F000260100000001"


@pytest.mark.real_part("python:smartcard")
def test_readers_of_other_programs_are_recorded_by_card(lab: Lab, program: Bench, bench: Bench) -> None:
    words = ("run", "--lab", lab.paths.root, "--card", "alice", "--trace", "t.jsonl", "--fault", "drop during VERIFY")
    done = program(*words, "--", sys.executable, "-c", CLIENT, SELECT, "002000980431323334")
    assert done.status == 0, done
    assert [(line["card"], line.get("response"), line.get("error")) for line in trace() if "command" in line] == [
        ("alice", "9000", None),
        ("alice", None, "NoAnswer"),
    ]
    assert [line["card"] for line in trace() if "fault" in line] == ["alice"]
    assert PIN_IN_HEX not in Path("t.jsonl").read_text("utf-8")
    assert bench("explain", "t.jsonl").out.startswith("alice: the card was reset, ATR 3B")


@pytest.mark.real_part("python:smartcard")
def test_program_s_status_stays_its_own_when_the_disk_is_full(lab: Lab, program: Bench, home: Path) -> None:
    os.mkfifo(home / "t.jsonl")
    words = ("run", "--lab", lab.paths.root, "--card", "alice", "--trace", "t.jsonl")

    def read_one_line() -> None:
        with (home / "t.jsonl").open() as file:
            file.readline()

    reader = threading.Thread(target=read_one_line, daemon=True)
    reader.start()
    done = program(*words, "--", sys.executable, "-c", CLIENT + "sys.exit(42)", SELECT)
    reader.join()
    assert (done.status, "the trace t.jsonl ends early" in done.err) == (42, True)


@pytest.mark.real_part("python:smartcard")
def test_recorded_card_answers_an_unmodified_program_without_a_lab(lab: Lab, program: Bench) -> None:
    client = CLIENT.replace("scard.SCardTransmit", "print(*scard.SCardTransmit").replace(
        "fromhex(line)))", "fromhex(line))))"
    )
    words = ("--", sys.executable, "-c", client, SELECT, "0020008004" + PIN_IN_HEX)
    done = program("run", "--lab", lab.paths.root, "--card", "alice", "--trace", "t.jsonl", *words)
    again = program("run", "--lab", "nowhere", "--replay", "t.jsonl", *words)
    assert (again.status, again.out, "[-112, 0]" in again.out or "[144, 0]" in again.out) == (0, done.out, True)
    assert "not the command" not in again.err
    other = program("run", "--lab", "nowhere", "--replay", "t.jsonl", *words[:-2], "00B0000000")
    assert "alice: line 3 of the trace is not the command 00B00000…" in other.err


def test_replay_brings_its_own_cards(bench: Bench, home: Path) -> None:
    (home / "t.jsonl").write_text('{"trace": 1}\n', "utf-8")
    assert bench("run", "--replay", "t.jsonl", "--card", "alice", "--", "true").status == 2


@pytest.mark.parametrize("text", ["", "x\n", '{"trace": 1}\n', '{"trace": 1}\n{"command": "00", "response": "9000"}\n'])
def test_replay_of_what_is_no_trace_is_an_error(bench: Bench, home: Path, text: str) -> None:
    (home / "t.jsonl").write_text(text, "utf-8")
    assert bench("run", "--replay", "t.jsonl", "--", "true").status == 3
