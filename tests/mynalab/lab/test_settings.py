"""``lab.toml``: round trip, truncation, and every field wrong."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mynalab.errors import LabBrokenError, LabNotFoundError, LabSchemaError, SeedError
from mynalab.lab.settings import LabSettings

SETTINGS = LabSettings(seed="tests", created=datetime(2026, 11, 20, tzinfo=UTC), fresh_keys=True)
TEXT = SETTINGS.to_toml()


def read(tmp_path: Path, content: str | bytes) -> LabSettings:
    path = tmp_path / "lab.toml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return LabSettings.read(path)


def test_round_trip(tmp_path: Path) -> None:
    assert read(tmp_path, TEXT) == SETTINGS


@pytest.mark.parametrize("seed", ["", "a b", 'a"', "花", "x" * 65, "a\n"])
def test_seed_that_cannot_be_one_is_refused(seed: str) -> None:
    with pytest.raises(SeedError, match="cannot be a seed"):
        LabSettings(seed=seed, created=SETTINGS.created)


@pytest.mark.parametrize("length", range(len(TEXT) - len("\n")))
def test_every_truncation_is_refused(tmp_path: Path, length: int) -> None:
    with pytest.raises((LabBrokenError, LabSchemaError)):
        read(tmp_path, TEXT[:length])


@pytest.mark.parametrize("field", ["seed", "created", "fresh_keys", "unsafe_production_names"])
@pytest.mark.parametrize("value", ["[]", "7", '""', "2026-11-20", "2026-11-20T00:00:00", None])
def test_wrong_field_is_named(tmp_path: Path, field: str, value: str | None) -> None:
    lines = [line for line in TEXT.splitlines() if not line.startswith(f"{field} =")]
    with pytest.raises(LabBrokenError, match=r"lab\.toml: .*(cannot be a seed|is missing, or not what)") as caught:
        read(tmp_path, "\n".join([*lines, *([f"{field} = {value}"] if value else [])]))
    assert "mynalab lab init" in caught.value.hint


@pytest.mark.parametrize("schema", ["0", "2", '"1"', "[]"])
def test_other_schema_is_named(tmp_path: Path, schema: str) -> None:
    with pytest.raises(LabSchemaError, match="this release reads schema 1"):
        read(tmp_path, TEXT.replace("schema = 1", f"schema = {schema}"))


@pytest.mark.parametrize("content", [b"\xff\xfe", b"\x00", b"[", b"= 1"])
def test_what_is_no_toml_is_broken(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(LabBrokenError, match="cannot be read"):
        read(tmp_path, content)


@pytest.mark.parametrize("name", ["nowhere", "no where", "it's; no"])
def test_missing_lab_says_how_to_make_one(tmp_path: Path, name: str) -> None:
    with pytest.raises(LabNotFoundError, match="there is no lab in") as caught:
        LabSettings.read(tmp_path / name / "lab.toml")
    words = shlex.split(caught.value.hint.removeprefix("make one: "))
    assert words == ["mynalab", "lab", "init", str(tmp_path / name)]


@pytest.mark.parametrize("path", ["file/lab.toml", "file/below/lab.toml"])
def test_lab_is_not_to_be_made_where_a_file_is(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LabNotFoundError, match="that is no directory") as caught:
        LabSettings.read(tmp_path / path)
    assert caught.value.hint == "name the directory of a lab: --lab DIR"
