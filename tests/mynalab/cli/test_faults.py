"""``--fault``: every shipped plan and the words, in log-in, signing, and the readers of other programs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mynalab.lab.cards import open_card
from mynalab.lab.lab import Lab
from mynalab.resources import fault_files

Bench = Callable[..., Any]
AT = ("--now", "2026-11-21")

PULLED = "remove after READ BINARY 3, once (READ BINARY 3)"
OUTCOMES = {
    "pulled-while-reading": ("CardRemovedError", 1),
    "pulled-while-signing": ("CardRemovedError", 1),
    "forgets-the-pin": ("UnexpectedStatusError", 1),
    "noisy-line": ("NoCertificateError", 1),
    "worn-out": ("UnexpectedStatusError", 1),
}


@pytest.fixture
def login(bench: Bench, lab: Lab) -> Bench:
    def run(*more: str) -> Any:
        return bench("login", "--card", "alice", "--lab", lab.paths.root, *AT, *more)

    return run


@pytest.mark.parametrize("name", OUTCOMES)
def test_shipped_plan_ends_a_log_in_with_its_error_and_says_what_struck(login: Bench, lab: Lab, name: str) -> None:
    kind, least = OUTCOMES[name]
    done = login("--json", "--fault", name)
    assert (done.status, done.error["type"], len(done.error["notes"]) >= least) == (3, kind, True)
    assert login("--json").json["ok"]


def test_slow_card_is_slow_and_accepted(login: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("mynalab.cli.faults.time.sleep", waits.append)
    done = login("--json", "--fault", "slow-as-nfc")
    assert (done.json["ok"], len(done.json["faults"])) == (True, len(waits))
    assert 2.0 < sum(waits) < 3.5  # a certificate and a signature


def test_every_shipped_plan_is_played() -> None:
    assert set(fault_files()) == {*OUTCOMES, "slow-as-nfc"}


def test_people_are_told_in_both_languages(login: Bench) -> None:
    assert f"fault: {PULLED}" in login("--fault", "pulled-while-reading").err
    assert (
        "障害: delay 1 ms during VERIFY 1, once (VERIFY 1)"
        in login("--lang", "ja", "--fault", "delay 1 ms during VERIFY").err
    )


def test_refusal_lists_the_faults(login: Bench) -> None:
    done = login("--json", "--fault", "corrupt 3 bits during COMPUTE DIGITAL SIGNATURE")
    assert (done.status, done.json["ok"], [one["number"] for one in done.json["faults"]]) == (1, False, [1])


def test_pin_that_a_fault_refuses_costs_no_try(login: Bench, lab: Lab) -> None:
    done = login("--json", "--fault", "answer 63C1 before VERIFY")
    assert (done.status, done.json["card"]["tries_left"], done.json["faults"][0]["event"]) == (1, 1, "VERIFY")
    with open_card(lab.paths, "alice") as card:
        assert {pin.tries_left == pin.limit for each in card.image.applications.values() for pin in each.pins.values()}


def test_signing_takes_faults_too(bench: Bench, lab: Lab, home: Path) -> None:
    (home / "contract.txt").write_text("見本\n", "utf-8")
    done = bench(
        "sign",
        "contract.txt",
        "--card",
        "alice",
        "--lab",
        lab.paths.root,
        *AT,
        "--json",
        "--fault",
        "drop during VERIFY",
    )
    assert (done.status, done.error["type"]) == (3, "ProtocolError")


def test_without_faults_nothing_is_said_of_them(login: Bench) -> None:
    assert "faults" not in login("--json").json


def test_mistake_is_named_before_a_card_is_touched(bench: Bench, lab: Lab) -> None:
    done = bench("login", "--card", "nobody", "--lab", lab.paths.root, "--json", "--fault", "remove after LUNCH")
    assert (done.status, done.error["type"], "LUNCH" in done.error["message"]) == (3, "FaultPlanError", True)


CLIENT = """
import sys, time
from smartcard import scard
_, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
_, readers = scard.SCardListReaders(context, [])
code, card, protocol = scard.SCardConnect(context, readers[0], scard.SCARD_SHARE_SHARED, scard.SCARD_PROTOCOL_T1)
print(bytes(byte & 0xFF for byte in scard.SCardStatus(card)[4]).hex())
for line in sys.argv[1:]:
    code, answer = scard.SCardTransmit(card, scard.SCARD_PCI_T1, list(bytes.fromhex(line)))
    print(f"{code & 0xFFFFFFFF:08x} {bytes(answer).hex()}")
time.sleep(0.2)
print(len(scard.SCardListReaders(context, [])[1]))
"""
SELECT = "00A4040C0AD392F000260100000001"
NOT_TRANSACTED, UNAVAILABLE, REMOVED = "80100016 ", "80100017 ", "80100069 "
OK = "00000000 9000"


@pytest.mark.real_part("python:smartcard")
@pytest.mark.parametrize(
    ("fault", "lines"),
    [
        ("remove before SELECT 2", [OK, REMOVED, REMOVED, "1"]),
        ("remove during SELECT 2", [OK, REMOVED, REMOVED, "1"]),
        ("remove after SELECT 2", [OK, OK, REMOVED, "1"]),
        ("vanish before SELECT 2", [OK, UNAVAILABLE, UNAVAILABLE, "0"]),
        ("vanish after SELECT 2", [OK, OK, UNAVAILABLE, "0"]),
        ("drop during SELECT 2", [OK, NOT_TRANSACTED, OK, "1"]),
        ("hang 50 ms during SELECT 2", [OK, NOT_TRANSACTED, OK, "1"]),
        ("answer 6F00 before SELECT 2", [OK, "00000000 6f00", OK, "1"]),
        ("reset before SELECT 2", [OK, OK, OK, "1"]),
        ("truncate to 1 during SELECT 2", [OK, "00000000 90", OK, "1"]),
    ],
)
def test_unmodified_program_gets_the_codes_of_a_real_reader(
    lab: Lab, program: Bench, fault: str, lines: list[str]
) -> None:
    done = program(
        "run",
        "--lab",
        lab.paths.root,
        "--card",
        "alice",
        "--fault",
        fault,
        "--",
        sys.executable,
        "-c",
        CLIENT,
        *[SELECT] * 3,
    )
    assert (done.status, done.out.splitlines()[1:]) == (0, lines), done
    assert f"fault: alice: {fault}" in done.err
    open_card(lab.paths, "alice").close()


@pytest.mark.real_part("python:smartcard")
def test_unmodified_program_sees_the_wrong_atr(lab: Lab, program: Bench) -> None:
    done = program(
        "run",
        "--lab",
        lab.paths.root,
        "--card",
        "alice",
        "--fault",
        "atr 3B00",
        "--",
        sys.executable,
        "-c",
        CLIENT,
        SELECT,
    )
    assert done.out.splitlines() == ["3b00", OK, "1"]
