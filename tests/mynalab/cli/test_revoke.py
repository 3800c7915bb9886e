"""``mynalab revoke``."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mynalab.cli.revoke import REASONS
from mynalab.lab.create import create_lab
from mynalab.lab.lab import Lab

Bench = Callable[..., Any]
AT = ("--now", "2026-11-21")


@pytest.mark.parametrize(
    ("reason", "rfc_name"),
    [
        ("lost", "certificateHold"),
        ("key-compromise", "keyCompromise"),
        ("changed", "affiliationChanged"),
        ("renewed", "superseded"),
        ("ceased", "cessationOfOperation"),
        ("undelivered", "unspecified"),
    ],
)
def test_what_people_say_is_what_the_ca_writes(bench: Bench, lab: Lab, reason: str, rfc_name: str) -> None:
    assert reason in REASONS
    done = bench("revoke", "--card", "alice", "--reason", reason, "--lab", lab.paths.root, *AT, "--json").json
    assert (done["reason"], [one["ca"] for one in done["revoked"]]) == (rfc_name, ["sign", "auth"])


@pytest.mark.parametrize(("certificate", "kinds"), [("both", ["sign", "auth"]), ("sign", ["sign"]), ("auth", ["auth"])])
def test_certificates_can_be_revoked_alone(bench: Bench, lab: Lab, certificate: str, kinds: list[str]) -> None:
    words = ("revoke", "--card", "alice", "--certificate", certificate, "--lab", lab.paths.root, *AT, "--json")
    assert [one["ca"] for one in bench(*words).json["revoked"]] == kinds


def test_second_report_is_refused(bench: Bench, lab: Lab) -> None:
    words = ("revoke", "--card", "alice", "--lab", lab.paths.root, *AT, "--json")
    assert bench(*words).status == 0
    done = bench(*words)
    assert (done.status, done.error["type"]) == (3, "AlreadyRevokedError")


@pytest.mark.parametrize("certificate", ["both", "sign"])
def test_next_step_after_a_hold_makes_it_a_revocation(bench: Bench, lab: Lab, certificate: str) -> None:
    words = ("revoke", "--card", "alice", "--certificate", certificate, "--lab", lab.paths.root, *AT, "--json")
    held = bench(*words).json["revoked"]
    line = bench(*words).error["hint"].partition("revocation: mynalab ")[2]
    done = bench(*shlex.split(line), *AT, "--json").json
    assert (done["reason"], done["revoked"]) == ("keyCompromise", held)
    hint = bench(*words).error["hint"]
    assert hint == "a revocation is final; a hold can only become a revocation"


def test_card_that_the_register_does_not_know_is_told_so(bench: Bench, lab: Lab, tmp_path: Path) -> None:
    """The register of a lab of the same seed, copied before there was a card."""
    young = create_lab(tmp_path / "young", now=lab.settings.created, seed=lab.settings.seed).paths.register.read_bytes()
    lab.paths.register.write_bytes(young)
    done = bench("revoke", "--card", "alice", "--lab", lab.paths.root, *AT, "--json")
    assert (done.status, done.error["type"]) == (3, "LabBrokenError")
    assert "register.db has no such certificate of the card 'alice'" in done.error["message"]
    assert done.error["hint"].startswith("restore it from a copy")
    assert lab.paths.register.read_bytes() == young


def test_card_itself_is_not_touched(bench: Bench, lab: Lab) -> None:
    before = lab.paths.card("alice").read_bytes()
    bench("revoke", "--card", "alice", "--lab", lab.paths.root, *AT)
    assert lab.paths.card("alice").read_bytes() == before


def test_revocation_that_cannot_be_published_says_so_and_how_it_is(bench: Bench, lab: Lab) -> None:
    crl = lab.paths.crl("auth")
    crl.unlink()
    crl.mkdir()  # where a file cannot be put, as on a full disk
    words = ("--lab", lab.paths.root, "--now", "2026-11-21", "--json")
    done = bench("revoke", "--card", "alice", *words)
    assert (done.status, done.error["type"]) == (3, "LabUnwritableError")
    assert done.error["message"].startswith("revoked in the register, but not published: ")
    assert "mynalab lab publish" in done.error["hint"]
    crl.rmdir()
    assert bench("lab", "publish", *words).status == 0
    assert bench("login", "--card", "alice", *words).status == 1
