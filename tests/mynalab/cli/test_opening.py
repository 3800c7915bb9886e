"""How commands come by a lab and its cards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mynalab.cli.opening import reader_contents
from mynalab.lab.issue import issue_card
from mynalab.lab.lab import Lab

Bench = Callable[..., Any]


@pytest.mark.parametrize(
    ("cards", "empty", "contents"),
    [
        ((), 0, ["adult-resident"]),
        ((), 2, [None, None]),
        (("alice",), 0, ["alice"]),
        (("alice", "bob"), 1, ["alice", "bob", None]),
    ],
)
def test_readers_hold_what_was_asked_for(cards: tuple[str, ...], empty: int, contents: list[str | None]) -> None:
    assert reader_contents(cards, empty) == contents


def test_card_of_a_shipped_persona_is_made_on_the_way_and_said(bench: Bench, lab: Lab) -> None:
    words = ("login", "--lab", lab.paths.root, "--now", "2026-11-21")
    assert bench(*words).err == "issued the card adult-resident\n"
    assert bench(*words).err == ""


def test_lab_that_was_named_is_never_made_on_the_way(bench: Bench) -> None:
    assert (bench("login", "--lab", "nowhere").status, Path("nowhere").exists()) == (3, False)


def test_card_that_another_terminal_made_meanwhile_is_taken(
    bench: Bench, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def quicker(lab: Lab, *, name: str, **rest: Any) -> None:
        issue_card(lab, name=name, **rest)
        issue_card(lab, name=name, **rest)

    monkeypatch.setattr("mynalab.lab.issue.issue_card", quicker)
    done = bench("login", "--lab", lab.paths.root, "--now", "2026-11-21")
    assert (done.status, done.err) == (0, "")
