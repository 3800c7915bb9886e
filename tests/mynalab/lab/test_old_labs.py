"""A lab that the first release made: it loads for ever, with its cards, its two generations and its journal."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.registry.records import CertificateState, Link, Medium
from mynalab.lab.lab import Lab
from mynalab.lab.register import open_register

Bench = Callable[..., Any]
LAB_1 = Path(__file__).parents[3] / "fixtures" / "labs" / "lab-1.tar.gz"
"""Made on 2026-11-20: alice; bob, whose certificates were renewed, and whose signing key was lost the day after."""
AT = ("--now", "2026-11-22")
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def old(tmp_path: Path) -> Lab:
    """The lab as its release left it."""
    with tarfile.open(LAB_1) as archive:
        archive.extractall(tmp_path / "old", filter="data")
    return Lab.open(tmp_path / "old")


@pytest.mark.parametrize("card", ["alice", "bob"])
def test_cards_log_in(old: Lab, bench: Bench, card: str) -> None:
    done = bench("login", "--card", card, "--lab", old.paths.root, *AT)
    assert (done.status, "log-in accepted" in done.out) == (0, True)


def test_contract_with_a_lost_key_is_refused(old: Lab, bench: Bench) -> None:
    text = old.paths.root.with_name("contract.txt")
    text.write_text("yes")
    done = bench("sign", text, "--card", "bob", "--lab", old.paths.root, "--json", *AT)
    assert (done.status, [one["code"] for one in done.json["findings"]]) == (1, ["jpki.revocation.revoked"])


@pytest.mark.parametrize("card", ["alice", "bob"])
def test_revocation_is_published_and_met(old: Lab, bench: Bench, card: str) -> None:
    words = ("--card", card, "--lab", old.paths.root)
    assert bench("revoke", *words, "--certificate", "auth", *AT).status == 0
    done = bench("login", *words, "--json", *AT)
    assert (done.status, [one["code"] for one in done.json["findings"]]) == (1, ["jpki.revocation.revoked"])


def test_journal_is_brought_over_once(old: Lab, bench: Bench) -> None:
    journal = old.paths.journal.read_bytes()
    for _ in range(2):
        done = bench("card", "show", "bob", "--lab", old.paths.root, "--json", *AT)
        assert {one["state"] for one in done.json["certificates"]} == {"good", "revoked"}
    assert (old.paths.journal.exists(), old.paths.register.exists()) == (False, True)
    assert old.paths.journal.with_name("register.jsonl.imported").read_bytes() == journal


def test_everything_is_in_the_new_register(old: Lab) -> None:
    with open_register(old) as register:
        assert [(card.name, card.medium, card.profile) for card in register.cards()] == [
            ("alice", Medium.CARD, "C2"),
            ("bob", Medium.CARD, "C2"),
        ]
        first, present = register.certificates(kind=CaKind.SIGN, card="bob")
        statuses = [register.status(one.id, at=NOW) for one in (first, present)]
        assert [(status.state, status.reason) for status in statuses] == [
            (CertificateState.REVOKED, RevocationReason.SUPERSEDED),
            (CertificateState.REVOKED, RevocationReason.KEY_COMPROMISE),
        ]
        successors = register.links(first.id, at=NOW, link=Link.SUCCESSOR)
        assert [link.target for link in successors] == [present.id]


def test_generations_are_in_their_order(old: Lab) -> None:
    with open_register(old) as register:
        begins = [[one.not_before for one in register.authorities(kind)] for kind in CaKind]
        generations = [[one.generation for one in register.authorities(kind)] for kind in CaKind]
    assert begins == [sorted(moments) for moments in begins]
    assert generations == [[1, 2], [1, 2]]


def test_numbers_go_on(old: Lab, bench: Bench) -> None:
    """A serial number is never used twice, nor is a list's."""
    root = old.paths.root
    done = bench("card", "new", "carol", "--lab", root, "--json", *AT)
    assert done.status == 0
    with open_register(old) as register:
        serials = {one.id for one in register.certificates()}
        carol = {one.id for one in register.certificates(card="carol")}
    assert len(serials) == 8
    assert all(id_.serial == max(one.serial for one in serials if one.kind is id_.kind) for id_ in carol)


def test_journal_of_a_lab_that_is_damaged_stays(old: Lab, bench: Bench) -> None:
    lines = old.paths.journal.read_bytes().splitlines(keepends=True)
    old.paths.journal.write_bytes(b"".join(lines[:3] + lines[4:]))
    damaged = old.paths.journal.read_bytes()
    done = bench("card", "show", "alice", "--lab", old.paths.root, *AT)
    assert (done.status, "register.jsonl, line 4" in done.err, "next step: " in done.err) == (3, True, True)
    assert (old.paths.journal.read_bytes(), old.paths.register.exists()) == (damaged, False)
