"""A phrase in both languages, built once and chosen at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from apdu.layout.facts import Lang


@dataclass(frozen=True, slots=True)
class Text:
    """A phrase in English and in Japanese."""

    en: str
    ja: str

    def in_lang(self, lang: Lang) -> str:
        """The phrase in one language."""
        return self.ja if lang == "ja" else self.en

    def __add__(self, other: Text) -> Text:
        return Text(self.en + other.en, self.ja + other.ja)

    def __bool__(self) -> bool:
        return bool(self.en)


NOTHING: Final = Text("", "")


def both(text: str) -> Text:
    """The same in both languages: hex, numbers, names of commands."""
    return Text(text, text)


def count(number: int, *, of: Text = NOTHING) -> Text:
    """``3 bytes``, ``1 byte of data``."""
    noun = "byte" if number == 1 else "bytes"
    tail = f" {of.en}" if of else ""
    return Text(f"{number:,} {noun}{tail}", f"{of.ja}{number:,}バイト")


def remark(text: Text) -> Text:
    """An aside at the end of a sentence."""
    return Text(f" ({text.en})", f" ({text.ja})") if text else NOTHING
