"""A seed and a moment determine every byte of a lab, in any process, time zone and locale."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Tree = Callable[[Path], dict[str, bytes]]

# The same life for each lab: made, three cards, one lost, lists published again the next day.
STORY = """
import sys
from mynalab.cli.main import _run
lab, seed, *more = sys.argv[1:]
here = ["--lab", lab, "--now"]
for words in (
    ["lab", "init", lab, "--seed", seed, "--now", "2026-11-20", *more],
    *(["card", "new", name, *here, "2026-11-20"] for name in ("alice", "bob", "carol")),
    ["revoke", "--card", "bob", *here, "2026-11-21"],
    ["lab", "publish", *here, "2026-11-22T09:00:00+09:00"],
):
    assert _run(words) == 0, words
"""


@pytest.fixture
def live(tmp_path: Path, tree: Tree) -> Callable[..., dict[str, bytes]]:
    def run(name: str, seed: str, *more: str, **environment: str) -> dict[str, bytes]:
        subprocess.run(
            [sys.executable, "-c", STORY, str(tmp_path / name), seed, *more],
            env={**os.environ, **environment},
            stdout=subprocess.DEVNULL,
            check=True,
            timeout=60,
        )
        return tree(tmp_path / name)

    return run


@pytest.fixture
def reference(live: Callable[..., dict[str, bytes]]) -> dict[str, bytes]:
    return live("reference", "classroom", PYTHONHASHSEED="1", TZ="UTC", LC_ALL="C.UTF-8")


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONHASHSEED": "2"},
        {"TZ": "Asia/Tokyo"},
        {"TZ": "America/Los_Angeles", "PYTHONHASHSEED": "77"},
        {"LC_ALL": "ja_JP.UTF-8", "LANG": "ja_JP.UTF-8"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"MYNALAB_LANG": "ja"},
    ],
    ids=lambda environment: ",".join(environment),
)
def test_same_seed_gives_the_same_bytes(
    reference: dict[str, bytes], live: Callable[..., dict[str, bytes]], environment: dict[str, str]
) -> None:
    assert live("other", "classroom", **environment) == reference


def test_lab_is_complete(reference: dict[str, bytes]) -> None:
    cas = [kind + generation for kind in ("sign", "auth") for generation in ("", "-earlier", "-first")]
    published = {f"public/{ca}{end}{pem}" for ca in cas for end in ("-ca.cer", ".crl") for pem in ("", ".pem")}
    cards = {f"cards/{name}.{end}" for name in ("alice", "bob", "carol") for end in ("json", "toml", "json.lock")}
    links = ("root", "intermediate", "99201")
    chain = {part for name in links for part in (f"ca/cv-{name}.key", f"public/cv-{name}.cvc")}
    files = {"lab.toml", "register.db"} | {f"ca/{ca}.key" for ca in cas}
    assert set(reference) == files | published | chain | cards


def test_other_seed_gives_other_keys_serials_and_cards(
    reference: dict[str, bytes], live: Callable[..., dict[str, bytes]]
) -> None:
    other = live("other", "another")
    shared = {name for name in reference if reference[name] == other[name]}
    assert shared == {name for name in reference if name.endswith((".toml", ".lock")) and name != "lab.toml"}


def test_fresh_keys_are_nobody_else_s(reference: dict[str, bytes], live: Callable[..., dict[str, bytes]]) -> None:
    fresh = live("fresh", "classroom", "--fresh-keys")
    assert all(fresh[name] != reference[name] for name in ("ca/sign.key", "ca/auth.key", "cards/alice.json"))
    assert fresh["ca/sign.key"] != live("again", "classroom", "--fresh-keys")["ca/sign.key"]
