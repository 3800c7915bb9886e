"""``mynalab explain``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

Bench = Callable[..., Any]
SELECT = "00A4040C0AD392F000260100000001"


@pytest.mark.parametrize("text", [SELECT, SELECT.lower(), "00 A4 04 0C 0A D392F000260100000001", "0x" + SELECT])
def test_hexadecimal_is_read_in_every_habit(bench: Bench, text: str) -> None:
    assert "JPKI" in bench("explain", text).out


def test_exchange_is_one_sentence(bench: Bench) -> None:
    done = bench("explain", SELECT, "9000", "00200080", "63C3", "--json")
    assert len(done.json["explanations"]) == 2


def test_trace_comes_from_standard_input(program: Bench) -> None:
    done = program("explain", "-", stdin=f"{SELECT}\n\n9000\n")
    assert (done.status, len(done.out.splitlines())) == (0, 1)


@pytest.mark.parametrize("stdin", ["", "\n\n"])
def test_empty_trace_has_nothing_to_explain(program: Bench, stdin: str) -> None:
    assert (program("explain", "-", stdin=stdin).status, program("explain", "-", stdin=stdin).out) == (0, "")


@pytest.mark.parametrize("text", ["", " "])
def test_nothing_is_no_apdu(bench: Bench, text: str) -> None:
    assert bench("explain", text).status == 2


def test_binary_trace_is_refused(bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    path = tmp_path / "trace"
    path.write_bytes(b"\xff\xfe\x00A4")
    with path.open() as file:
        monkeypatch.setattr(sys, "stdin", file)
        assert bench("explain", "-").status == 2


def test_closed_standard_input_is_an_empty_one(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert bench("explain", "-").status == 0


@pytest.mark.parametrize("text", ["0020008004313233", "00200080043132333", "00200080 04 31323334 x"])
def test_what_may_hold_a_pin_is_not_echoed(bench: Bench, text: str) -> None:
    done = bench("explain", text)
    assert "3132" not in done.out + done.err


def test_pin_is_not_printed(bench: Bench) -> None:
    done = bench("explain", "00200080043938373600", "--json")
    assert "9876" not in done.out
    assert "39383736" not in done.out
