"""``mynalab app`` and ``mynalab card unblock``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mynalab.lab.cards import open_card
from mynalab.lab.lab import Lab
from mynalab.resources import package_files

Bench = Callable[..., Any]


@pytest.fixture
def here(lab: Lab) -> tuple[str, ...]:
    return ("--lab", str(lab.paths.root))


def test_shipped_packages() -> None:
    assert list(package_files()) == ["event-ticket", "facility-entry", "library-card", "residents-points"]


@pytest.mark.parametrize("name", package_files())
def test_package_is_built_installed_listed_and_removed(bench: Bench, here: tuple[str, ...], name: str) -> None:
    on_card = ("--card", "alice", *here, "--json")
    built = bench("app", "build", name, *here, "--json").json
    assert Path(built["file"]).stat().st_size > 0
    empty = bench("app", "list", *on_card).json
    installed = bench("app", "install", built["file"], *on_card).json
    listed = bench("app", "list", *on_card).json
    assert [(line["aid"], line["label"]) for line in listed["applications"]] == [(built["aid"], built["label"])]
    assert listed["free"] == installed["free"] < empty["free"] - built["card_bytes"]
    assert bench("app", "remove", name, *on_card).json["free"] == empty["free"]
    assert bench("app", "list", *on_card).json == empty


def test_words_in_both_languages(bench: Bench, here: tuple[str, ...]) -> None:
    done = bench("app", "install", "event-ticket", "--card", "alice", *here)
    assert "installed イベントチケット on alice" in done.out
    done = bench("app", "list", "--card", "alice", *here, "--lang", "ja")
    assert done.out.splitlines()[0] == "F04D594E414C41420104  イベントチケット"
    assert "空き" in done.out


def test_own_description_is_installed_and_removed_by_its_aid(bench: Bench, here: tuple[str, ...]) -> None:
    text = package_files()["event-ticket"].read_text("utf-8")
    Path("mine.toml").write_text(text.replace("F04D594E414C414201", "F04D594E414C414209"), "utf-8")
    assert bench("app", "install", "mine.toml", "--card", "alice", *here).status == 0
    assert bench("app", "remove", "F04D594E414C41420904", "--card", "alice", *here).status == 0


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (["install", "nothing"], "PackageFileError"),
        (["install", "broken.toml"], "PackageFileError"),
        (["install", "broken.mpkg"], "PackageError"),
        (["build", "broken.toml"], "PackageFileError"),
        (["remove", "nothing"], "AppError"),
        (["remove", "F0AAAAAAAA"], "AppError"),
        (["remove", "library-card"], "AppError"),
        (["install", "library-card", "--pin", "1"], "AppError"),
        (["list", "--card", "nobody"], "CardNameError"),
    ],
    ids=lambda part: "-".join(part) if isinstance(part, list) else part,
)
def test_what_cannot_be_done_is_said(bench: Bench, here: tuple[str, ...], words: list[str], kind: str) -> None:
    Path("broken.toml").write_text("[package]\n", "utf-8")
    Path("broken.mpkg").write_bytes(b"\xc4\x00")
    card = () if words[0] == "build" or "--card" in words else ("--card", "alice")
    done = bench("app", *words, *card, *here, "--json")
    assert (done.status, done.error["type"]) == (3, kind)
    assert done.error["hint"] or kind == "PackageError"


@pytest.mark.parametrize("words", [["install", "library-card"], ["list"], ["remove", "library-card"]], ids=" ".join)
def test_a_card_that_may_be_a_real_one_is_not_touched(bench: Bench, here: tuple[str, ...], words: list[str]) -> None:
    done = bench("app", *words, "--reader", "Some Reader 00 00", *here, "--json")
    assert (done.status, done.error["type"]) == (3, "AppError")
    assert "nothing was sent" in done.error["message"]


def test_card_without_a_free_area_is_named(bench: Bench, lab: Lab, here: tuple[str, ...]) -> None:
    path = lab.paths.card("alice")
    document = json.loads(path.read_text("utf-8"))
    document["free_area"] = None
    path.write_text(json.dumps(document), "utf-8")
    done = bench("app", "list", "--card", "alice", *here, "--json")
    assert (done.status, done.error["type"]) == (3, "NoFreeAreaError")
    assert "mynalab card new" in done.error["hint"]


def spend(lab: Lab, reference: int, times: int = 6) -> str:
    """Wrong PINs; what the last one got."""
    with open_card(lab.paths, "alice") as card:
        card.process(bytes.fromhex("00A4040C0AD392F000260100000001"))
        answers = [card.process(bytes((0, 0x20, 0, 0x80 | reference, 4)) + b"0000") for _ in range(times)]
    return answers[-1].hex().upper()


@pytest.mark.parametrize(("pin", "reference"), [("auth", 0x18), ("sign", 0x1B)])
def test_blocked_pin_is_unblocked(bench: Bench, lab: Lab, here: tuple[str, ...], pin: str, reference: int) -> None:
    assert spend(lab, reference) == "6984"
    assert bench("card", "unblock", "alice", "--pin", pin, *here, "--json").json == {
        "card": "alice",
        "pin": pin,
        "changed": False,
    }
    shown = bench("card", "show", "alice", *here, "--json").json
    tries = {one["name"]: (one["tries_left"], one["limit"]) for one in shown["pins"]}
    assert tries[pin][0] == tries[pin][1]


def test_new_pin_logs_in(bench: Bench, lab: Lab, here: tuple[str, ...]) -> None:
    assert spend(lab, 0x18) == "6984"
    at = ("--card", "alice", *here, "--now", "2026-11-21")
    assert bench("login", *at).status == 1
    done = bench("card", "unblock", "alice", "--pin", "auth", "--new", "8642", *here)
    assert (done.status, "--pin" in done.out, "8642" in done.out) == (0, True, False)
    assert bench("login", "--pin", "8642", *at).status == 0


def test_new_pin_of_another_form_is_refused(bench: Bench, here: tuple[str, ...]) -> None:
    done = bench("card", "unblock", "alice", "--pin", "sign", "--new", "short", *here, "--json")
    assert (done.status, done.error["type"]) == (2, "PinFormatError")
    assert "short" not in done.err
