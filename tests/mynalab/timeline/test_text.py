"""The timeline as text: aligned in both languages, a colour for what matters."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mynalab.timeline.model import Condition, Timeline
from mynalab.timeline.text import CONDITIONS, text_lines, width

Life = Callable[..., Timeline]


@pytest.fixture
def lines(life: Life) -> Callable[[str], list[str]]:
    """The lines of the life in a language."""
    return lambda language: [line for line, _ in text_lines(life(), language=language)]


def test_english(lines: Callable[[str], list[str]]) -> None:
    text = lines("en")
    assert text[0] == "Timeline of p1, 2026-11-20 09:00 in Japan"
    assert text[8] == (
        "2026-06-01 10:07  sign 1234: revoked (affiliationChanged)   OCSP from 2026-06-01 10:15, CRL from"
        " 2026-06-02 03:00"
    )
    assert text[-4:] == [
        "now        state    OCSP     CRL",
        "sign 1234  revoked  revoked  revoked",
        "auth 5678  on hold  on hold  not listed",
        "auth 5800  valid    good     not listed",
    ]


def test_japanese(lines: Callable[[str], list[str]]) -> None:
    text = lines("ja")
    assert text[0] == "p1 の履歴（日本時間 2026-11-20 09:00 現在）"
    assert text[-4:] == [
        "現在               状態      OCSP      CRL",
        "署名用 1234        失効      失効      失効",
        "利用者証明用 5678  一時保留  一時保留  掲載なし",
        "利用者証明用 5800  有効      good      掲載なし",
    ]


@pytest.mark.parametrize("language", ["en", "ja"])
def test_what_is_seen_stands_in_one_column(lines: Callable[[str], list[str]], language: str) -> None:
    columns = {width(line[: line.index("OCSP ")]) for line in lines(language) if "OCSP " in line and "CRL " in line}
    assert len(columns) == 1


def test_colours(life: Life) -> None:
    coloured = {colour for _, colour in text_lines(life(), language="en")}
    assert coloured == {None, "green", "yellow", "red"}


@pytest.mark.parametrize(("language", "text"), [("en", "nothing has happened"), ("ja", "何も起きていません")])
def test_nothing(life: Life, language: str, text: str) -> None:
    assert [line for line, _ in text_lines(life(entries=[]), language=language)][2:] == [text]


@pytest.mark.parametrize("condition", list(Condition))
def test_every_condition_has_words(condition: Condition) -> None:
    assert all(CONDITIONS[condition])


@pytest.mark.parametrize(("text", "columns"), [("", 0), ("abc", 3), ("署名", 4), ("ｶﾅ", 2), ("ａ", 2), ("a署", 3)])
def test_width(text: str, columns: int) -> None:
    assert width(text) == columns
