"""``mynalab card tamper``: the end of a card, for the lab and for other programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mynalab.lab.cards import open_card
from mynalab.lab.lab import Lab

Bench = Callable[..., Any]
AT = ("--now", "2026-11-21")


@pytest.fixture
def tampered(bench: Bench, lab: Lab) -> Any:
    return bench("card", "tamper", "alice", "--lab", lab.paths.root, *AT, "--json")


def test_tampering_is_said_and_shown(bench: Bench, lab: Lab, tampered: Any) -> None:
    assert (tampered.status, tampered.json) == (0, {"card": "alice", "life_cycle": "terminated"})
    shown = bench("card", "show", "alice", "--lab", lab.paths.root, *AT, "--json")
    assert (shown.status, shown.json["life_cycle"]) == (0, "terminated")


@pytest.mark.usefixtures("tampered")
@pytest.mark.parametrize(
    ("language", "says"),
    [("en", "life cycle: terminated"), ("ja", "ライフサイクル: 使用終了（元に戻せません）")],
    ids=["en", "ja"],
)
def test_end_of_a_card_is_shown_to_people(bench: Bench, lab: Lab, language: str, says: str) -> None:
    shown = bench("card", "show", "alice", "--lab", lab.paths.root, *AT, "--lang", language)
    assert (shown.status, says in shown.out.splitlines()) == (0, True)


def test_card_in_use_is_shown_as_such(bench: Bench, lab: Lab) -> None:
    shown = bench("card", "show", "alice", "--lab", lab.paths.root, *AT, "--json")
    assert shown.json["life_cycle"] == "secured"


def test_tampered_card_logs_nobody_in(bench: Bench, lab: Lab, tampered: Any) -> None:
    done = bench("login", "--card", "alice", "--lab", lab.paths.root, *AT, "--json")
    assert (done.status, done.error["type"]) == (3, "CardTerminatedError")
    wanted = "the card 'alice' is terminated: the card answered 6985 to selecting the JPKI application"
    assert done.error["message"] == wanted
    assert "mynalab card new" in done.error["hint"]


@pytest.mark.usefixtures("tampered")
def test_end_of_a_card_is_said_in_japanese(bench: Bench, lab: Lab) -> None:
    done = bench("login", "--card", "alice", "--lab", lab.paths.root, *AT, "--lang", "ja")
    assert (done.status, "カードは使用を終了しており" in done.err) == (3, True)


def test_6985_of_a_card_in_use_is_not_taken_for_its_end(bench: Bench, lab: Lab) -> None:
    words = ("login", "--card", "alice", "--lab", lab.paths.root, *AT, "--fault", "answer 6985 before SELECT")
    done = bench(*words, "--json")
    assert (done.status, done.error["type"]) == (3, "UnexpectedStatusError")
    assert "once it is terminated" in done.error["hint"]


@pytest.mark.usefixtures("tampered")
@pytest.mark.parametrize(
    ("words", "kind", "says"),
    [
        (["card", "face", "alice"], "CardNameError", "terminated"),
        (["app", "list", "--card", "alice"], "NoFreeAreaError", "6985"),
    ],
    ids=["face", "app"],
)
def test_card_that_has_ended_is_refused_in_words(
    bench: Bench, lab: Lab, words: list[str], kind: str, says: str
) -> None:
    done = bench(*words, "--lab", lab.paths.root, *AT, "--json")
    assert (done.status, done.error["type"], says in done.error["message"]) == (3, kind, True)


def test_card_in_a_reader_cannot_be_tampered_with(bench: Bench, lab: Lab) -> None:
    with open_card(lab.paths, "alice"):
        done = bench("card", "tamper", "alice", "--lab", lab.paths.root, "--json")
    assert (done.status, done.error["type"]) == (3, "StoreLockedError")


@pytest.mark.usefixtures("tampered")
@pytest.mark.real_part("pkcs15-tool", "opensc-tool")
@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["opensc-tool", "--atr"], 0, "3b:da:13:ff"),
        (["pkcs15-tool", "--dump"], 70, "Card is invalid or cannot be handled"),
    ],
    ids=["atr", "dump"],
)
def test_opensc_sees_an_atr_and_no_usable_card(
    lab: Lab, program: Bench, words: list[str], status: int, says: str
) -> None:
    done = program("run", "--lab", lab.paths.root, "--card", "alice", "--", *words)
    assert (done.status, says in done.out + done.err) == (status, True), done
