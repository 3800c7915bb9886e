"""``mynalab bank serve`` as a program."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from pathlib import Path

import httpx
import pytest

from mynalab.lab.lab import Lab
from tests.mynalab.conftest import PROGRAM, Bench


def test_three_services_are_served_until_they_are_told_to_end(lab: Lab) -> None:
    words = ("bank", "serve", "--port", "0", "--operator-port", "0", "--authapp-port", "0", "--json")
    root: Path = lab.paths.root
    with subprocess.Popen(
        [*PROGRAM, *words, "--lab", str(root)], stdout=subprocess.PIPE, env={**os.environ}, text=True
    ) as server:
        assert server.stdout is not None
        told = json.loads(server.stdout.readline())
        try:
            assert set(told) == {"url", "operator", "authapp"}
            assert "見本銀行" in httpx.get(told["url"], headers={"Accept-Language": "ja"}).text
            assert httpx.get(f"{told['operator']}/key/jwks.json").status_code == 200
            assert httpx.get(f"{told['authapp']}/openapi.json").status_code == 200
        finally:
            server.send_signal(signal.SIGTERM)
        assert server.wait(20) == 0


@pytest.mark.parametrize(
    "words",
    [["bank", "serve", "--operator-port", "0", "--authapp-port", "0"], ["authapp", "serve"]],
    ids=lambda one: one[0],
)
def test_a_lab_without_cards_is_given_one_to_choose(bench: Bench, tmp_path: Path, words: list[str]) -> None:
    assert bench("lab", "init", tmp_path / "lab").status == 0
    with socket.create_server(("127.0.0.1", 0)) as other:  # so that it ends at once
        done = bench(*words, "--port", str(other.getsockname()[1]), "--lab", tmp_path / "lab")
    assert (done.status, "in use" in done.err) == (3, True)
    assert Lab.open(tmp_path / "lab").paths.card_names() == ["adult-resident"]


def test_bank_is_for_this_machine(bench: Bench, lab: Lab) -> None:
    assert bench("bank", "serve", "--host", "0.0.0.0", "--lab", lab.paths.root).status == 3
    done = bench("bank", "serve", "--unsafe-any-address", "--lab", lab.paths.root)
    assert (done.status, "this machine alone" in done.err) == (2, True)
