"""A lab with each of its files removed, cut or overwritten: a sentence and status 3 from whoever needs that file."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mynalab.lab.lab import Lab

Bench = Callable[..., Any]
Tree = Callable[[Path], dict[str, bytes]]
AT = ("--now", "2026-11-21")

COMMANDS = {
    "lab-show": ["lab", "show"],
    "publish": ["lab", "publish"],
    "card-new": ["card", "new", "bob"],
    "card-list": ["card", "list"],
    "card-show": ["card", "show", "alice"],
    "revoke": ["revoke", "--card", "alice"],
    "run": ["run", "--card", "alice"],
    "login": ["login", "--card", "alice"],
}

# Which commands cannot do their work without the file; the others must not care.
NEEDED_BY = {
    "lab.toml": set(COMMANDS),
    "register.db": {"publish", "card-new", "card-show", "revoke", "login"},
    "ca/sign.key": {"lab-show", "publish", "card-new", "revoke"},
    "ca/auth.key": {"lab-show", "publish", "card-new", "revoke"},
    "public/sign-ca.cer": {"lab-show", "publish", "card-new", "revoke", "login"},
    "public/auth-ca.cer": {"lab-show", "publish", "card-new", "revoke", "login"},
    "public/sign.crl": set(),
    "public/auth.crl": set(),
    "public/sign-ca.cer.pem": set(),
    "cards/alice.json": {"card-show", "run", "login"},
    "cards/alice.toml": {"login"},
}
DAMAGES: dict[str, Callable[[bytes], bytes | None]] = {
    "removed": lambda _: None,
    "empty": lambda _: b"",
    "first-byte": lambda content: content[:1],
    "half": lambda content: content[: len(content) // 2],
    "less-one": lambda content: content[:-2],
    "garbage": lambda content: b"\xff\xfe\x00garbage\n",
    "zeros": lambda content: bytes(len(content)),
    "another": lambda content: b'{"schema": 1}\n',
}
# The register has the certificates of the CAs, too, and puts back what is missing.
MENDED = {("publish", name, "removed") for name in ("public/sign-ca.cer", "public/auth-ca.cer")}


def do(bench: Bench, command: str, lab: Lab) -> Any:
    program = ["--", "true"] if command == "run" else []
    return bench(*COMMANDS[command], "--lab", lab.paths.root, *AT, *program)


@pytest.mark.parametrize("command", COMMANDS)
def test_whole_lab_works(lab: Lab, bench: Bench, command: str) -> None:
    assert do(bench, command, lab).status == 0


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", NEEDED_BY)
@pytest.mark.parametrize("command", COMMANDS)
def test_broken_file_is_a_sentence_and_costs_no_other(
    lab: Lab, bench: Bench, tree: Tree, command: str, name: str, damage: str
) -> None:
    path = lab.paths.root / name
    whole = path.read_bytes()
    content = DAMAGES[damage](whole)
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    before = tree(lab.paths.root)
    done = do(bench, command, lab)
    assert "Traceback" not in done.err
    if (command, name, damage) in MENDED:
        assert (done.status, tree(lab.paths.root)[name]) == (0, whole)
    elif command in NEEDED_BY[name]:
        assert done.status == 3, done
        assert done.err.startswith("error: ")
        assert "next step: " in done.err
        assert tree(lab.paths.root).items() >= {k: v for k, v in before.items() if not k.endswith(".lock")}.items()
    else:
        assert done.status in (0, 3), done


@pytest.mark.parametrize("name", ["ca", "cards", "public"])
@pytest.mark.parametrize("command", COMMANDS)
def test_missing_directory_is_named(lab: Lab, bench: Bench, command: str, name: str) -> None:
    shutil.rmtree(lab.paths.root / name)
    done = do(bench, command, lab)
    assert (done.status, f"{lab.paths.root / name} is missing" in done.err) == (3, True)


@pytest.mark.parametrize("command", COMMANDS)
def test_missing_lab_says_how_to_make_one(tmp_path: Path, bench: Bench, command: str) -> None:
    program = ["--", "true"] if command == "run" else []
    done = bench(*COMMANDS[command], "--lab", tmp_path / "nowhere", *program)
    assert (done.status, f"mynalab lab init {tmp_path / 'nowhere'}" in done.err) == (3, True)


@pytest.mark.parametrize("command", COMMANDS)
def test_file_instead_of_a_lab_is_no_lab(tmp_path: Path, bench: Bench, command: str) -> None:
    (tmp_path / "file").write_text("mine")
    program = ["--", "true"] if command == "run" else []
    done = bench(*COMMANDS[command], "--lab", tmp_path / "file", *program)
    assert (done.status, "there is no lab in" in done.err) == (3, True)
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("command", COMMANDS)
def test_lab_of_another_schema_is_left_alone(lab: Lab, bench: Bench, tree: Tree, command: str) -> None:
    lab.paths.settings.write_text(lab.paths.settings.read_text().replace("schema = 1", "schema = 2"))
    before = tree(lab.paths.root)
    done = do(bench, command, lab)
    assert (done.status, "this release reads schema 1" in done.err) == (3, True)
    assert tree(lab.paths.root) == before


@pytest.mark.parametrize("command", ["card-show", "run", "login"])
def test_card_of_another_schema_is_left_alone(lab: Lab, bench: Bench, command: str) -> None:
    path = lab.paths.card("alice")
    path.write_bytes(path.read_bytes().replace(b'"schema":2', b'"schema":3'))
    before = path.read_bytes()
    done = do(bench, command, lab)
    assert (done.status, "schema 3" in done.err) == (3, True)
    assert path.read_bytes() == before


def test_default_directory_with_something_else_in_it_is_left_alone(home: Path, bench: Bench) -> None:
    (home / "data/mynalab").mkdir(parents=True)
    (home / "data/mynalab/mine").write_text("mine")
    done = bench("card", "list")
    assert (done.status, "is not empty" in done.err) == (3, True)
    assert [path.name for path in (home / "data/mynalab").iterdir()] == ["mine"]
