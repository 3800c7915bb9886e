"""Whether the lists are current is found out once, and again whenever that may have changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from mynalab.lab import publish
from mynalab.lab.lab import Lab
from mynalab.lab.publish import publish_crls, publish_due_crls
from mynalab.lab.register import open_register
from mynalab.lab.revoke import revoke_card

NOW = datetime(2026, 11, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def opened(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> list[Lab]:
    """Each time that the register is opened to look for lists that are due; the lists are known to be current."""
    publish_due_crls(lab, now=NOW)
    seen: list[Lab] = []

    def watched(lab: Lab) -> object:
        seen.append(lab)
        return open_register(lab)

    monkeypatch.setattr(publish, "open_register", watched)
    publish_due_crls(lab, now=NOW)
    seen.clear()
    return seen


def listed(lab: Lab) -> bytes:
    return lab.paths.crl("auth").read_bytes()


def test_register_stays_closed_while_nothing_happens(lab: Lab, opened: list[Lab]) -> None:
    publish_due_crls(lab, now=NOW + HOUR)
    assert opened == []


def _revoke(lab: Lab) -> None:
    revoke_card(lab, "alice", kinds=[CaKind.AUTH], reason=RevocationReason.KEY_COMPROMISE, now=NOW + HOUR)


def _revoke_unpublished(lab: Lab) -> None:
    with open_register(lab) as register, register.transaction(now=NOW + HOUR) as unit:
        unit.revoke([unit.certificates(kind=CaKind.AUTH)[-1].id], RevocationReason.KEY_COMPROMISE)


CHANGES: dict[str, Callable[[Lab], object]] = {
    "revoked": _revoke,
    "revoked, not published": _revoke_unpublished,
    "list damaged": lambda lab: lab.paths.crl("sign").write_bytes(b"no list"),
    "list gone": lambda lab: lab.paths.crl("sign-first").unlink(),
    "published by hand": lambda lab: publish_crls(lab, now=NOW + HOUR),
    "note damaged": lambda lab: lab.paths.freshness.write_text("{}"),
    "note of nothing": lambda lab: lab.paths.freshness.write_text("[]"),
    "note gone": lambda lab: lab.paths.freshness.unlink(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_change_is_met(lab: Lab, opened: list[Lab], change: str) -> None:
    CHANGES[change](lab)
    opened.clear()
    publish_due_crls(lab, now=NOW + 2 * HOUR)
    assert opened == [lab]


@pytest.mark.parametrize("later", [timedelta(days=1), -HOUR], ids=["a day later", "the clock set back"])
def test_other_moment_is_looked_at(lab: Lab, opened: list[Lab], later: timedelta) -> None:
    publish_due_crls(lab, now=NOW + later)
    assert opened == [lab]


def test_unpublished_revocation_reaches_the_list(lab: Lab, opened: list[Lab]) -> None:
    before = listed(lab)
    _revoke_unpublished(lab)
    publish_due_crls(lab, now=NOW + 2 * HOUR)
    assert listed(lab) != before


def test_what_is_yet_to_come_is_not_missed(lab: Lab, opened: list[Lab]) -> None:
    """An entry dated later than the list keeps the register open until it is on one."""
    with open_register(lab) as register, register.transaction(now=NOW + 3 * HOUR) as unit:
        unit.revoke([unit.certificates(kind=CaKind.AUTH)[-1].id], RevocationReason.KEY_COMPROMISE)
    before = listed(lab)
    publish_due_crls(lab, now=NOW + HOUR)
    assert listed(lab) == before
    publish_due_crls(lab, now=NOW + 4 * HOUR)
    assert listed(lab) != before


def test_lab_that_cannot_be_noted_in_works(lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(type(lab.paths), "freshness", property(lambda _: tmp_path / "no" / "note.json"))
    publish_due_crls(lab, now=NOW)
    publish_due_crls(lab, now=NOW + HOUR)
