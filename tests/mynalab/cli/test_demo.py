"""``mynalab demo``: told to the end, in both languages, with nothing left behind."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Bench = Callable[..., Any]


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("form", [[], ["--json"]], ids=["words", "json"])
def test_story_is_told_to_the_end(bench: Bench, home: Path, lang: str, form: list[str]) -> None:
    done = bench("demo", "--lang", lang, *form)
    assert (done.status, "Traceback" in done.err) == (0, False)
    assert bool(form and done.json) == bool(form)
    assert [*Path(os.environ["TMPDIR"]).iterdir(), *home.glob("data/*")] == []


def test_her_card_is_drawn_where_that_is_wanted(bench: Bench, home: Path) -> None:
    done = bench("demo", "--pictures", home / "pictures", "--json")
    assert done.status == 0
    assert [Path(path).name for path in done.json["pictures"]] == [
        "adult-resident-front.svg",
        "adult-resident-back.svg",
    ]
    assert "見本 TEST" in (home / "pictures" / "adult-resident-front.svg").read_text("utf-8")
