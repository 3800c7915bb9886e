"""``mynalab rp serve`` as a program of its own, with the walk of its document; tenants; the card's half."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mynalab.lab.lab import Lab
from tests.mynalab.conftest import PROGRAM, Bench

DOCUMENT = Path(__file__).parents[3] / "docs" / "operator.md"


@contextmanager
def serving(root: Path, *words: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A running server, and what its first line says."""
    process = subprocess.Popen(
        [*PROGRAM, "rp", "serve", "--lab", str(root), "--port", "0", "--json", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    watchdog = threading.Timer(60, process.kill)
    watchdog.start()
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.stderr and process.stderr.read()
        yield process, json.loads(line)
    finally:
        process.terminate()
        process.communicate()
        watchdog.cancel()


def test_the_walk_of_the_document_ends_with_a_held_user(tmp_path: Path, bench: Bench) -> None:
    assert bench("lab", "init", tmp_path / "mylab").status == 0
    (walk,) = re.findall(r"^```sh\n(.*?)^```", DOCUMENT.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    program = tmp_path / "bin"
    program.mkdir()
    (program / "mynalab").write_text(f'#!/bin/sh\nexec {sys.executable} -c "{PROGRAM[-1]}" "$@"\n')
    (program / "mynalab").chmod(0o755)
    with serving(tmp_path / "mylab") as (_, told):
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", walk],
            cwd=tmp_path,
            env={**os.environ, "URL": told["url"], "PATH": f"{program}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert re.fullmatch(r"[0-9a-f]{40}", lines[0])
    assert lines[-1] == "HELD"


def test_the_first_line_says_where_and_with_which_token(lab: Lab) -> None:
    with serving(lab.paths.root, "--webhook", "http://127.0.0.1:1/") as (process, told):
        asked = urllib.request.Request(
            told["url"] + "/v1/webhooks", headers={"Authorization": f"Bearer {told['token']}"}
        )
        with urllib.request.urlopen(asked, timeout=10) as answer:
            assert json.load(answer)["webhooks"][0]["url"] == "http://127.0.0.1:1/"
        assert told["webhook_secret"]
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    token = lab.paths.root / "operator" / "demo.token"
    assert token.read_text().strip() == told["token"]
    assert token.stat().st_mode & 0o077 == 0


def test_a_webhook_elsewhere_is_the_command_lines_mistake(lab: Lab, bench: Bench) -> None:
    done = bench("rp", "serve", "--lab", lab.paths.root, "--webhook", "http://example.com/", "--json")
    assert done.status == 2
    assert "another machine" in done.error["message"]


def test_an_address_of_others_is_refused(lab: Lab, bench: Bench) -> None:
    assert bench("rp", "serve", "--lab", lab.paths.root, "--host", "0.0.0.0").status == 3


def test_tenants_are_added_and_listed(lab: Lab, bench: Bench) -> None:
    root = ("--lab", lab.paths.root)
    first = bench("rp", "tenant", "add", "bank", *root, "--json").json
    second = bench("rp", "tenant", "token", "bank", *root, "--json").json
    assert first["tenant"] == second["tenant"] == "bank"
    assert first["token"] != second["token"]
    listed = bench("rp", "tenant", "list", *root, "--json").json["tenants"]
    assert [one["name"] for one in listed] == ["bank", "demo"]
    assert Path(listed[0]["token_file"]).read_text().strip() == second["token"]


@pytest.mark.parametrize("words", [("add", "demo-"), ("add", "bank"), ("token", "shop")], ids=" ".join)
def test_names_that_will_not_do(lab: Lab, bench: Bench, words: tuple[str, ...]) -> None:
    assert bench("rp", "tenant", "add", "bank", "--lab", lab.paths.root).status == 0
    done = bench("rp", "tenant", *words, "--lab", lab.paths.root, "--json")
    assert (done.status, done.error["type"]) == (3, "TenantError")


@pytest.mark.parametrize("key", ["sign", "auth"])
def test_a_card_answers(lab: Lab, bench: Bench, key: str) -> None:
    message = b64encode(b"message").decode()
    done = bench("rp", "answer", message, "--key", key, "--card", "alice", "--lab", lab.paths.root)
    assert set(done.json) == {"certificate", "signature"}


def test_a_wrong_pin_is_no_answer(lab: Lab, bench: Bench) -> None:
    words = ("--card", "alice", "--pin", "ZZZZZZ", "--lab", lab.paths.root)
    assert bench("rp", "answer", "AA==", *words).status == 1


def test_a_message_is_in_base64(lab: Lab, bench: Bench) -> None:
    assert bench("rp", "answer", "*", "--lab", lab.paths.root).status == 2


KEPT = {
    "as-it-is": ((), True, 7),
    "digest": (("--evidence", "digest"), True, 7),
    "nothing": (("--evidence", "none", "--evidence-years", "2"), False, 2),
}


@pytest.mark.parametrize(("options", "has_evidence", "years"), KEPT.values(), ids=KEPT)
def test_what_is_kept_and_for_how_long_is_an_option(
    lab: Lab, bench: Bench, options: tuple[str, ...], *, has_evidence: bool, years: int
) -> None:
    data = b64encode(b"a contract").decode()
    answer = bench("rp", "answer", data, "--key", "sign", "--card", "alice", "--lab", lab.paths.root).json
    with serving(lab.paths.root, *options) as (_, told):
        asked = urllib.request.Request(
            told["url"] + "/v1/verifications",
            data=json.dumps({**answer, "data": data}).encode(),
            headers={"Authorization": f"Bearer {told['token']}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(asked, timeout=20) as answered:
            record = json.load(answered)["verification"]
    assert record["result"] == "OK"
    assert record["has_evidence"] is has_evidence
    assert int(record["keep_until"][:4]) - int(record["created_at"][:4]) == years


@pytest.mark.parametrize("words", [("--evidence", "some"), ("--evidence-years", "0")], ids=" ".join)
def test_what_is_kept_is_one_of_three(lab: Lab, bench: Bench, words: tuple[str, ...]) -> None:
    assert bench("rp", "serve", "--lab", lab.paths.root, *words).status == 2
