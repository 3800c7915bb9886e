"""Making a lab: where it may be, and what is left when it may not."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from mynalab.errors import LabExistsError, LabUnwritableError, SeedError
from mynalab.lab.create import create_lab
from mynalab.lab.lab import Lab

NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.mark.parametrize("prepare", ["nothing", "empty", "deep"])
def test_lab_is_made_where_there_is_room(tmp_path: Path, prepare: str) -> None:
    directory = tmp_path / ("a/b/c/new" if prepare == "deep" else "new")
    if prepare == "empty":
        directory.mkdir()
    create_lab(directory, now=NOW, seed="a")
    assert Lab.open(directory).settings.seed == "a"
    assert [path.name for path in directory.parent.iterdir() if path.name.startswith(".")] == []


def test_seed_is_drawn_when_none_is_given(tmp_path: Path) -> None:
    seeds = {create_lab(tmp_path / name, now=NOW).settings.seed for name in ("one", "two")}
    assert len(seeds) == 2


def test_lab_is_not_overwritten(lab: Lab, tree: object) -> None:
    with pytest.raises(LabExistsError, match="is not empty"):
        create_lab(lab.paths.root, now=NOW)
    assert Lab.open(lab.paths.root).settings == lab.settings


@pytest.mark.parametrize("kind", ["file", "other", "dangling"])
def test_place_that_is_taken_is_refused(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "place"
    match kind:
        case "file":
            place.write_text("mine")
        case "other":
            place.mkdir()
            (place / "mine").touch()
        case "dangling":
            place.symlink_to("nowhere")
    with pytest.raises((LabExistsError, LabUnwritableError)) as caught:
        create_lab(place, now=NOW)
    assert caught.value.hint
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".place")] == []


def test_lab_is_not_made_under_the_feet_of_a_shell(home: Path) -> None:
    (home / "here").mkdir()
    with pytest.raises(LabExistsError, match="is where you stand"):
        create_lab(home, now=NOW)


def test_bad_seed_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(SeedError):
        create_lab(tmp_path / "new", now=NOW, seed="a b")
    assert not (tmp_path / "new").exists()


def test_other_process_that_was_quicker_is_not_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mynalab.lab import create

    fill = create._fill

    def slow(lab: Lab, now: datetime) -> None:
        fill(lab, now)
        monkeypatch.setattr(create, "_fill", fill)
        create_lab(tmp_path / "new", now=NOW, seed="first")

    monkeypatch.setattr(create, "_fill", slow)
    with pytest.raises(LabExistsError, match="another process made"):
        create_lab(tmp_path / "new", now=NOW, seed="second")
    assert Lab.open(tmp_path / "new").settings.seed == "first"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".new")] == []


def test_keys_are_for_the_owner_alone(lab: Lab) -> None:
    assert {path.stat().st_mode & 0o077 for path in lab.paths.ca_keys.iterdir()} == {0}
    assert lab.paths.root.stat().st_mode & 0o077 == 0
