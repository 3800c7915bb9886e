"""A card of the next generation on the command line, from its issue to its end."""

from __future__ import annotations

from pathlib import Path

from tests.mynalab.conftest import Bench


def test_its_whole_life(bench: Bench, home: Path) -> None:
    (home / "text").write_text("契約書\n", encoding="utf-8")
    made = bench("card", "new", "nina", "--profile", "next", "--json", "--now", "2026-11-20")
    assert (made.status, set(made.json["certificates"])) == (0, {"sign", "auth"})
    on_the_day = ("--card", "nina", "--now", "2026-11-21")
    assert bench("login", *on_the_day).status == 0
    assert bench("login", *on_the_day, "--pin", "0000").status == 1
    assert bench("sign", "text", *on_the_day).status == 0
    assert bench("card", "show", "nina", "--json").json["profile"] == "next"
    assert bench("revoke", *on_the_day, "--reason", "lost").status == 0
    refused = bench("login", *on_the_day, "--json")
    assert (refused.status, [one["code"] for one in refused.json["findings"]]) == (1, ["jpki.revocation.revoked"])


def test_its_cas_are_among_those_of_the_lab(bench: Bench) -> None:
    before = set(bench("lab", "show", "--json").json["cas"])
    assert {"sign", "auth"} <= before
    bench("card", "new", "nina", "--profile", "next")
    assert set(bench("lab", "show", "--json").json["cas"]) == before | {"sign-next", "auth-next"}
    assert "署名用認証局（sign-next）" in bench("lab", "show", "--lang", "ja").out


def test_its_commands_are_explained(bench: Bench, home: Path) -> None:
    bench("login", "--card", "next-generation", "--trace", home / "trace.jsonl")
    told = bench("explain", home / "trace.jsonl").out
    assert "認証AP (次期カード)" in told
    assert "ECDSA over the caller's SHA-384 hash → a signature of 96 bytes" in told


def test_the_help_says_whose_design_it_is(bench: Bench) -> None:
    assert "our design of the next generation" in " ".join(bench("card", "new", "--help").out.split())
