"""The shipped data is found in a checkout and in an installed package."""

from __future__ import annotations

from pathlib import Path

import pytest

from mynalab import resources


def test_checkout_has_personas_and_keys() -> None:
    assert "adult-resident" in resources.persona_files()
    assert resources.key_pool_file().is_file()


def test_installed_data_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "personas").mkdir()
    (tmp_path / "personas" / "other.toml").touch()
    monkeypatch.setattr(resources, "_INSTALLED", tmp_path)
    monkeypatch.setattr(resources, "fixtures_directory", resources.fixtures_directory.__wrapped__)  # nothing kept
    assert resources.persona_files() == {"other": tmp_path / "personas" / "other.toml"}
