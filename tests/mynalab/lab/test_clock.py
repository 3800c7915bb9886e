"""The lab's own clock: what it is set to survives, and a file that nobody wrote is no time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mynalab.clock import REAL_TIME, ClockMode, ClockSetting
from mynalab.errors import LabBrokenError, LabSchemaError, TimeError
from mynalab.lab.clock import LabClock, read_clock, set_clock
from mynalab.lab.paths import LabPaths
from mynalab.periods import parse_period

NOW = datetime(2026, 11, 20, tzinfo=UTC)
MAY = datetime(2031, 5, 1, tzinfo=UTC)
SETTINGS = {
    "frozen": ClockSetting.frozen(MAY),
    "ahead": ClockSetting.running(MAY, real=NOW),
    "behind": ClockSetting.running(datetime(2020, 1, 1, tzinfo=UTC), real=NOW),
    "real": REAL_TIME,
}


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_setting_is_read_back(setting: ClockSetting, tmp_path: Path) -> None:
    paths = LabPaths(tmp_path)
    set_clock(paths, ClockSetting.frozen(NOW))
    set_clock(paths, setting)
    assert read_clock(paths) == setting
    assert paths.clock.exists() is (setting is not REAL_TIME)


def test_frozen_clock_stands_and_running_one_runs() -> None:
    later = NOW + timedelta(hours=1)
    assert [SETTINGS[name].read(later) for name in ("frozen", "ahead", "real")] == [
        MAY,
        MAY + timedelta(hours=1),
        later,
    ]


@pytest.mark.parametrize(
    ("name", "mode", "moment"),
    [
        ("real", ClockMode.OFFSET, datetime(2026, 11, 23, tzinfo=UTC)),
        ("ahead", ClockMode.OFFSET, datetime(2031, 5, 4, tzinfo=UTC)),
        ("frozen", ClockMode.FROZEN, datetime(2031, 5, 4, tzinfo=UTC)),
    ],
)
def test_clock_put_forward_keeps_its_gait(name: str, mode: ClockMode, moment: datetime) -> None:
    setting = SETTINGS[name].advanced(parse_period("3d"), real=NOW)
    assert (setting.mode, setting.read(NOW)) == (mode, moment)


@pytest.mark.parametrize("name", ["real", "frozen", "ahead"])
def test_clock_stays_in_the_years_of_a_lab(name: str) -> None:
    with pytest.raises(TimeError, match="out of range"):
        SETTINGS[name].advanced(parse_period("90y"), real=NOW)


def test_running_clock_that_left_the_years_of_a_lab_says_so() -> None:
    with pytest.raises(TimeError, match="out of range"):
        SETTINGS["ahead"].read(NOW.replace(year=2098))


def test_lab_clock_looks_each_time(tmp_path: Path) -> None:
    clock = LabClock(tmp_path, system=lambda: NOW)
    assert clock() == NOW
    set_clock(LabPaths(tmp_path), ClockSetting.frozen(MAY))
    assert clock() == MAY


@pytest.mark.parametrize(
    "text",
    [
        "",
        "schema = 1",
        "schema = 1\nmode = 'frozen'",
        "schema = 1\nmode = 'frozen'\nat = 2031-05-01",
        "schema = 1\nmode = 'frozen'\nat = 2031-05-01T00:00:00",
        "schema = 1\nmode = 'frozen'\nat = 1931-05-01T00:00:00Z",
        "schema = 1\nmode = 'frozen'\nat = 2031-05-01T00:00:00Z\nmore = 1",
        "schema = 1\nmode = 'offset'\noffset_seconds = '3'",
        "schema = 1\nmode = 'offset'\noffset_seconds = true",
        "schema = 1\nmode = 'offset'\noffset_seconds = 99999999999999999",
        "schema = 1\nmode = 'slow'",
        "schema = 1\nmode",
        "\x00",
    ],
    ids=range(13),
)
def test_file_that_no_lab_writes_is_named(text: str, tmp_path: Path) -> None:
    paths = LabPaths(tmp_path)
    paths.clock.write_text(text, "utf-8")
    with pytest.raises(LabBrokenError if text else LabSchemaError, match=r"clock\.toml") as caught:
        read_clock(paths)
    assert "mynalab clock real" in caught.value.hint


def test_file_of_another_release_is_named(tmp_path: Path) -> None:
    paths = LabPaths(tmp_path)
    paths.clock.write_text("schema = 2", "utf-8")
    with pytest.raises(LabSchemaError, match="schema 2"):
        read_clock(paths)
