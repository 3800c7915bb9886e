"""Meanings of status words: every one has one, and the command decides which."""

from __future__ import annotations

import pytest

from apdu.explain import explain_status
from apdu.explain.status import meaning
from apdu.explain.told import Role
from apdu.status import StatusWord


@pytest.mark.parametrize("sw1", range(256), ids="{:02X}xx".format)
def test_every_status_word_has_a_meaning(sw1: int) -> None:
    words = [StatusWord(sw1 << 8 | sw2) for sw2 in range(256)]
    assert all(meaning(word, role).en and meaning(word, role).ja for word in words for role in Role)


@pytest.mark.parametrize(
    ("sw", "command", "says"),
    [
        pytest.param(0x63C2, "002000800431323334", "wrong: 2 tries remain", id="wrong-pin"),
        pytest.param(0x63C1, "002000800431323334", "wrong: 1 try remains", id="wrong-pin-one-left"),
        pytest.param(0x63C0, "002000800431323334", "now blocked", id="last-wrong-pin"),
        pytest.param(0x6984, "002000800431323334", "refused: the PIN is blocked", id="blocked-pin"),
        pytest.param(0x9000, "002000800431323334", "right", id="right-pin"),
        pytest.param(0x63C2, "00200080", "2 tries left", id="query"),
        pytest.param(0x63C1, "00200080", "1 try left", id="query-one-left"),
        pytest.param(0x63C0, "00200080", "blocked: no tries are left", id="query-blocked"),
        pytest.param(0x9000, "00200080", "already verified", id="query-already-verified"),
        pytest.param(0x6A82, "00A4040C02D392", "no such application", id="select-application"),
        pytest.param(0x6A82, "00A4020C020018", "no such file", id="select-file"),
        pytest.param(0x6A86, "00A40000", "no application is selected", id="select-mf"),
        pytest.param(0x6B00, "00B0000000", "past the end", id="read-past-end"),
        pytest.param(0x6B00, "00200080", "wrong P1 or P2", id="elsewhere-6b00"),
        pytest.param(0x6981, "00B0000000", "PIN or a key", id="read-internal"),
        pytest.param(0x6982, "00B0000000", "security status is not satisfied", id="read-unknown-file"),
        pytest.param(0x6A88, "00CA7F2100", "no such object on this card", id="get-data"),
        pytest.param(0x6700, "00CA00F800", "extended Le", id="get-data-short-le"),
        pytest.param(0x63C2, "", "2 tries are left", id="tries-after-no-command"),
        pytest.param(0x6C10, None, "Ne 16", id="exact-ne"),
        pytest.param(0x6110, None, "16 more bytes", id="more-data"),
        pytest.param(0x6982, None, "security status is not satisfied", id="alone"),
        pytest.param(0x6234, None, "warning, nothing changed", id="family"),
        pytest.param(0x1234, None, "no status word of ISO", id="none"),
    ],
)
def test_in_context(sw: int, command: str | None, says: str) -> None:
    raw = None if command is None else bytes.fromhex(command)
    said = explain_status(StatusWord(sw), raw)
    assert said.startswith(f"{sw:04X}: ")
    assert says in said


def test_japanese() -> None:
    assert explain_status(StatusWord(0x63C3), bytes.fromhex("00200080"), lang="ja") == "63C3: 残り3回"
