"""``mynalab revoke``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mynalab.cli.revoke import REASONS
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


def test_card_itself_is_not_touched(bench: Bench, lab: Lab) -> None:
    before = lab.paths.card("alice").read_bytes()
    bench("revoke", "--card", "alice", "--lab", lab.paths.root, *AT)
    assert lab.paths.card("alice").read_bytes() == before
