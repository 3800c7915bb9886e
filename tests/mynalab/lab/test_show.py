"""What is told of a card by looking at it from outside."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from mynalab.lab.cards import open_card
from mynalab.lab.lab import Lab
from mynalab.lab.revoke import revoke_card
from mynalab.lab.show import describe_card

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def test_new_card_is_good_and_has_all_its_tries(lab: Lab) -> None:
    shown = describe_card(lab, "alice", at=NOW).as_dict()
    assert {pin["name"]: pin["tries_left"] for pin in shown["pins"]} == {
        "auth": 3,
        "sign": 5,
        "text": 3,
        "text-a": 10,
        "text-b": 10,
        "face-birth": 10,
        "face-b": 10,
        "face-a": 10,
        "registry": 3,
        "common": 3,
    }
    assert {one["ca"]: one["state"] for one in shown["certificates"]} == {"sign": "good", "auth": "good"}


def test_card_in_a_reader_can_be_looked_at(lab: Lab) -> None:
    with open_card(lab.paths, "alice"):
        assert describe_card(lab, "alice", at=NOW).name == "alice"


def test_hold_is_told_with_moment_and_reason(lab: Lab) -> None:
    revoke_card(lab, "alice", kinds=[CaKind.AUTH], reason=RevocationReason.CERTIFICATE_HOLD, now=NOW)
    shown = describe_card(lab, "alice", at=NOW + timedelta(days=1))
    states = {one["ca"]: (one["state"], one["reason"], one["since"]) for one in shown.as_dict()["certificates"]}
    assert states["auth"] == ("on-hold", "certificateHold", NOW.isoformat())
    assert any("JPKI" in english for english, _ in shown.lines())


def test_certificate_of_tomorrow_is_not_issued_yet(lab: Lab) -> None:
    shown = describe_card(lab, "alice", at=NOW - timedelta(days=1)).as_dict()
    assert {one["state"] for one in shown["certificates"]} == {"not-yet-issued"}


@pytest.mark.parametrize("secret", ["1234", "ABC123"])
def test_no_pin_is_told(lab: Lab, secret: str) -> None:
    shown = describe_card(lab, "alice", at=NOW)
    assert secret not in repr(shown.lines())
    assert secret not in {value for pin in shown.as_dict()["pins"] for value in map(str, pin.values())}


def test_what_is_over_is_expired(lab: Lab) -> None:
    shown = describe_card(lab, "alice", at=NOW + timedelta(days=3000))
    assert {one["state"] for one in shown.as_dict()["certificates"]} == {"expired"}
    assert [line[0].endswith(": expired") and line[1].endswith(": 有効期間満了") for line in shown.lines()[-2:]] == [
        True
    ] * 2
