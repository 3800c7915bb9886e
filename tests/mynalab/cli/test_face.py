"""``mynalab card face``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mynalab.lab.lab import Lab

Bench = Callable[..., Any]


@pytest.mark.parametrize(
    ("options", "suffixes"),
    [((), {".svg", ".png"}), (("--svg",), {".svg"}), (("--png",), {".png"}), (("--svg", "--png"), {".svg", ".png"})],
    ids=["both", "svg", "png", "named"],
)
def test_it_draws_what_is_asked_for(
    bench: Bench, lab: Lab, tmp_path: Path, options: tuple[str, ...], suffixes: set[str]
) -> None:
    out = tmp_path / "pictures" / "deep"
    done = bench("card", "face", "alice", "--lab", lab.paths.root, "--out", out, "--json", *options)
    assert done.status == 0
    assert {Path(path) for path in done.json["files"]} == set(out.iterdir())
    assert {path.suffix for path in out.iterdir()} == suffixes


def test_a_shipped_persona_is_issued_first(bench: Bench, lab: Lab, tmp_path: Path) -> None:
    done = bench("card", "face", "adult-resident", "--lab", lab.paths.root, "--out", tmp_path / "out", "--svg")
    assert done.status == 0
    assert "adult-resident-front.svg" in done.out


def test_a_card_that_is_not_there_is_named(bench: Bench, lab: Lab, tmp_path: Path) -> None:
    done = bench("card", "face", "nobody", "--lab", lab.paths.root, "--out", tmp_path / "out", "--json")
    assert done.status == 3
    assert done.error["type"] == "CardNameError"
