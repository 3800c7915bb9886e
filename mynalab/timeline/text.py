"""A timeline as lines of text, aligned also where characters are two columns wide. Moments are Japan's."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from jpki.validity import JST
from mynalab.timeline.model import Condition, Happening, Lane, Timeline, standing
from mynalab.timeline.telling import name_en, name_ja

COLOURS: Final = {
    Condition.VALID: "green",
    Condition.HELD: "yellow",
    Condition.REVOKED: "red",
}
"""For a terminal."""

CONDITIONS: Final = {
    Condition.PENDING: ("not yet valid", "有効期間前"),
    Condition.VALID: ("valid", "有効"),
    Condition.HELD: ("on hold", "一時保留"),
    Condition.REVOKED: ("revoked", "失効"),
    Condition.EXPIRED: ("expired", "有効期間満了"),
    Condition.GOOD: ("good", "good"),
    Condition.UNKNOWN: ("unknown", "unknown"),
    Condition.UNLISTED: ("not listed", "掲載なし"),
}
_TEXTS: Final = {
    "title": ("Timeline of {subject}, {now} in Japan", "{subject} の履歴（日本時間 {now} 現在）"),
    "now": ("now", "現在"),
    "truth": ("state", "状態"),
    "seen": ("OCSP from {ocsp}, CRL from {crl}", "OCSP は {ocsp} から、CRL は {crl} から"),
    "later": ("pale: if nothing more happens", "淡色は、この後何も起きない場合"),
    "scale": ("the axis goes by events, not by the clock", "横軸は出来事の順で、時間には比例しない"),
    "nothing": ("nothing has happened", "何も起きていません"),
}


def say(word: str, language: str) -> str:
    """One of the fixed words."""
    return _TEXTS[word][language == "ja"]


def condition_word(condition: Condition, language: str) -> str:
    """A condition in words."""
    return CONDITIONS[condition][language == "ja"]


def lane_name(lane: Lane, language: str) -> str:
    """What a lane is called."""
    return name_ja(lane.id) if language == "ja" else name_en(lane.id)


def moment_text(moment: datetime) -> str:
    """A moment in Japan's time, to the minute."""
    return f"{moment.astimezone(JST):%Y-%m-%d %H:%M}"


def text_lines(timeline: Timeline, *, language: str) -> Iterator[tuple[str, str | None]]:
    """Each line, and the colour that it has on a terminal."""
    yield say("title", language).format(subject=timeline.subject, now=moment_text(timeline.now)), None
    yield "", None
    if not timeline.happenings:
        yield say("nothing", language), None
        return
    texts = [_sentence(happening, language) for happening in timeline.happenings]
    wide = max((width(text) for each, text in zip(timeline.happenings, texts, strict=True) if each.crl_at), default=0)
    for happening, text in zip(timeline.happenings, texts, strict=True):
        colour = COLOURS.get(happening.condition) if happening.condition is not None else None
        yield f"{moment_text(happening.at)}  {_padded(text, wide)}  {_seen(happening, language)}".rstrip(), colour
    yield "", None
    yield from _table(timeline, language)


def _table(timeline: Timeline, language: str) -> Iterator[tuple[str, str | None]]:
    """How every certificate stands now: in truth, for OCSP, on the list."""
    head: tuple[str, ...] = (say("now", language), say("truth", language), "OCSP", "CRL")
    rows: list[tuple[tuple[str, ...], str | None]] = [(head, None)]
    for lane in timeline.lanes:
        row = (lane_name(lane, language), *_standings(lane, timeline.now, language))
        rows.append((row, _colour(lane, timeline.now)))
    widths = [max(width(row[column]) for row, _ in rows) for column in range(len(head))]
    for row, colour in rows:
        cells = (_padded(cell, columns) for cell, columns in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip(), colour


def _sentence(happening: Happening, language: str) -> str:
    text = happening.ja if language == "ja" else happening.en
    return f"[{text}]" if happening.is_operation else text


def _seen(happening: Happening, language: str) -> str:
    if happening.ocsp_at is None or happening.crl_at is None:
        return ""
    return say("seen", language).format(ocsp=moment_text(happening.ocsp_at), crl=moment_text(happening.crl_at))


def _standings(lane: Lane, now: datetime, language: str) -> tuple[str, ...]:
    spans = (standing(row, now) for row in (lane.truth, lane.ocsp, lane.crl))
    return tuple("-" if span is None else condition_word(span.condition, language) for span in spans)


def _colour(lane: Lane, now: datetime) -> str | None:
    span = standing(lane.truth, now)
    return None if span is None else COLOURS.get(span.condition)


def width(text: str) -> int:
    """How many columns of a terminal a text takes (Unicode Standard Annex 11)."""
    return sum(1 + (unicodedata.east_asian_width(character) in "WF") for character in text)


def _padded(text: str, columns: int) -> str:
    return text + " " * (columns - width(text))
