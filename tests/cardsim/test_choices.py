"""The table of design choices."""

from __future__ import annotations

from cardsim.choices import CHOICES, as_markdown


def test_every_choice_has_an_address_of_its_own() -> None:
    assert len({choice.id for choice in CHOICES}) == len(CHOICES)


def test_the_page_has_a_row_for_each_in_four_columns() -> None:
    lines = as_markdown().splitlines()
    assert len(lines) == len(CHOICES) + 2
    assert {line.count("|") for line in lines} == {5}
