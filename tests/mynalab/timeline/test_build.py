"""Lanes from entries: what is true, and from when on OCSP and the lists say it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from jpki.validity import JST
from mynalab.timeline.build import crl_visible, ocsp_visible
from mynalab.timeline.model import Lane, Span, Timeline, standing

Life = Callable[..., Timeline]


def japan(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=JST).astimezone(UTC)


def said(row: tuple[Span, ...]) -> list[str]:
    return [f"{span.begin.astimezone(JST):%m-%d %H:%M} {span.condition.value}" for span in row]


@pytest.fixture
def lanes(life: Life) -> dict[int, Lane]:
    """The lanes of the person by serial number."""
    return {lane.id.serial: lane for lane in life().lanes}


@pytest.mark.parametrize(
    ("at", "ocsp", "crl"),
    [
        ("2026-06-01 10:07:00", "2026-06-01 10:15", "2026-06-02 03:00"),
        ("2026-06-01 10:15:00", "2026-06-01 10:15", "2026-06-02 03:00"),
        ("2026-06-01 10:15:01", "2026-06-01 10:30", "2026-06-02 03:00"),
        ("2026-06-02 02:59:59", "2026-06-02 03:00", "2026-06-02 03:00"),
        ("2026-06-02 03:00:00", "2026-06-02 03:00", "2026-06-02 03:00"),
        ("2026-12-31 23:59:00", "2027-01-01 00:00", "2027-01-01 03:00"),
    ],
)
def test_when_what_happened_is_told(at: str, ocsp: str, crl: str) -> None:
    assert ocsp_visible(japan(at)) == japan(ocsp)
    assert crl_visible(japan(at)) == japan(crl)


def test_lists_of_another_hour() -> None:
    assert crl_visible(japan("2026-06-01 10:07"), hour_jst=12) == japan("2026-06-01 12:00")


def test_revoked_certificate(lanes: dict[int, Lane]) -> None:
    assert said(lanes[1234].truth) == ["01-10 14:20 pending", "01-11 02:10 valid", "06-01 10:07 revoked"]
    assert said(lanes[1234].ocsp) == ["01-10 14:20 unknown", "01-10 14:30 good", "06-01 10:15 revoked"]
    assert said(lanes[1234].crl) == ["01-10 14:20 unlisted", "06-02 03:00 revoked"]


def test_lifted_hold(lanes: dict[int, Lane]) -> None:
    assert said(lanes[5800].truth) == ["02-01 20:00 valid", "08-03 23:31 held", "08-09 08:00 valid"]
    assert said(lanes[5800].crl) == ["02-01 20:00 unlisted", "08-04 03:00 held", "08-10 03:00 unlisted"]


def test_rows_that_others_tell_end_now(lanes: dict[int, Lane]) -> None:
    assert all(row[-1].end == japan("2026-11-20 09:00") for lane in lanes.values() for row in (lane.ocsp, lane.crl))


def test_change_of_which_ocsp_hears_now_is_there(lanes: dict[int, Lane]) -> None:
    span = standing(lanes[5678].ocsp, japan("2026-11-20 09:00"))
    assert span is not None
    assert span.condition.value == "held"


def test_lanes_stand_in_order_of_issue_signing_first(life: Life) -> None:
    assert [lane.id.serial for lane in life().lanes] == [1234, 5678, 5800]


def test_expiry_is_the_end_of_what_lives(life: Life) -> None:
    late = life("2032-01-01 00:00")
    truth = {lane.id.serial: said(lane.truth)[-1] for lane in late.lanes}
    assert truth == {1234: "06-01 10:07 revoked", 5678: "04-16 00:00 expired", 5800: "04-16 00:00 expired"}
    assert late.end == late.now


@pytest.mark.parametrize(
    ("now", "lanes", "happenings"), [("2026-01-09 00:00", 0, 0), ("2026-01-10 14:20", 2, 3), ("2026-06-01 10:06", 3, 5)]
)
def test_what_is_later_than_now_is_not_known(life: Life, now: str, lanes: int, happenings: int) -> None:
    timeline = life(now)
    assert (len(timeline.lanes), len(timeline.happenings)) == (lanes, happenings)


def test_nothing_has_a_timeline_as_well(life: Life) -> None:
    timeline = life(entries=[])
    assert (timeline.begin, timeline.end, timeline.lanes) == (timeline.now, timeline.now, ())
