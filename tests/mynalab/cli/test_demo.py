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
