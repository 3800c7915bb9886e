"""The timeline as a picture: well-formed, the same each time, everything within its frame."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from mynalab.timeline.model import Timeline
from mynalab.timeline.scale import Scale
from mynalab.timeline.svg import svg

Life = Callable[..., Timeline]
NS = "{http://www.w3.org/2000/svg}"
MOMENTS = ["2026-01-09 00:00", "2026-01-10 14:20", "2026-06-01 10:10", "2026-11-20 09:00", "2032-01-01 00:00"]


def words(picture: str) -> list[str]:
    return ["".join(element.itertext()) for element in ET.fromstring(picture).iter(f"{NS}text")]


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("now", MOMENTS)
def test_same_timeline_same_bytes(life: Life, now: str, language: str) -> None:
    assert svg(life(now), language=language) == svg(life(now), language=language)


@pytest.mark.parametrize("now", MOMENTS)
def test_everything_stands_within_the_frame(life: Life, now: str) -> None:
    root = ET.fromstring(svg(life(now), language="ja"))
    wide, high = int(root.attrib["width"]), int(root.attrib["height"])
    for element in (*root.iter(f"{NS}rect"), *root.iter(f"{NS}text")):
        x, y = int(element.get("x", "0")), int(element.get("y", "0"))
        assert 0 <= x <= x + int(element.get("width", "0")) <= wide
        assert 0 <= y <= y + int(element.get("height", "0")) <= high


def test_three_bars_a_certificate_say_what_each_knows(life: Life) -> None:
    picture = svg(life(), language="en")
    assert words(picture).count("revoked (affiliationChanged)") == 3
    assert words(picture).count("on hold") == 1 + 3 + 2  # the legend; the phone's three; the card's, now and later
    assert {"sign 1234", "auth 5678", "auth 5800", "smartphone phone & co", "now"} <= set(words(picture))


def test_bars_of_a_lane_lag_behind_the_truth(life: Life) -> None:
    root = ET.fromstring(svg(life(), language="en"))
    revoked = [int(each.attrib["x"]) for each in root.iter(f"{NS}rect") if each.get("class") == "revoked"]
    truth, ocsp, crl = revoked[:3]
    assert truth < ocsp < crl


def test_what_will_be_is_pale(life: Life) -> None:
    assert 'class="valid later"' in svg(life(), language="en")
    assert " later" not in svg(life("2032-01-01 00:00"), language="en").split("</style>")[1]


def test_operations_are_numbered_and_told(life: Life) -> None:
    texts = words(svg(life(), language="en"))
    for mark in ("1", "2", "3", "4", "5", "6"):
        assert texts.count(mark) == 2
    assert "change of address (also: return from abroad)" in texts


def test_certificate_without_operations_tells_its_changes(life: Life) -> None:
    timeline = life()
    alone = Timeline(
        subject="x",
        begin=timeline.begin,
        end=timeline.end,
        now=timeline.now,
        lanes=timeline.lanes[:1],
        happenings=tuple(each for each in timeline.happenings if "1234" in each.en),
    )
    assert "sign 1234: revoked (affiliationChanged)" in words(svg(alone, language="en"))


def test_text_is_escaped(life: Life) -> None:
    assert "phone &amp; co" in svg(life(), language="en")


def test_light_and_dark(life: Life) -> None:
    style = svg(life(), language="en").split("<style>")[1].split("</style>")[0]
    light, dark = style.split("@media(prefers-color-scheme:dark)")
    used = set(re.findall(r"\.([a-z]+)\{fill:#", light))
    assert used == set(re.findall(r"\.([a-z]+)\{fill:#", dark))
    assert "var(" not in style


def test_moments_stand_in_order_and_apart() -> None:
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    moments = [begin, begin + timedelta(seconds=1), begin + timedelta(minutes=15), begin + timedelta(days=1900)]
    scale = Scale(reversed(moments), left=100)
    places = [scale.place(moment) for moment in moments]
    gaps = [after - before for before, after in itertools.pairwise(places)]
    assert places[0] == 100
    assert gaps == sorted(gaps)
    assert min(gaps) >= 74
    assert scale.right == places[-1]
