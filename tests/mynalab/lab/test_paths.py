"""Where things lie, and which names a card can have."""

from __future__ import annotations

from pathlib import Path

import pytest

from mynalab.errors import CardNameError
from mynalab.lab.paths import LabPaths, default_lab_directory

PATHS = LabPaths(Path("/lab"))
HOSTILE = [
    "",
    ".",
    "..",
    "../x",
    "a/b",
    "/etc/passwd",
    "-x",
    ".hidden",
    "Alice",
    "花子",
    "a b",
    "a\n",
    "a\0b",
    "x" * 300,
]


@pytest.mark.parametrize("name", HOSTILE, ids=repr)
def test_hostile_card_name_is_refused(name: str) -> None:
    with pytest.raises(CardNameError, match="cannot name a card") as caught:
        PATHS.card(name)
    assert "64 at most" in caught.value.hint


@pytest.mark.parametrize("name", ["a", "0", "adult-resident", "a.b_c-d", "x" * 64, "a.json"])
def test_plain_card_name_is_a_file_in_the_drawer(name: str) -> None:
    assert PATHS.card(name) == Path(f"/lab/cards/{name}.json")
    assert PATHS.persona(name) == Path(f"/lab/cards/{name}.toml")


@pytest.mark.parametrize("name", ["", "relative/path"])
def test_data_home_that_is_no_absolute_path_is_ignored(name: str, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """XDG Base Directory Specification: "consider the path invalid and ignore it"."""
    monkeypatch.setenv("XDG_DATA_HOME", name)
    assert default_lab_directory() == home / ".local/share/mynalab"


def test_data_home_is_followed(home: Path) -> None:
    assert default_lab_directory() == home / "data/mynalab"


def test_sockets_of_one_lab_are_in_one_place_however_it_is_named(home: Path) -> None:
    (home / "x").mkdir()
    (home / "y").symlink_to("x")
    assert LabPaths(home / "x").runtime == LabPaths(Path("x")).runtime == LabPaths(home / "y").runtime
    assert LabPaths(home / "x").runtime != LabPaths(home / "z").runtime


def test_sockets_without_runtime_directory_are_under_tmp(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert str(PATHS.runtime).startswith("/tmp/mynalab-")
