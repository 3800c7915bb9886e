"""``mynalab rp check-status`` and ``recheck-evidence``: over processes, over HTTP, killed, resumed, on a cluster."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from jpki.client.session import CardSession
from jpki.kinds import CaKind
from jpki.rp.operator.ceremonies import Accepted, log_in, register
from jpki.rp.operator.challenges import give_challenge
from jpki.rp.operator.proof import OfChallenge, Proof
from jpki.rp.operator.records import Act, CheckMethod
from jpki.verify.evidence import record
from jpki.verify.policy import LOG_IN
from jpki.verify.procedure import verify
from mynalab.chance import system_random
from mynalab.lab.cards import open_card
from mynalab.lab.lab import Lab
from mynalab.lab.operator import LabOperator
from mynalab.lab.operator_files import operator_directory
from mynalab.lab.register import open_register
from mynalab.lab.relying_party import policy_for, trust_store
from mynalab.persona import load_persona
from readers.inprocess import InProcessChannel
from tests.jpki.registry.postgresql import POSTGRESQL, Cluster, running_cluster
from tests.mynalab.cli.test_pki_serve import serving
from tests.mynalab.conftest import NOW, PROGRAM, Bench
from tests.mynalab.lab.town import PASSWORD, PIN, Town, day

LATER = (NOW + timedelta(hours=2)).isoformat()
ROOT = Path(__file__).parents[3]
ROWS = 3000


@pytest.fixture
def serials(lab: Lab) -> dict[CaKind, int]:
    with open_register(lab) as register:
        return {one.id.kind: one.id.serial for one in register.certificates(card="alice")}


@pytest.fixture
def table(tmp_path: Path, serials: dict[CaKind, int]) -> Path:
    """Alice's two certificates, one of them long ended as the table has it; nobody's; and a line that is none."""
    path = tmp_path / "customers.csv"
    lines = [
        f"sign,{serials[CaKind.SIGN]},2036-01-01T00:00:00Z,alice-sign",
        f"auth,{serials[CaKind.AUTH]},,alice-auth",
        f"auth,{serials[CaKind.AUTH]},2020-01-01T00:00:00Z,alice-old",
        "auth,99999,,nobody",
        "auth,?,,broken",
    ]
    path.write_text("\n".join(["authority,serial,not_after,id", *lines]))
    return path


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.mark.parametrize("workers", [1, 2])
def test_every_certificate_is_in_one_state(bench: Bench, lab: Lab, table: Path, home: Path, workers: int) -> None:
    done = bench("rp", "check-status", table, "--workers", workers, "--lab", lab.paths.root, "--now", LATER, "--json")
    assert done.status == 1
    counts = {"good": 2, "revoked": 0, "held": 0, "expired": 1, "unknown": 2}
    assert done.json == {"in": 5, **counts, "resumed_after": 0, "output": "status.jsonl"}
    assert [(one["id"], one["state"]) for one in read(home / "status.jsonl")] == [
        ("alice-sign", "good"),
        ("alice-auth", "good"),
        ("alice-old", "expired"),
        ("nobody", "unknown"),
        ("broken", "unknown"),
    ]
    assert not (home / "status.jsonl.job").exists()


def test_who_lost_the_card_is_held(bench: Bench, lab: Lab, table: Path, home: Path) -> None:
    assert bench("revoke", "--card", "alice", "--lab", lab.paths.root, "--now", NOW.isoformat()).status == 0
    words = ["rp", "check-status", table, "--output", "out.jsonl", "--lab", lab.paths.root, "--now", LATER]
    assert "5 in = 0 good + 0 revoked + 3 held + 0 expired + 2 unknown" in bench(*words).out
    assert "入力 5 件" in bench(*words, "--lang", "ja").out
    assert read(home / "out.jsonl")[0]["reason"] == "certificateHold"


def test_over_http_at_a_rate(bench: Bench, lab: Lab, table: Path) -> None:
    bench("clock", "set", LATER, "--lab", lab.paths.root)
    with serving(lab) as (_, url):
        begin = time.monotonic()
        how = ["--url", url, "--rate", "5", "--batch", "1", "--workers", "2", "--lab", lab.paths.root, "--json"]
        done = bench("rp", "check-status", table, *how)
        assert time.monotonic() - begin >= 3 * 2 / 5
    assert (done.json["good"], done.json["expired"], done.json["unknown"]) == (2, 1, 2)


def test_all_good_is_0(bench: Bench, lab: Lab, tmp_path: Path, serials: dict[CaKind, int]) -> None:
    (tmp_path / "one.csv").write_text(f"authority,serial\nauth,{serials[CaKind.AUTH]}\n")
    how = ["--lab", lab.paths.root, "--now", LATER, "--workers", "1"]
    assert bench("rp", "check-status", tmp_path / "one.csv", *how).status == 0


def test_a_job_of_other_files_is_not_gone_on_with(bench: Bench, lab: Lab, table: Path, home: Path) -> None:
    command = ["rp", "check-status", table, "--lab", lab.paths.root, "--now", LATER, "--workers", "1", "--json"]
    (home / "status.jsonl.job").touch()
    refused = bench(*command)
    assert (refused.status, refused.error["type"]) == (3, "JobFileError")
    assert "--resume" in refused.error["hint"]
    assert bench(*command, "--resume").status == 1


def test_a_table_without_names_is_refused(bench: Bench, lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("auth,5\n")
    done = bench("rp", "check-status", tmp_path / "x.csv", "--lab", lab.paths.root, "--json")
    assert (done.status, done.error["type"]) == (3, "JobInputError")


@contextlib.contextmanager
def checking(lab: Lab, table: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    command = [*PROGRAM, "rp", "check-status", str(table), "--lab", str(lab.paths.root), "--now", LATER, *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        yield process


@pytest.mark.parametrize(("signum", "status"), [(signal.SIGKILL, -9), (signal.SIGINT, 130)], ids=["kill", "ctrl-c"])
def test_a_killed_check_goes_on(
    bench: Bench, lab: Lab, home: Path, serials: dict[CaKind, int], signum: int, status: int
) -> None:
    table = home / "many.csv"
    table.write_text("authority,serial\n" + "".join(f"auth,{serials[CaKind.AUTH] + n}\n" for n in range(ROWS)))
    how = ["--batch", "64", "--workers", "2"]
    with checking(lab, table, *how, "--rate", "20") as process:
        job = home / "status.jsonl.job"
        deadline = time.monotonic() + 30
        while not (job.exists() and job.stat().st_size > 40_000) and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signum)
        process.communicate(timeout=20)
    assert process.returncode == status
    assert not (home / "status.jsonl").exists()
    done = bench("rp", "check-status", table, *how, "--resume", "--lab", lab.paths.root, "--now", LATER, "--json")
    assert 256 <= done.json["resumed_after"] < ROWS
    assert (done.json["in"], done.json["good"], done.json["unknown"]) == (ROWS, 1, ROWS - 1)
    assert [one["id"] for one in read(home / "status.jsonl")] == [f"many.csv:{n + 2}" for n in range(ROWS)]


@pytest.mark.real_part("python:distributed")
def test_on_a_cluster(bench: Bench, lab: Lab, table: Path, tmp_path: Path) -> None:
    options = ["--host", "127.0.0.1", "--no-dashboard"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    def run(module: str, *words: str, **how: Any) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", f"distributed.cli.{module}", *words, *options]
        return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, text=True, **how)

    with contextlib.ExitStack() as stack:
        scheduler = stack.enter_context(run("dask_scheduler", "--port", "0", stderr=subprocess.PIPE))
        stack.callback(scheduler.kill)
        assert scheduler.stderr is not None
        found = next(one for line in scheduler.stderr if (one := re.search(r"Scheduler at: +(tcp://\S+)", line)))
        worker = run(
            "dask_worker", found[1], "--no-nanny", "--local-directory", str(tmp_path), stderr=subprocess.DEVNULL
        )
        stack.enter_context(worker)
        stack.callback(worker.kill)
        words = ["--dask", found[1], "--lab", lab.paths.root, "--now", LATER, "--json"]
        done = bench("rp", "check-status", table, *words)
    assert (done.json["in"], done.json["good"], done.json["expired"], done.json["unknown"]) == (5, 2, 1, 2)


def test_a_cluster_that_is_not_there(bench: Bench, lab: Lab, table: Path) -> None:
    done = bench("rp", "check-status", table, "--dask", "nonsense://", "--lab", lab.paths.root, "--json")
    assert (done.status, done.error["type"]) == (3, "WorkersGoneError")


@pytest.fixture
def records(lab: Lab, tmp_path: Path) -> Path:
    """Three records of one log-in."""
    directory = tmp_path / "records"
    directory.mkdir()
    with InProcessChannel(open_card(lab.paths, "alice")) as channel:
        session = CardSession.open(channel)
        session.verify_pin(CaKind.AUTH, load_persona("adult-resident").authentication_pin)
        certificate = session.read_certificate(CaKind.AUTH)
        signature = session.sign(CaKind.AUTH, b"message")
    given: dict[str, Any] = {
        "certificate": certificate,
        "signature": signature,
        "message": b"message",
        "trust": trust_store(lab),
        "policy": policy_for(lab, LOG_IN, NOW),
        "now": NOW,
    }
    verdict = verify(**given)
    assert verdict.ok
    raw = record(verdict, **given)
    for name in ("a", "b", "c"):
        (directory / f"{name}.json").write_bytes(raw)
    return directory


def test_evidence_holds_or_does_not(bench: Bench, lab: Lab, records: Path, home: Path) -> None:
    how = ["--workers", "1", "--lab", lab.paths.root, "--json"]
    done = bench("rp", "recheck-evidence", records, *how)
    assert done.json == {
        "in": 3,
        "holds": 3,
        "broken": 0,
        "unreadable": 0,
        "resumed_after": 0,
        "output": "evidence.jsonl",
    }
    assert done.status == 0
    (records / "b.json").write_bytes(b"{}")
    done = bench("rp", "recheck-evidence", records, *how)
    assert bench("rp", "recheck-evidence", "nowhere", *how).status == 3
    assert (done.status, done.json["holds"], done.json["broken"]) == (1, 2, 1)
    assert [one["state"] for one in read(home / "evidence.jsonl")] == ["holds", "broken", "holds"]


@pytest.mark.parametrize("changed", ["a record in the directory", "the key of the seals"])
def test_records_or_a_key_that_were_changed_are_not_gone_on_with(
    bench: Bench, lab: Lab, records: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    key = tmp_path / "seals.key"
    key.write_bytes(bytes(32))
    command = [
        "rp",
        "recheck-evidence",
        records,
        "--key-file",
        key,
        "--workers",
        "1",
        "--lab",
        lab.paths.root,
        "--json",
    ]
    with monkeypatch.context() as full:
        full.setattr("mynalab.cli.rp_bulk._write", lambda *_: (_ for _ in ()).throw(OSError(28, "no space")))
        assert bench(*command).status == 3
    if changed == "the key of the seals":
        key.write_bytes(bytes(31) + b"1")
    else:
        (records / "b.json").write_bytes(b"{}")
    refused = bench(*command, "--resume")
    assert (refused.status, refused.error["type"]) == (3, "JobFileError")


def serve_a_day(lab: Lab, database: str | None = None) -> None:
    """Alice comes to the lab's operator: a registration and two log-ins, over lists, responses and both."""
    rng = system_random
    with LabOperator(lab, database=database) as operator:
        operator.demo(now=NOW)
        desk = operator.desk("demo")
        with contextlib.closing(open_card(lab.paths, "alice")) as card, InProcessChannel(card) as channel:
            session = CardSession.open(channel)

            def proof(act: Act, kind: CaKind, pin: str) -> Proof:
                given = give_challenge(desk, act, "https://bank.example", NOW, rng)
                session.verify_pin(kind, pin)
                certificate, signature = session.read_certificate(kind), session.sign(kind, given.message)
                return Proof(certificate=certificate, signature=signature, signed=OfChallenge(nonce=given.nonce))

            signing = proof(Act.REGISTRATION, CaKind.SIGN, PASSWORD)
            assert isinstance(register(desk, signing, NOW, rng, method=CheckMethod.BOTH), Accepted)
            for method in (CheckMethod.CRL, CheckMethod.OCSP):
                entering = proof(Act.LOG_IN, CaKind.AUTH, PIN)
                assert isinstance(log_in(desk, entering, NOW, rng, method=method), Accepted)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with running_cluster() as cluster:
        yield cluster


def recheck(bench: Bench, lab: Lab, *words: Any, tenant: str = "demo") -> Any:
    return bench("rp", "recheck-evidence", "--tenant", tenant, "--workers", "1", "--lab", lab.paths.root, *words)


def test_what_the_operator_kept_holds_after_revocation_and_rollover(bench: Bench, lab: Lab, home: Path) -> None:
    serve_a_day(lab)
    with open_register(lab) as register_:
        town = Town(lab, register_)
        town.do("move", 2, card="alice", address="東京都見本区見本1-2-3")
        town.roll_over(3)
    done = recheck(bench, lab, "--json", "--now", day(4).isoformat())
    assert (done.status, done.json["in"], done.json["holds"]) == (0, 3, 3)
    told = read(home / "evidence.jsonl")
    assert [(one["purpose"], one["codes"]) for one in told] == [("registration", []), ("log-in", []), ("log-in", [])]
    assert not any(set(one) - {"id", "purpose", "state", "codes", "verified_at"} for one in told)
    assert "3 in = 3 holds + 0 broken + 0 unreadable" in recheck(bench, lab).out
    assert "入力 3 件 = 3 holds" in recheck(bench, lab, "--lang", "ja").out


@POSTGRESQL
def test_what_the_operator_kept_in_a_database(bench: Bench, lab: Lab, cluster: Cluster) -> None:
    url = cluster.new_database()
    serve_a_day(lab, url)
    done = recheck(bench, lab, "--json", "--database", url)
    assert (done.status, done.json["holds"]) == (0, 3)


def test_what_was_changed_in_the_operators_store_is_broken(bench: Bench, lab: Lab, home: Path) -> None:
    serve_a_day(lab)
    with contextlib.closing(sqlite3.connect(operator_directory(lab) / "tenant-demo.db")) as store, store:
        store.execute("UPDATE op_verifications SET sealed = zeroblob(100) WHERE number = 2")
    done = recheck(bench, lab, "--json")
    assert (done.status, done.json["holds"], done.json["broken"]) == (1, 2, 1)
    assert read(home / "evidence.jsonl")[1]["codes"] == ["evidence.does-not-open"]


def test_only_tenants_have_evidence(bench: Bench, lab: Lab) -> None:
    done = recheck(bench, lab, "--json", tenant="nobody")
    assert (done.status, done.error["type"]) == (3, "TenantError")


@pytest.mark.parametrize(
    "words",
    [[], ["file", "--tenant", "demo"], ["file", "--database", "x"], ["--tenant", "demo", "--archive", "."]],
    ids=["nothing", "both", "database-of-files", "archive-of-a-tenant"],
)
def test_evidence_is_of_files_or_of_a_tenant(bench: Bench, lab: Lab, words: list[str]) -> None:
    done = bench("rp", "recheck-evidence", *words, "--lab", lab.paths.root, "--json")
    assert (done.status, done.error["type"]) == (2, "UsageError")
