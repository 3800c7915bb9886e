"""``mynalab login`` and ``mynalab sign``: accepted, refused, and the PIN that is nobody else's business."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mynalab.cli.holder import CardChoice
from mynalab.cli.sign import _read
from mynalab.lab.lab import Lab

Bench = Callable[..., Any]
AT = ("--now", "2026-11-21")
PROGRAM = (sys.executable, "-c", "from mynalab.cli.main import main; main()")
WORDS = {"login": ["login"], "sign": ["sign", "contract.txt"]}

each = pytest.mark.parametrize("command", WORDS)


@pytest.fixture
def ceremony(bench: Bench, lab: Lab, home: Path) -> Bench:
    (home / "contract.txt").write_text("甲は乙に見本を貸す。\n", "utf-8")

    def run(command: str, *more: str, at: tuple[str, ...] = AT) -> Any:
        return bench(*WORDS[command], "--card", "alice", "--lab", lab.paths.root, *at, *more)

    return run


@each
def test_good_card_is_accepted(ceremony: Bench, command: str) -> None:
    done = ceremony(command, "--json")
    assert (done.status, done.json["ok"], done.err) == (0, True, "")


@each
@pytest.mark.parametrize("lang", ["en", "ja"])
def test_verdict_is_told_in_words(ceremony: Bench, command: str, lang: str) -> None:
    done = ceremony(command, "--lang", lang)
    assert (done.status, ("受け入れました" in done.out) == (lang == "ja")) == (0, True)


@each
def test_lost_card_is_refused_with_the_finding(ceremony: Bench, bench: Bench, lab: Lab, command: str) -> None:
    bench("revoke", "--card", "alice", "--lab", lab.paths.root, *AT)
    done = ceremony(command, "--json")
    assert (done.status, done.json["ok"]) == (1, False)
    assert "jpki.revocation." in done.out


@each
def test_expired_certificate_is_refused(ceremony: Bench, command: str) -> None:
    done = ceremony(command, at=("--now", "2032-11-21"))
    assert (done.status, "jpki.validity." in done.out) == (1, True)


@each
def test_wrong_pin_costs_a_try_and_is_not_echoed(ceremony: Bench, bench: Bench, lab: Lab, command: str) -> None:
    pin = {"login": "9876", "sign": "WRONG99"}[command]
    done = ceremony(command, "--pin", pin)
    assert done.status == 1
    assert pin not in done.out + done.err
    pins = bench("card", "show", "alice", "--lab", lab.paths.root, "--json").json["pins"]
    spent = {one["name"]: one["limit"] - one["tries_left"] for one in pins if one["limit"] != one["tries_left"]}
    assert spent == {{"login": "auth", "sign": "sign"}[command]: 1}


@each
def test_three_or_five_wrong_pins_block_it_for_good(ceremony: Bench, command: str) -> None:
    pin = {"login": "9876", "sign": "WRONG99"}[command]
    for _ in range({"login": 3, "sign": 5}[command]):
        assert ceremony(command, "--pin", pin).status == 1
    done = ceremony(command, "--json")
    assert (done.status, done.err) == (1, "")
    assert done.json == {"ok": False, "findings": [], "card": {"error": "PinBlockedError", "tries_left": 0}}


@each
def test_machine_is_told_of_a_wrong_pin_in_the_form_of_a_verdict(ceremony: Bench, command: str) -> None:
    pin, left = {"login": ("9876", 2), "sign": ("WRONG99", 4)}[command]
    done = ceremony(command, "--pin", pin, "--json")
    assert (done.status, done.err) == (1, "")
    assert done.json == {"ok": False, "findings": [], "card": {"error": "WrongPinError", "tries_left": left}}


@each
@pytest.mark.parametrize("pin", ["１２３４", "12 34", "x" * 300])
def test_pin_that_cannot_be_one_is_not_sent(ceremony: Bench, bench: Bench, lab: Lab, command: str, pin: str) -> None:
    done = ceremony(command, "--pin", pin, "--json")
    assert (done.status, done.error["type"]) == (2, "PinFormatError")
    assert pin not in done.err
    shown = bench("card", "show", "alice", "--lab", lab.paths.root, "--json").json
    assert all(one["limit"] == one["tries_left"] for one in shown["pins"])


@pytest.mark.parametrize("content", [b"\xff\xfe", None], ids=["no-utf8", "directory"])
def test_contract_that_is_no_text_is_refused(bench: Bench, lab: Lab, home: Path, content: bytes | None) -> None:
    path = home / "odd"
    path.mkdir() if content is None else path.write_bytes(content)
    done = bench("sign", path, "--card", "alice", "--lab", lab.paths.root, *AT, "--json")
    assert (done.status, done.error["type"]) == (3, "TextError")


def test_contract_of_the_standard_input_is_signed(program: Bench, lab: Lab) -> None:
    here = ("--card", "alice", "--lab", lab.paths.root, *AT, "--json")
    done = program("sign", "-", *here, stdin="甲は乙に見本を貸す。\n")
    assert (done.status, done.json["ok"], done.err) == (0, True, "")


@pytest.mark.parametrize("file", ["-", "empty.txt"])
def test_empty_contract_is_refused(program: Bench, lab: Lab, home: Path, file: str) -> None:
    (home / "empty.txt").touch()
    done = program("sign", file, "--card", "alice", "--lab", lab.paths.root, *AT, "--json")
    assert (done.status, done.out) == (2, "")
    assert "there is no text to sign" in done.error["message"]


def test_standard_input_that_is_no_text_or_closed_is_refused(lab: Lab) -> None:
    words = [*PROGRAM, "sign", "-", "--card", "alice", "--lab", str(lab.paths.root), *AT]
    odd = subprocess.run(words, input=b"\xff", capture_output=True, timeout=60, check=False)
    assert (odd.returncode, b"standard input is no text in UTF-8" in odd.stderr) == (3, True)
    closed = subprocess.run(["bash", "-c", '"$@" <&-', "-", *words], capture_output=True, timeout=60, check=False)
    assert (closed.returncode, b"Traceback" in closed.stderr) == (2, False)


def test_what_is_signed_is_the_file_byte_for_byte(home: Path) -> None:
    (home / "dos.txt").write_bytes(b"a\r\nb\r")
    assert _read(Path("dos.txt")) == "a\r\nb\r"


def test_japanese_answer_to_a_wrong_pin_is_japanese(ceremony: Bench) -> None:
    wrong = [ceremony("login", "--pin", "9876", "--lang", "ja").out for _ in range(3)]
    assert wrong[0] == (
        "暗証番号が受け付けられませんでした（残り 2 回）\n  ロックされると、市区町村の窓口でしか解除できません\n"
    )
    assert "市区町村の窓口で再設定します" in wrong[2]


def test_repr_of_what_was_typed_shows_no_pin() -> None:
    assert "9876" not in repr(CardChoice("alice", None, "9876", 0))
