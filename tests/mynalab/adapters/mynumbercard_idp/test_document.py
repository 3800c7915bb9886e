"""docs/adapter-mynumbercard-idp.md has every answer with its status, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from mynalab.adapters.mynumbercard_idp.answers import Operation, statuses

DOCUMENT = Path(__file__).parents[4] / "docs" / "adapter-mynumbercard-idp.md"


def test_the_table_is_the_codes() -> None:
    rows = re.findall(
        r"^\| `([a-z.-]+)` \| (\d+|–) \| (\d+|–) \| (\d+|–) \|", DOCUMENT.read_text("utf-8"), re.MULTILINE
    )
    written = {
        (operation, code, int(status))
        for code, *found in rows
        for operation, status in zip(Operation, found, strict=True)
        if status != "–"
    }
    real = {
        (operation, code, status)
        for operation in Operation
        for status, codes in statuses(operation).items()
        for code in codes
    }
    assert written == real
