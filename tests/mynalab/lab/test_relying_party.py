"""The lab's relying party asks today's lists, the responder or both, as it is told."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from jpki.verify.preference import Preference
from mynalab.cli.login import PREFERENCES
from mynalab.lab.cards import open_card
from mynalab.lab.lab import Lab
from mynalab.lab.register import open_register
from mynalab.lab.relying_party import log_in, sign_contract
from readers.inprocess import InProcessChannel
from tests.mynalab.conftest import NOW
from tests.mynalab.lab.town import PASSWORD, PIN, Town, day

NOON, A_LITTLE_LATER = 1.2, 1.21
Bench = Callable[..., Any]
LATER = ("--now", f"{NOW:%Y-%m-%dT%H:%M:%SZ}")
# Whom is asked → who says it: with `both`, both.
REVOKED_BY = {
    "crl": ["CRL"],
    "crl-then-ocsp": ["CRL"],
    "ocsp": ["OCSP"],
    "ocsp-then-crl": ["OCSP"],
    "both": ["OCSP", "CRL"],
}


def test_the_command_knows_every_preference() -> None:
    assert [one.value for one in Preference] == list(PREFERENCES)


def codes(done: Any) -> list[str]:
    return [one["code"] for one in done.json["findings"]]


@pytest.mark.parametrize("preference", PREFERENCES)
def test_a_good_card_logs_in_whoever_is_asked(lab: Lab, bench: Bench, preference: str) -> None:
    done = bench("login", "--card", "alice", "--lab", lab.paths.root, "--revocation", preference, "--json", *LATER)
    assert (done.status, codes(done)) == (0, [])
    assert done.json["revocation"]["method"] == ("crl" if preference.startswith("crl") else "ocsp")


@pytest.mark.parametrize("preference", PREFERENCES)
@pytest.mark.parametrize("deed", ["log_in", "sign"])
def test_a_loss_is_heard_of_at_once_from_whoever_is_asked(lab: Lab, preference: str, deed: str) -> None:
    with open_register(lab) as register:
        Town(lab, register).do("lose-card", NOON, card="alice")
    asked: dict[str, Any] = {"now": day(A_LITTLE_LATER), "preference": Preference(preference)}
    with closing(open_card(lab.paths, "alice")) as card, InProcessChannel(card) as channel:
        result: Any = (
            log_in(lab, channel, PIN, **asked)
            if deed == "log_in"
            else sign_contract(lab, channel, PASSWORD, "契約", **asked)
        )
    findings = result.verdict.findings
    assert {one.code for one in findings} == {"jpki.revocation.revoked"}
    assert [str(one.detail["evidence"]).split()[0] for one in findings] == REVOKED_BY[preference]
