"""``mynalab card snapshot|restore|fork|diff``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mynalab.lab.cards import open_card
from mynalab.lab.lab import Lab

Bench = Callable[..., Any]
Tree = Callable[[Path], dict[str, bytes]]
AT = ("--now", "2026-11-21")


@pytest.fixture
def here(lab: Lab) -> tuple[str, str]:
    return ("--lab", str(lab.paths.root))


def spend_a_try(bench: Bench, here: tuple[str, str], card: str = "alice") -> None:
    assert bench("login", "--card", card, "--pin", "0000", *here, *AT).status == 1


def tries(bench: Bench, here: tuple[str, str], card: str) -> int:
    shown = bench("card", "show", card, *here, "--json").json
    return next(pin["tries_left"] for pin in shown["pins"] if pin["name"] == "auth")


def test_snapshot_brings_a_state_back(bench: Bench, here: tuple[str, str], tmp_path: Path) -> None:
    file = tmp_path / "before.json"
    assert bench("card", "snapshot", "alice", file, *here, "--json").json == {"card": "alice", "snapshot": str(file)}
    spend_a_try(bench, here)
    differing = bench("card", "diff", file, "alice", *here, "--json")
    assert (differing.status, differing.json) == (
        1,
        {
            "same": False,
            "differences": [
                {
                    "place": "JPKI / user-authentication PIN (EF 0018) / tries left",
                    "place_ja": "公的個人認証AP / 利用者証明用暗証番号（EF 0018） / 残り回数",
                    "before": "3/3",
                    "after": "2/3",
                }
            ],
        },
    )
    assert bench("card", "restore", "alice", file, *here).status == 0
    assert bench("card", "diff", file, "alice", *here).out == "no difference\n"


def test_snapshot_is_private(bench: Bench, here: tuple[str, str], tmp_path: Path) -> None:
    bench("card", "snapshot", "alice", tmp_path / "alice.json", *here)
    assert (tmp_path / "alice.json").stat().st_mode & 0o777 == 0o600


def test_snapshot_overwrites_nothing(bench: Bench, here: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "diary").write_text("dear")
    done = bench("card", "snapshot", "alice", tmp_path / "diary", *here, "--json")
    assert (done.status, done.error["type"]) == (3, "SnapshotError")
    assert (tmp_path / "diary").read_text() == "dear"


def test_snapshot_of_another_card_is_refused(bench: Bench, here: tuple[str, str], tmp_path: Path, lab: Lab) -> None:
    bench("card", "new", "bob", *here, *AT)
    bench("card", "snapshot", "bob", tmp_path / "bob.json", *here)
    before = lab.paths.card("alice").read_bytes()
    done = bench("card", "restore", "alice", tmp_path / "bob.json", *here, "--json")
    assert (done.status, done.error["type"]) == (3, "SnapshotError")
    assert lab.paths.card("alice").read_bytes() == before


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", "StoreDamagedError"),
        (b"{}", "StoreSchemaError"),
        (b'{"schema": 99}', "StoreSchemaError"),
        (None, "StoreMissingError"),
    ],
    ids=["empty", "no-schema", "later-schema", "missing"],
)
def test_no_snapshot_is_restored_by_no_command(
    bench: Bench, here: tuple[str, str], tmp_path: Path, lab: Lab, content: bytes | None, error: str
) -> None:
    if content is not None:
        (tmp_path / "file").write_bytes(content)
    before = lab.paths.card("alice").read_bytes()
    done = bench("card", "restore", "alice", tmp_path / "file", *here, "--json")
    assert (done.status, done.error["type"]) == (3, error)
    assert lab.paths.card("alice").read_bytes() == before


@pytest.mark.parametrize(
    "words", [("snapshot", "alice", "file"), ("restore", "alice", "kept"), ("fork", "alice", "twin")], ids=" ".join
)
def test_card_in_a_reader_is_left_alone(
    bench: Bench, here: tuple[str, str], lab: Lab, tree: Tree, words: tuple[str, ...]
) -> None:
    bench("card", "snapshot", "alice", "kept", *here)
    card = open_card(lab.paths, "alice")
    before = tree(lab.paths.root)
    try:
        done = bench("card", *words, *here, "--json")
    finally:
        card.close()
    assert (done.status, done.error["type"]) == (3, "StoreLockedError")
    assert tree(lab.paths.root) | {"cards/alice.json.lock": b""} == before | {"cards/alice.json.lock": b""}
    assert not Path("file").exists()


def test_fork_has_counters_of_its_own(bench: Bench, here: tuple[str, str], lab: Lab) -> None:
    assert "revoke them under the name alice" in bench("card", "fork", "alice", "twin", *here).err
    spend_a_try(bench, here, "twin")
    assert [tries(bench, here, card) for card in ("alice", "twin")] == [3, 2]
    assert bench("login", "--card", "twin", *here, *AT).status == 0
    with_both_open = [open_card(lab.paths, name) for name in ("alice", "twin")]
    for card in with_both_open:
        card.close()


def test_fork_shares_certificates_and_their_fate(bench: Bench, here: tuple[str, str]) -> None:
    bench("card", "fork", "alice", "twin", *here)
    shown = [bench("card", "show", name, *here, *AT, "--json").json["certificates"] for name in ("alice", "twin")]
    assert shown[0] == shown[1] != []
    bench("revoke", "--card", "alice", *here, *AT)
    assert bench("login", "--card", "twin", *here, *AT).status == 1


@pytest.mark.parametrize(
    ("new", "status", "error"),
    [("alice", 3, "CardNameError"), ("../x", 2, "CardNameFormatError"), ("A", 2, "CardNameFormatError")],
)
def test_fork_needs_a_name_that_is_free(
    bench: Bench, here: tuple[str, str], lab: Lab, tree: Tree, new: str, status: int, error: str
) -> None:
    before = tree(lab.paths.cards)
    done = bench("card", "fork", "alice", new, *here, "--json")
    assert (done.status, done.error["type"]) == (status, error)
    assert tree(lab.paths.cards) | {"alice.json.lock": b""} == before | {"alice.json.lock": b""}


@pytest.mark.parametrize("name", ["nobody", "", "no/such.json"])
def test_diff_of_nothing_is_refused(bench: Bench, here: tuple[str, str], name: str) -> None:
    done = bench("card", "diff", "alice", name, *here, "--json")
    assert (done.status, done.error["type"]) == (3, "CardNameError")


def test_diff_tells_no_secret(bench: Bench, here: tuple[str, str], lab: Lab) -> None:
    bench("card", "new", "bob", *here, *AT)
    document = json.loads(lab.paths.card("alice").read_text())
    secrets = [
        pin["value"] for application in document["applications"] for pin in application["pins"].values() if pin["value"]
    ]
    told = bench("card", "diff", "alice", "bob", *here, "--json").out
    assert len(told) > 1000
    assert not [secret for secret in secrets if secret in told]
