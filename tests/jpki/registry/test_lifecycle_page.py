"""The table as a page: every operation and every refusal, in both languages."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from jpki.registry.lifecycle import ROWS, Row
from jpki.registry.lifecycle_page import refusals_as_markdown, table_as_markdown
from jpki.registry.preconditions import Precondition

JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")
CONDITIONS = {needed.name: needed for row in ROWS for needed in row.needs}


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.operation.value)
def test_row_stands_on_the_page(row: Row, language: str) -> None:
    line = next(line for line in table_as_markdown(language).splitlines() if f"| `{row.operation.value}` |" in line)
    assert line.count(" | ") == 9
    assert (row.title_en if language == "en" else row.title_ja) in line
    assert row.source in line


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.operation.value)
def test_titles_are_in_their_language(row: Row) -> None:
    assert JAPANESE.search(row.title_ja)
    assert not JAPANESE.search(row.title_en)


@pytest.mark.parametrize("condition", CONDITIONS.values(), ids=CONDITIONS)
def test_refusal_stands_on_the_page(condition: Precondition) -> None:
    assert f"| `{condition.code}` | {condition.message_en}: {condition.hint_en} | " in refusals_as_markdown()


def _texts(pick: Callable[[Precondition], str]) -> list[str]:
    return [pick(condition) for condition in CONDITIONS.values()]


def test_refusals_are_in_their_language() -> None:
    assert all(text.endswith("。") for text in _texts(lambda c: c.message_ja) + _texts(lambda c: c.hint_ja))
    assert not any(JAPANESE.search(text) for text in _texts(lambda c: c.message_en) + _texts(lambda c: c.hint_en))


@pytest.mark.parametrize(
    ("operation", "cell"),
    [
        ("renew", "revoked, issued anew (superseded)"),
        ("lose-card", "held (certificateHold)"),
        ("find-phone", "hold lifted"),
        ("issue", "new card: issued"),
        ("move", "every card: revoked (affiliationChanged)"),
    ],
)
def test_words_of_the_cells(operation: str, cell: str) -> None:
    line = next(line for line in table_as_markdown("en").splitlines() if f"| `{operation}` |" in line)
    assert f" | {cell} | " in line
