"""The program as a whole: what it ends with, whom it speaks to, and that it never shows a traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from mynalab.cli import main
from mynalab.cli.main import cli
from mynalab.lab.lab import Lab

Bench = Callable[..., Any]


def commands(group: click.Group = cli, *above: str) -> dict[str, click.Command]:
    """Every command that does something, by its words."""
    found: dict[str, click.Command] = {}
    with click.Context(group) as context:
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None
            if isinstance(command, click.Group):
                found |= commands(command, *above, name)
            else:
                found[" ".join((*above, name))] = command
    return found


COMMANDS = commands()
WITH_JSON = [name for name, command in COMMANDS.items() if any("--json" in option.opts for option in command.params)]


def test_help_costs_no_import_of_a_command(program: Bench) -> None:
    code = "import sys; from mynalab.cli.main import _run; _run(['--help']); print(sorted(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "cryptography" not in out
    assert "mynalab.cli.card" not in out


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_each_command_has_examples(bench: Bench, name: str) -> None:
    done = bench(*name.split(), "--help")
    group = bench(name.split()[0], "--help")
    assert (done.status, done.err) == (0, "")
    assert f"mynalab {name}" in done.out
    assert "Examples:" in group.out


@pytest.mark.parametrize("option", ["-h", "--help", "--version"])
def test_questions_about_the_program_end_with_0(bench: Bench, option: str) -> None:
    done = bench(option)
    assert (done.status, done.err) == (0, "")


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["--nonsense"],
        ["card", "nonsense"],
        ["card", "new"],
        ["card", "new", "a", "b"],
        ["card", "list", "--nonsense"],
        ["card", "list", "--lang", "fr"],
        ["revoke", "--reason", "bored"],
        ["run"],
        ["run", "--"],
        ["run", "--empty", "17", "--", "true"],
        ["explain"],
        ["explain", "xyz"],
        ["explain", "0"],
        ["vpcd", "--port", "65536"],
        ["login", "--pin-budget", "5"],
        ["sign"],
        ["login", "--card", "alice", "--reader", "R"],
        ["sign", "-", "--card", "alice", "--reader", "R"],
        ["app", "install", "library-card", "--card", "alice", "--reader", "R"],
        ["app", "list", "--card", "alice", "--reader", "R"],
        ["app", "remove", "library-card", "--card", "alice", "--reader", "R"],
        ["login", "--unsafe-trace-secrets"],
    ],
    ids=" ".join,
)
def test_wrong_command_line_ends_with_2_and_points_to_the_help(bench: Bench, words: list[str]) -> None:
    done = bench(*words)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("error: ")
    assert "--help" in done.err


@pytest.mark.parametrize("words", [["card", "new", "--json"], ["card", "list", "--json", "--nonsense"]], ids=" ".join)
def test_wrong_command_line_is_json_for_a_machine(bench: Bench, words: list[str]) -> None:
    done = bench(*words)
    assert (done.status, done.out) == (2, "")
    assert set(done.error) == {"type", "message", "hint"}


@pytest.mark.parametrize(
    "words",
    [
        ["card", "show", "nobody"],
        ["card", "new", "alice"],
        ["card", "new", "bob", "--persona", "nobody"],
        ["card", "new", "bob", "--profile", "Z9"],
        ["card", "insert", "alice"],
        ["card", "remove", "alice"],
        ["revoke", "--card", "nobody"],
        ["login", "--card", "nobody"],
        ["sign", "no-such-file", "--card", "alice"],
        ["serve", "--card", "nobody"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("form", ["words", "json", "japanese"])
def test_what_is_missing_ends_with_3_a_sentence_and_a_next_step(
    lab: Lab, bench: Bench, words: list[str], form: str
) -> None:
    more = {"words": [], "json": ["--json"], "japanese": ["--lang", "ja"]}[form]
    done = bench(*words, "--lab", lab.paths.root, *more)
    assert (done.status, done.out) == (3, "")
    match form:
        case "words":
            assert done.err.startswith("error: ")
            assert "\n  next step: " in done.err
        case "json":
            assert done.error["type"].endswith("Error")
            assert done.error["message"]
            assert done.error["hint"]
        case "japanese":
            assert done.err.startswith("エラー: ")
            assert "\n  詳細: " in done.err
            assert "\n  次の一手: " in done.err


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (["card", "list", "--now", "tomorrow"], "TimeError"),
        (["card", "list", "--now", ""], "TimeError"),
        (["card", "new", "../x"], "CardNameFormatError"),
        (["login", "--card", "alice", "--pin", "123"], "PinFormatError"),
        (["lab", "init", "mine", "--seed", "a b"], "SeedError"),
        (["login", "--card", "alice", "--origin", "nonsense"], "OriginError"),
        (["login", "--card", "alice", "--origin", "https://EXAMPLE.jp/"], "OriginError"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_word_that_cannot_be_what_it_stands_for_ends_with_2_and_a_next_step(
    lab: Lab, bench: Bench, monkeypatch: pytest.MonkeyPatch, words: list[str], kind: str
) -> None:
    monkeypatch.setenv("MYNALAB_LAB", str(lab.paths.root))
    done = bench(*words, "--json")
    assert (done.status, done.out, done.error["type"], bool(done.error["hint"])) == (2, "", kind, True)


@pytest.mark.parametrize("name", WITH_JSON)
def test_json_complaint_stands_alone_on_standard_error(bench: Bench, name: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("text")
    words = {
        "lab init": ["lab", "init", tmp_path / "file"],
        "explain": ["explain", "00"],
        "sign": ["sign", tmp_path / "file", "--lab", "nowhere"],
        "verify": ["verify", tmp_path / "file", "--lab", "nowhere"],
        **{
            f"rp {name}": ["rp", name, tmp_path / "file", "--lab", "no"]
            for name in ("check-status", "recheck-evidence")
        },
        "rp answer": ["rp", "answer", "AA==", "--lab", "no"],
        **{f"rp tenant {name}": ["rp", "tenant", name, "x", "--lab", "no"] for name in ("add", "token")},
        "authapp client add": [
            *("authapp", "client", "add", "x", "--redirect-uri", "http://localhost/"),
            *("--generate-key", tmp_path / "key.json", "--lab", "no"),
        ],
        "demo": ["demo", "--now", "nonsense"],
        "persona show": ["persona", "show", "nobody"],
        "persona new": ["persona", "new", "A"],
        "persona list": ["persona", "list"],
        "counter reset-pin": ["counter", "reset-pin", "--pin", "sign", "--lab", "no"],
        "card unblock": ["card", "unblock", "x", "--pin", "auth", "--lab", "no"],
        **{f"card {name}": ["card", name, "x", "y", "--lab", "no"] for name in ("snapshot", "restore", "fork", "diff")},
        "app build": ["app", "build", "nowhere.toml"],
        "app install": ["app", "install", "nowhere", "--lab", "no"],
        "app remove": ["app", "remove", "nowhere", "--lab", "no"],
        "clock set": ["clock", "set", "2031-05-01", "--lab", "no"],
        "clock advance": ["clock", "advance", "3d", "--lab", "no"],
    }.get(name) or [*name.split(), *(["x"] if name.split()[0] == "card" and name != "card list" else []), "--lab", "no"]
    done = bench(*words, "--json")
    if name in ("explain", "persona list"):  # they need nothing that could be missing
        assert done.json
    else:
        assert (done.status, done.out) == (2 if name == "demo" else 3, "")
        assert done.error["hint"]


@pytest.mark.parametrize(
    "choice",
    [
        ({}, ["--lang", "ja"]),
        ({}, ["--lang=ja"]),
        ({"MYNALAB_LANG": "ja"}, []),
        ({"LC_ALL": "ja_JP.UTF-8"}, []),
        ({"LC_ALL": "", "LC_MESSAGES": "ja_JP.UTF-8"}, []),
        ({"LC_ALL": "", "LANG": "ja_JP.UTF-8"}, []),
    ],
    ids=["option", "option=", "variable", "LC_ALL", "LC_MESSAGES", "LANG"],
)
def test_japanese_is_spoken_however_it_is_chosen(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, lab: Lab, choice: tuple[dict[str, str], list[str]]
) -> None:
    environment, words = choice
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    here = ["--lab", lab.paths.root, *words]
    assert bench("card", "show", "nobody", *here).err.startswith("エラー: ")
    assert bench("card", "show", "alice", *here).out.startswith("カード alice")


@pytest.mark.parametrize(
    "choice", [({"LC_ALL": "ja_JP.UTF-8"}, ["--lang", "en"]), ({"MYNALAB_LANG": "ja"}, ["--lang", "en"])], ids=str
)
def test_option_comes_before_the_environment(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, choice: tuple[dict[str, str], list[str]]
) -> None:
    environment, words = choice
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert bench("card", "show", "../x", *words).err.splitlines()[-1].startswith("  next step: ")


def test_what_stands_after_two_dashes_is_not_ours(bench: Bench, lab: Lab) -> None:
    done = bench("run", "--card", "nobody", "--lab", lab.paths.root, "--", "true", "--json", "--lang", "ja")
    assert (done.status, done.err.startswith("error: ")) == (3, True)


def test_fault_of_our_own_is_4_and_no_traceback(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main.cli, "main", _raise(ZeroDivisionError("secret")))
    done = bench("card", "list")
    assert done.status == 4
    assert "a fault of mynalab itself: ZeroDivisionError" in done.err
    assert "MYNALAB_DEBUG=1" in done.err


def test_fault_of_our_own_is_shown_to_who_asks(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main.cli, "main", _raise(ZeroDivisionError()))
    monkeypatch.setenv("MYNALAB_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        bench("card", "list")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()], ids=repr)
def test_interruption_is_130(bench: Bench, monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    monkeypatch.setattr(main.cli, "main", _raise(error))
    assert bench("card", "list").status == 130


def test_interruption_inside_an_import_is_130(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = RuntimeError("Error calling __set_name__ on 'Field' instance 'detail' in 'Finding'")
    fault.__cause__ = KeyboardInterrupt()
    monkeypatch.setattr(main.cli, "main", _raise(fault))
    assert bench("card", "list").status == 130


@pytest.mark.parametrize("words", [[], ["card"], ["lab"]], ids=["mynalab", "card", "lab"])
def test_group_without_a_command_shows_its_help(bench: Bench, words: list[str]) -> None:
    done = bench(*words)
    assert (done.status, done.out, done.err) == (2, "", bench(*words, "--help").out)


@pytest.mark.parametrize("group", ["card", "lab"])
def test_no_line_of_a_list_of_commands_is_cut_off(bench: Bench, group: str) -> None:
    assert "..." not in bench(group, "--help").out.partition("Commands:")[2]


def _raise(error: BaseException) -> Callable[..., None]:
    def call(**_: object) -> None:
        raise error

    return call


@pytest.mark.parametrize("words", ["--help", "card show alice", "card show alice --json", "explain 00A40000"])
@pytest.mark.parametrize(
    "encoding",
    [{"PYTHONIOENCODING": "latin-1"}, {"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}],
    ids=str,
)
def test_terminal_of_another_encoding_is_no_fault(
    program: Bench, lab: Lab, words: str, encoding: dict[str, str]
) -> None:
    here = ["--lab", lab.paths.root] if words.startswith("card") else []
    lang = [] if words == "--help" else ["--lang", "ja"]
    done = program(*words.split(), *here, *lang, env=encoding)
    assert (done.status, done.err) == (0, "")
    assert done.out


@pytest.mark.parametrize("target", ["closed", "full", "broken-pipe"])
@pytest.mark.parametrize("words", [["--help"], ["card", "show", "alice"], ["lab", "show", "--json"]], ids=" ".join)
def test_output_that_goes_nowhere_is_no_traceback(lab: Lab, target: str, words: list[str], home: Path) -> None:
    here = [] if words == ["--help"] else ["--lab", str(lab.paths.root)]
    redirect = {"closed": ">&-", "full": ">/dev/full", "broken-pipe": '| true; exit "${PIPESTATUS[0]}"'}[target]
    arguments = [sys.executable, "-c", "import time; time.sleep(0.2); from mynalab.cli.main import main; main()"]
    done = subprocess.run(
        ["bash", "-c", f'"$@" {redirect}', "-", *arguments, *words, *here],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode in ((0, 3) if target == "closed" else (3,)), done
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert ("No space left" in done.stderr) == (target == "full")


def test_installed_program_is_this_one() -> None:
    program = Path(sys.executable).with_name("mynalab")
    out = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    assert out.startswith("mynalab, version ")


def test_errors_of_the_system_are_sentences(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main.cli, "main", _raise(PermissionError(13, "Permission denied", "/x")))
    done = bench("card", "list", "--json")
    assert (done.status, done.error["message"]) == (3, "/x: Permission denied")
    assert json.loads(done.err)["error"]["type"] == "PermissionError"
