"""``mynalab clock``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mynalab.lab.lab import Lab

Bench = Callable[..., Any]


@pytest.fixture
def here(lab: Lab) -> tuple[str, str]:
    return ("--lab", str(lab.paths.root))


def test_new_lab_has_the_real_time(bench: Bench, here: tuple[str, str]) -> None:
    shown = bench("clock", "show", *here, "--json").json
    assert (shown["mode"], shown["ahead_seconds"]) == ("real", 0)


def test_clock_is_set_put_forward_and_given_back(bench: Bench, here: tuple[str, str]) -> None:
    answers = [
        bench("clock", *words, *here, "--json").json
        for words in (("set", "2031-05-01"), ("advance", "1y3d"), ("show",), ("real",))
    ]
    assert [(answer["mode"], answer["now"][:10]) for answer in answers[:3]] == [
        ("frozen", "2031-04-30"),
        ("frozen", "2032-05-03"),
        ("frozen", "2032-05-03"),
    ]
    assert (answers[3]["mode"], answers[3]["ahead_seconds"]) == ("real", 0)


@pytest.mark.parametrize("words", [("set", "2031-05-01", "--run"), ("advance", "3d")], ids=" ".join)
def test_clock_may_run(bench: Bench, here: tuple[str, str], words: tuple[str, ...]) -> None:
    answer = bench("clock", *words, *here, "--json").json
    assert answer["mode"] == "offset"
    assert answer["ahead_seconds"] > 0


@pytest.mark.parametrize(
    "words", [("set", "soon"), ("set", "1999-01-01"), ("advance", "3"), ("advance", "99y")], ids=" ".join
)
def test_impossible_time_is_refused_and_nothing_set(
    bench: Bench, here: tuple[str, str], words: tuple[str, ...]
) -> None:
    done = bench("clock", *words, *here, "--json")
    assert (done.status, done.error["type"]) == (2, "TimeError")
    assert bench("clock", "show", *here, "--json").json["mode"] == "real"


def test_certificates_age_with_the_lab(bench: Bench, here: tuple[str, str]) -> None:
    """Issued on 2026-11-20 to somebody born on 15 April: the fifth birthday is in 2031."""
    bench("clock", "set", "2031-04-15T23:59:59+09:00", *here)
    assert bench("login", "--card", "alice", *here, "--json").status == 0
    bench("clock", "advance", "1s", *here)
    done = bench("login", "--card", "alice", *here, "--json")
    assert (done.status, [finding["code"] for finding in done.json["findings"]]) == (1, ["jpki.validity.expired"])


def test_revocation_and_issue_happen_at_the_lab_s_time(bench: Bench, here: tuple[str, str]) -> None:
    bench("clock", "set", "2028-02-03", *here)
    bench("card", "new", "bob", *here)
    bench("revoke", "--card", "bob", *here)
    shown = bench("card", "show", "bob", *here, "--json").json
    assert {one["since"][:10] for one in shown["certificates"]} == {"2028-02-02"}


def test_option_comes_first_and_says_nothing(bench: Bench, here: tuple[str, str]) -> None:
    bench("clock", "set", "2040-01-01", *here)
    done = bench("login", "--card", "alice", *here, "--now", "2026-11-21")
    assert (done.status, done.err) == (0, "")


@pytest.mark.parametrize(
    "words", [("lab", "show"), ("card", "list"), ("login", "--card", "alice"), ("lab", "publish")], ids=" ".join
)
def test_commands_say_that_the_time_is_not_the_real_one(
    bench: Bench, here: tuple[str, str], words: tuple[str, ...]
) -> None:
    assert "clock" not in bench(*words, *here).err
    bench("clock", "set", "2031-02-03T00:00:00Z", *here)
    assert "the lab's clock says 2031-02-03 00:00:00Z" in bench(*words, *here).err


def test_program_that_runs_is_said_to_see_the_real_time(bench: Bench, here: tuple[str, str]) -> None:
    bench("clock", "set", "2031-02-03", *here)
    assert "real time" in bench("run", "--card", "alice", *here, "--", "true").err


def test_broken_clock_is_mended_by_its_own_command(bench: Bench, here: tuple[str, str], lab: Lab) -> None:
    lab.paths.clock.write_text("garbage", "utf-8")
    assert bench("login", "--card", "alice", *here, "--json").error["type"] == "LabBrokenError"
    assert bench("clock", "real", *here).status == 0
    assert bench("clock", "show", *here, "--json").json["mode"] == "real"
