"""``mynalab counter``: every operation has a command, in both languages and for machines."""

from __future__ import annotations

import shlex

import click
import pytest

from mynalab.cli.counter import command
from mynalab.lab.counter_specs import SPECS
from mynalab.lab.lab import Lab
from tests.mynalab.conftest import Bench

ADDRESS = "東京都架空区架空町5丁目4番3号"


def at(lab: Lab, day: str) -> tuple[str, ...]:
    return ("--lab", str(lab.paths.root), "--now", f"2026-11-{day}")


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_every_operation_has_its_help(bench: Bench, spec: object) -> None:
    done = bench("counter", spec.name, "--help")  # type: ignore[attr-defined]
    assert done.status == 0
    assert f"{spec.ja}。" in done.out  # type: ignore[attr-defined]
    for argument in spec.arguments:  # type: ignore[attr-defined]
        assert f"--{argument.name.replace('_', '-')} " in done.out


def test_the_examples_of_the_help_run(bench: Bench, lab: Lab) -> None:
    epilog = (command.epilog or "").partition("\n\n")[0]
    lines = [line.partition("  mynalab ")[2] for line in epilog.splitlines() if line.startswith("  mynalab ")]
    day = 21
    for line in lines:
        for part in line.partition("   ")[0].split(" && "):
            words = shlex.split(part.removeprefix("mynalab "))
            assert bench(*words, *at(lab, str(day))).status == 0, part
            day += 1


def test_words(bench: Bench, lab: Lab) -> None:
    done = bench("counter", "move", "--card", "alice", "--address", ADDRESS, *at(lab, "21"))
    assert (done.status, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == "move: done for person 000001"
    assert lines[1].endswith(": affiliationChanged")
    assert lines[2].startswith("  relying parties see it in OCSP from 2026-11-20T15:00:00Z, in the CRL from ")


def test_japanese(bench: Bench, lab: Lab) -> None:
    bench("counter", "enrol-phone", "--card", "alice", *at(lab, "21"))
    bench("counter", "lose-phone", "--card", "alice", *at(lab, "22"))
    done = bench("counter", "find-phone", "--card", "alice", *at(lab, "23"), "--lang", "ja")
    assert "署名用電子証明書" in done.out
    assert "一時保留を解除" in done.out
    assert "OCSP には" in done.out


def test_machines(bench: Bench, lab: Lab) -> None:
    done = bench("counter", "enrol-phone", "--card", "alice", *at(lab, "21"), "--json").json
    assert (done["operation"], done["card"], done["desk"]) == ("enrol-phone", "alice-phone", "phone")
    assert [one["ca"] for one in done["issued"]] == ["sign", "auth"]


@pytest.mark.parametrize(
    ("language", "message", "hint"),
    [
        ("en", "refused, registry.lifecycle.no-phone: ", "enrol-phone"),
        ("ja", "受け付けられません（registry.lifecycle.no-phone）: ", "enrol-phone"),
    ],
)
def test_refusal_is_told(bench: Bench, lab: Lab, language: str, message: str, hint: str) -> None:
    done = bench("counter", "find-phone", "--card", "alice", *at(lab, "21"), "--lang", language)
    assert (done.status, done.err) == (1, "")
    first, second = done.out.splitlines()
    assert first.startswith(message)
    assert hint in second


def test_refusal_for_machines(bench: Bench, lab: Lab) -> None:
    done = bench("counter", "find-phone", "--card", "alice", *at(lab, "21"), "--json")
    assert (done.status, done.json["refused"]) == (1, "registry.lifecycle.no-phone")


@pytest.mark.parametrize(
    ("words", "status", "kind"),
    [
        (("move",), 2, "CounterArgumentError"),
        (("fly",), 2, "NoSuchCommand"),
        (("reset-pin", "--card", "alice"), 2, "MissingParameter"),
        (("reset-pin", "--card", "alice", "--pin", "text"), 2, "BadParameter"),
        (("reset-pin", "--card", "alice", "--pin", "auth", "--new-pin", "x"), 2, "PinFormatError"),
        (("apply", "--persona", "child", "--card-expiry", "tomorrow"), 2, "BadParameter"),
        (("apply", "--persona", "child", "--card-expiry", "20270401"), 2, "BadParameter"),
        (("move", "--card", "nobody", "--address", "x"), 3, "CardNameError"),
        (("move", "--card", "alice", "--municipality-code", "1"), 3, "HolderError"),
        (("apply", "--persona", "child", "--profile", "x"), 3, "ProfileError"),
    ],
)
def test_what_is_wrong(bench: Bench, lab: Lab, words: tuple[str, ...], status: int, kind: str) -> None:
    done = bench("counter", *words, *at(lab, "21"), "--json")
    assert (done.status, done.error["type"]) == (status, kind)
    assert done.out == ""
    assert done.error["hint"]


def test_a_card_of_a_shipped_persona_is_made_on_the_way(bench: Bench, lab: Lab) -> None:
    done = bench("counter", "lose-card", "--card", "foreign-resident", *at(lab, "21"))
    assert (done.status, done.err) == (0, "issued the card foreign-resident\n")


def test_group_without_a_word_is_its_help(bench: Bench) -> None:
    done = bench("counter")
    assert done.status == 2
    assert all(f"  {spec.name} " in done.err for spec in SPECS)


def test_every_operation_is_a_command() -> None:
    context = click.Context(command)
    assert command.list_commands(context) == [spec.name for spec in SPECS]
    assert command.get_command(context, "fly") is None


@pytest.mark.parametrize(("language", "word"), [("en", "--pin"), ("ja", "暗証番号が変わりました")])
def test_a_new_pin_is_known_to_nobody_else(bench: Bench, lab: Lab, language: str, word: str) -> None:
    words = ("counter", "reset-pin", "--card", "alice", "--pin", "auth", "--lang", language)
    assert word not in bench(*words, *at(lab, "21")).out
    told = bench(*words, "--new-pin", "8642", *at(lab, "22"))
    assert (told.status, word in told.out, "8642" in told.out + told.err) == (0, True, False)
    assert bench("login", "--card", "alice", "--pin", "8642", *at(lab, "22")).status == 0
