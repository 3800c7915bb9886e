"""``mynalab pki serve`` as a program of its own: how it begins, what it serves while the lab changes, how it ends."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mynalab.lab.lab import Lab
from mynalab.resources import persona_files, pki_fault_files
from tests.mynalab.conftest import PROGRAM, Bench


@contextmanager
def serving(lab: Lab, *words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running server, and its URL, which is on the first line."""
    process = subprocess.Popen(
        [*PROGRAM, "pki", "serve", "--lab", str(lab.paths.root), "--port", "0", "--json", *words],
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
        yield process, json.loads(line)["url"]
    finally:
        process.terminate()
        process.communicate()
        watchdog.cancel()


def get(url: str, document: Any = None) -> tuple[int, bytes]:
    """Status and body of a GET, or of a POST of JSON."""
    data = None if document is None else json.dumps(document).encode()
    asked = urllib.request.Request(url, data, {} if data is None else {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def frozen(bench: Bench, lab: Lab, moment: str) -> None:
    assert bench("clock", "set", moment, "--lab", lab.paths.root).status == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_signal_ends_it_well(lab: Lab, number: signal.Signals) -> None:
    with serving(lab) as (process, url):
        assert get(url)[0] == 200
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "", "")


@pytest.mark.parametrize(
    ("language", "first", "last"),
    [
        ("en", "serving http://127.0.0.1:", "The repository is gone.\n"),
        ("ja", "http://127.0.0.1:", "リポジトリを終了しました。\n"),
    ],
)
def test_words(lab: Lab, language: str, first: str, last: str) -> None:
    words = [*PROGRAM, "pki", "serve", "--lab", str(lab.paths.root), "--port", "0", "--lang", language]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(first)
        process.terminate()
        assert process.stdout.read() == last
    assert process.returncode == 0


def test_port_in_use(lab: Lab, bench: Bench) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = bench("pki", "serve", "--port", port, "--lab", lab.paths.root, "--json")
    assert (done.status, done.error["type"]) == (3, "PortInUseError")
    assert "--port 0" in done.error["hint"]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.com"])
def test_only_loopback(lab: Lab, bench: Bench, host: str) -> None:
    done = bench("pki", "serve", "--host", host, "--lab", lab.paths.root, "--json")
    assert (done.status, done.error["type"]) == (3, "ServerAddressError")


def test_the_lists_and_ocsp_are_the_labs(lab: Lab, bench: Bench, home: Path) -> None:
    frozen(bench, lab, "2026-11-21T09:00:00Z")
    with serving(lab) as (_, url):
        here = bench("pki", "crl", "--ca", "sign", "-o", home / "list", "--lab", lab.paths.root)
        assert here.status == 0
        index = json.loads(get(f"{url}/")[1])
        lists = [one for one in _strings(index) if one.endswith(".crl") and "/sign" in one]
        assert (home / "list").read_bytes() in [get(one if "://" in one else url + one)[1] for one in lists]
        there = bench("pki", "ocsp", "--card", "alice", "--url", url, "--lab", lab.paths.root, "--json")
        assert (there.status, [one["says"] for one in there.json["answers"]]) == (0, ["good", "good"])


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for each in value.values():
            yield from _strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)
    elif isinstance(value, str):
        yield value


def test_the_clock_is_moved_while_it_serves(lab: Lab, bench: Bench) -> None:
    frozen(bench, lab, "2026-11-21T09:00:00Z")

    def says(url: str) -> list[str]:
        done = bench("pki", "ocsp", "--card", "alice", "--url", url, "--lab", lab.paths.root, "--json")
        return [one["says"] for one in done.json["answers"]]

    with serving(lab) as (_, url):
        assert says(url) == ["good", "good"]
        assert bench("counter", "lose-card", "--card", "alice", "--lab", lab.paths.root).status == 0
        frozen(bench, lab, "2026-11-21T09:14:00Z")
        assert says(url) == ["on-hold", "on-hold"]  # what was done on the hour is in the data of the hour
        frozen(bench, lab, "2026-11-21T08:59:00Z")
        assert says(url) == ["good", "good"]
        frozen(bench, lab, "2032-01-01")
        assert bench("pki", "rollover", "--lab", lab.paths.root).status == 0
        assert says(url) == ["on-hold", "on-hold"]
        assert b"auth-4" in get(f"{url}/")[1]


def test_the_counter_over_http(lab: Lab, bench: Bench) -> None:
    frozen(bench, lab, "2026-11-21T09:00:00Z")
    with serving(lab) as (_, url):
        status, body = get(f"{url}/register/enrol-phone", {"card": "alice"})
        assert (status, json.loads(body)["card"]) == (200, "alice-phone")
        refused, body = get(f"{url}/register/find-phone", {"card": "alice"})
        assert (refused, json.loads(body)["code"]) == (409, "registry.lifecycle.phone-not-suspended")
        assert get(f"{url}/register/move", {"card": "nobody"})[0] == 422
        assert get(f"{url}/register/move", {})[0] == 422
        assert get(f"{url}/register/openapi.json")[0] == 200
    assert bench("login", "--card", "alice-phone", "--lab", lab.paths.root).status == 0


def test_no_file_of_this_machine_is_read_for_a_client(lab: Lab, home: Path) -> None:
    (home / "own.toml").write_bytes(persona_files()["child"].read_bytes())
    with serving(lab) as (_, url):
        status, body = get(f"{url}/register/apply", {"persona": str(home / "own.toml")})
        assert (status, json.loads(body)["code"]) == (422, "PersonaError")
        assert get(f"{url}/register/apply", {"persona": "child"})[0] == 200


def test_without_the_counter(lab: Lab) -> None:
    with serving(lab, "--no-counter") as (_, url):
        assert get(f"{url}/register/openapi.json")[0] == 404


@pytest.mark.parametrize("form", ["name", "file"])
def test_faults(lab: Lab, home: Path, form: str) -> None:
    fault = "repository-down"
    if form == "file":
        (home / "plan.toml").write_bytes(pki_fault_files()[fault].read_bytes())
        fault = str(home / "plan.toml")
    with serving(lab, "--fault", fault) as (_, url), pytest.raises(OSError):  # noqa: PT011 - however a server is gone
        get(f"{url}/crl/sign.crl")


def test_unknown_fault(lab: Lab, bench: Bench) -> None:
    done = bench("pki", "serve", "--fault", "nonsense", "--lab", lab.paths.root, "--json")
    assert (done.status, done.error["type"]) == (3, "PkiFaultError")


def test_a_register_that_goes_and_comes_back(lab: Lab, bench: Bench) -> None:
    """A clear answer while it is gone, no traceback, and all is well as soon as it is back."""
    frozen(bench, lab, "2026-11-21T09:00:00Z")
    with serving(lab) as (process, url):
        assert get(f"{url}/register/lose-phone", {"card": "alice"})[0] == 409
        away = lab.paths.public.rename(lab.paths.root / "away")
        status, body = get(f"{url}/ocsp/auth/MAo=")
        problem = json.loads(body) if status == 503 else {}
        assert (status, "cannot be read" in problem.get("detail", "")) == (503, True)
        assert get(f"{url}/register/enrol-phone", {"card": "alice"})[0] == 503
        away.rename(lab.paths.public)
        assert get(f"{url}/register/enrol-phone", {"card": "alice"})[0] == 200
        process.terminate()
        err = process.communicate(timeout=20)[1]
    assert "Traceback" not in err
