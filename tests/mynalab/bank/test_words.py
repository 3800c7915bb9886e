"""Words and sentences: each is there in both languages, and used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import mynalab.bank
from jpki.rp.comparing.outcome import Outcome, Reason
from mynalab.bank import refusals
from mynalab.bank.words import WORDS

PACKAGE = Path(str(mynalab.bank.__file__)).parent
TEMPLATES = sorted((PACKAGE / "templates").glob("*.html"))
SOURCES = "\n".join(path.read_text("utf-8") for path in sorted(PACKAGE.glob("*.py")))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_pages_say_what_there_is(path: Path) -> None:
    assert set(re.findall(r'say\("([\w-]+)"\)', path.read_text("utf-8"))) <= WORDS.keys()


@pytest.mark.parametrize("outcome", Outcome)
def test_outcomes_have_words(outcome: Outcome) -> None:
    assert outcome.value in WORDS


@pytest.mark.parametrize("reason", Reason)
def test_reasons_have_words(reason: Reason) -> None:
    assert f"reason_{reason.value}" in WORDS


@pytest.mark.parametrize("code", [code for code in refusals.WORDS if code.startswith("bank.")])
def test_own_refusals_are_used(code: str) -> None:
    assert f'refused("{code}"' in SOURCES


@pytest.mark.parametrize("code", refusals.WORDS)
def test_refusals_are_in_both_languages(code: str) -> None:
    words = refusals.WORDS[code]
    assert re.search(r"[ぁ-ん]", words.ja)
    assert words.en.isascii()
