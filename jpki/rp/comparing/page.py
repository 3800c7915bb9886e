"""The tables of docs/attribute-comparison.md."""

from __future__ import annotations

from jpki.rp.comparing.outcome import Reason
from jpki.rp.comparing.steps import CHARACTER_STEPS

_MEANINGS = {
    Reason.OTHER: ("something else stands there", "内容が異なる"),
    Reason.MISSING: ("the entry is empty", "入力がない"),
    Reason.UNREADABLE: (
        "too long, control characters, no date, no word for a sex",
        "長すぎる、制御文字を含む、読めない",
    ),
    Reason.SUBSTITUTED: (
        "everything that differs stands where the certificate has a substitute character: a person has to look",
        "異なるのは代替文字の位置だけで、機械では判断できない（人の確認が必要）",
    ),
    Reason.INCOMPLETE: (
        "the certificate knows only a part of the birth date, and that part agrees",
        "証明書の生年月日に不詳部分があり、判明部分は一致する",
    ),
    Reason.UNITS: ("the same numbers in other units (5丁目4番, 5番4号)", "数字は同じだが単位が異なる"),
    Reason.SPACING: ("the same characters, divided into names elsewhere", "姓と名の区切りの位置が異なる"),
    Reason.ERA: ("the day is not in the era before it", "元号と日付が合わない"),
}


def steps_as_markdown() -> str:
    """The steps over characters, in their order."""
    rows = ["| step | what is one and the same | 日本語 | example | on what it stands |", "|---|---|---|---|---|"]
    rows += [f"| `{step.name}` | {step.en} | {step.ja} | {step.example} | {step.source} |" for step in CHARACTER_STEPS]
    return "\n".join(rows)


def reasons_as_markdown() -> str:
    """Why a field differs."""
    rows = ["| reason | meaning | 意味 |", "|---|---|---|"]
    rows += [f"| `{reason.value}` | {_MEANINGS[reason][0]} | {_MEANINGS[reason][1]} |" for reason in Reason]
    return "\n".join(rows)
