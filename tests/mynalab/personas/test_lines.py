"""Where keys stand in a TOML text."""

from __future__ import annotations

import pytest

from mynalab.personas.lines import key_lines, line_of

TEXT = """\
# a comment with name = 1
schema = 1

[person]  # who
name = "a"
  birth = 1990-04-15
substitutes = { "x" = "y" }
card.inner = 1

[[revoked]]
reason = "a"
[[revoked]]

reason = "b"
"""


@pytest.mark.parametrize(
    ("field", "line"),
    [
        ("schema", 2),
        ("person", 4),
        ("person.name", 5),
        ("person.birth", 6),
        ("person.substitutes", 7),
        ("revoked", 10),
        ("revoked[0].reason", 11),
        ("revoked[1]", 12),
        ("revoked[1].reason", 14),
        # what is missing is missing from its table, or from the file
        ("person.sex", 4),
        ("revoked[1].at", 12),
        ("pins.authentication", 1),
        ("name", 1),
    ],
)
def test_field_is_found(field: str, line: int) -> None:
    assert line_of(key_lines(TEXT), field) == line
