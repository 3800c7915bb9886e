"""``mynalab authapp``: serve, and the clients."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from mynalab.lab.lab import Lab
from tests.mynalab.conftest import PROGRAM, Bench

DOCUMENT = Path(__file__).parents[3] / "docs" / "authapp.md"


def test_client_is_added_and_listed(lab: Lab, bench: Bench, tmp_path: Path) -> None:
    key = tmp_path / "key.json"
    added = bench(
        "authapp", "client", "add", "RP1", "--redirect-uri", "http://127.0.0.1:1/cb",
        "--generate-key", key, "--name", "架空銀行", "--scope", "name", "--lab", lab.paths.root, "--json",
    )  # fmt: skip
    assert added.json == {"client_id": "RP1", "name": "架空銀行", "sector": "127.0.0.1"}
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    listed = bench("authapp", "client", "list", "--lab", lab.paths.root, "--json").json["clients"]
    assert [(one["client_id"], one["scopes"]) for one in listed] == [("RP1", ["openid", "name"])]


def test_key_file_is_never_overwritten(lab: Lab, bench: Bench, tmp_path: Path) -> None:
    key = tmp_path / "key.json"
    key.write_text("mine")
    done = bench(
        "authapp", "client", "add", "RP1", "--redirect-uri", "http://127.0.0.1:1/cb",
        "--generate-key", key, "--lab", lab.paths.root,
    )  # fmt: skip
    assert done.status == 3
    assert key.read_text() == "mine"


@pytest.mark.parametrize(
    ("client_id", "uri"), [("not one", "http://127.0.0.1:1/cb"), ("RP1", "no uri")], ids=["id", "uri"]
)
def test_a_refused_client_leaves_no_key(lab: Lab, bench: Bench, tmp_path: Path, client_id: str, uri: str) -> None:
    key = tmp_path / "key.json"
    done = bench(
        "authapp", "client", "add", client_id, "--redirect-uri", uri, "--generate-key", key, "--lab", lab.paths.root
    )
    assert done.status == 3
    assert not key.exists()


@pytest.mark.parametrize("keys", [(), ("--jwks", "a", "--generate-key", "b")], ids=["none", "both"])
def test_keys_come_from_one_place(lab: Lab, bench: Bench, keys: tuple[str, ...]) -> None:
    done = bench(
        "authapp", "client", "add", "RP1", "--redirect-uri", "http://127.0.0.1:1/cb", *keys, "--lab", lab.paths.root
    )
    assert done.status == 2


@pytest.mark.parametrize("content", [None, "x", "[]", "{}"], ids=["missing", "no-json", "list", "empty"])
def test_jwks_that_is_none(lab: Lab, bench: Bench, tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "keys.json"
    if content is not None:
        path.write_text(content)
    done = bench(
        "authapp", "client", "add", "RP1", "--redirect-uri", "http://127.0.0.1:1/cb",
        "--jwks", path, "--lab", lab.paths.root, "--json",
    )  # fmt: skip
    assert done.status == 3
    assert done.error["hint"]


def test_nobody_is_listed(lab: Lab, bench: Bench) -> None:
    assert "client add" in bench("authapp", "client", "list", "--lab", lab.paths.root).out


def test_service_runs_until_it_is_told_to_end(lab: Lab) -> None:
    command = (*PROGRAM, "authapp", "serve", "--port", "0", "--json", "--lab", str(lab.paths.root))
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=dict(os.environ), text=True) as server:
        assert server.stdout is not None
        told = json.loads(server.stdout.readline())
        found = httpx.get(f"{told['issuer']}/.well-known/openid-configuration").json()
        server.send_signal(signal.SIGINT)
        assert server.wait(20) == 0
    assert found["issuer"] == told["issuer"] == f"{told['url']}/api/realms/main"


def test_the_client_of_the_document_logs_in_and_gets_a_signature(lab: Lab, bench: Bench, tmp_path: Path) -> None:
    (program,) = re.findall(r"^```python\n(.*?)^```", DOCUMENT.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    words = ("CI1", "--redirect-uri", "http://127.0.0.1:8080/callback", "--test-responses")
    added = bench("authapp", "client", "add", *words, "--generate-key", tmp_path / "ci.json", "--lab", lab.paths.root)
    assert added.status == 0
    command = (*PROGRAM, "authapp", "serve", "--port", "0", "--json", "--test-responses", "--lab", str(lab.paths.root))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = json.loads(server.stdout.readline())["url"]
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=tmp_path, env={**os.environ, "AUTHAPP": url}, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        server.terminate()
    assert done.returncode == 0, done.stderr
    person, result = done.stdout.splitlines()
    assert person.startswith("見本　花子 ")
    assert result


def test_others_are_not_served(lab: Lab, bench: Bench) -> None:
    done = bench("authapp", "serve", "--host", "0.0.0.0", "--lab", lab.paths.root, "--json")
    assert done.status == 3
    assert "unsafe" in done.error["hint"]
