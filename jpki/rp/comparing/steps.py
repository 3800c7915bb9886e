"""The steps of the normalisation, character by character: what is one and the same in two ways of writing.

Each step says on what standard it stands. Old and new forms of kanji (髙 and 高, 齋 and 斎) are different characters of
the standards, hence different here: only what Unicode itself calls one character in two encodings is one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

HIDDEN: Final = "\ue000"
"""Takes the place of a substitute before anything is normalised, so that no step touches it (private use area)."""

HYPHENS: Final = "-‐‑‒–—―−─━﹣－⁃"
"""HYPHEN-MINUS, U+2010 to U+2015, MINUS SIGN, box drawings, small and full-width forms, HYPHEN BULLET."""
_ANY_HYPHEN: Final = f"[{HYPHENS}]"
_KATAKANA: Final = "ァ-ヺヽヾ"

# Half-width katakana with its two marks, and the half-width forms of 。「」、・ (Unicode block FF00).
_HALF_WIDTH_KANA: Final = re.compile("[\uff61-\uff9f]+")
_WIDTH: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0xFFE5: 0xA5, 0xFFE0: 0xA2, 0xFFE1: 0xA3}
# Variation selectors, and joiners that show nothing.
_SELECTORS: Final = re.compile("[\ufe00-\ufe0f\u180b-\u180d\U000e0100-\U000e01ef\u200b-\u200d\u2060\ufeff]")
_SMALL: Final = re.compile("[a-z]+")
_SPACES: Final = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class FormStep:
    """One step; the page of the documentation is written from these rows."""

    name: str
    apply: Callable[[str], str]
    en: str
    ja: str
    example: str
    source: str


def _width(text: str) -> str:
    kana = _HALF_WIDTH_KANA.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)
    return kana.translate(_WIDTH)


def _lengthened(text: str) -> str:
    """A dash between two katakana is the mark of a long vowel, and that mark between two numbers is a dash."""
    marked = re.sub(rf"(?<=[{_KATAKANA}ー]){_ANY_HYPHEN}(?=[{_KATAKANA}])", "ー", text)
    return re.sub(r"(?<=[0-9])ー(?=[0-9])", "-", marked)


CHARACTER_STEPS: Final = (
    FormStep(
        "selector",
        lambda text: _SELECTORS.sub("", text),
        "Variation selectors and invisible joiners are left out.",
        "異体字セレクタと不可視の結合文字を除く。",
        "葛 + U+E0100 = 葛",
        "Unicode Technical Standard #37: a variation sequence is the base character in a particular form",
    ),
    FormStep(
        "composed",
        lambda text: unicodedata.normalize("NFC", text),
        "Canonically equivalent characters are one (NFC): combining marks, CJK compatibility ideographs.",
        "正準等価な文字（結合文字、CJK 互換漢字）を同一とする（NFC）。",
        "か + U+3099 = が, 神 (U+FA19) = 神",
        "Unicode Standard Annex #15",
    ),
    FormStep(
        "width",
        _width,
        "Full-width letters, digits and signs are their half-width forms, half-width katakana its full-width form.",
        "英数字・記号の全角と半角、カタカナの半角と全角を同一とする。",
        "５ = 5, ﾊｲﾂ = ハイツ",
        "Unicode block Halfwidth and Fullwidth Forms; JIS X 0208 and JIS X 0201 encode the same characters",
    ),
    FormStep(
        "case",
        lambda text: _SMALL.sub(lambda found: found[0].upper(), text),
        "Latin letters are compared in upper case.",
        "英字の大文字と小文字を同一とする。",
        "Smith = SMITH",
        "a choice: resident records write Latin names in capitals, as travel documents do (ICAO 9303)",
    ),
    FormStep(
        "dash",
        lambda text: re.sub(_ANY_HYPHEN, "-", _lengthened(text)),
        "All dashes and minus signs are one; between two katakana they are the mark of a long vowel (ー), which is a "
        "dash between two numbers.",
        "ハイフン・ダッシュ・マイナス類を同一とする。カタカナの間では長音記号、数字の間の長音記号はハイフンとみなす。",
        "5－4ー3 = 5-4-3, コ―ポ = コーポ",
        "Unicode property Dash; vendors map JIS X 0208 1-29, 1-30, 1-61 to several of them",
    ),
    FormStep(
        "space",
        lambda text: _SPACES.sub(" ", text).strip(),
        "Spaces of any kind and number are one space; at the ends there is none.",
        "空白の種類と個数の違いを無視し、前後の空白を除く。",
        "見本　　花子 = 見本 花子",
        "JIS X 0208 1-1 and ASCII 20 are both SPACE",
    ),
)
"""Run in this order over every name and address."""


def normalised(text: str, steps: tuple[FormStep, ...] = CHARACTER_STEPS) -> tuple[str, tuple[str, ...]]:
    """The text after all steps, and the names of those that changed it."""
    changed = []
    for step in steps:
        before, text = text, step.apply(text)
        if text != before:
            changed.append(step.name)
    return text, tuple(changed)
