"""The data objects of GET DATA. Measured: soltia48/myna-card src/mf.rs."""

from __future__ import annotations

import pytest

from apdu.layout import card_manager
from apdu.layout.card_manager import DATA_OBJECTS


@pytest.mark.parametrize("tag", DATA_OBJECTS, ids="{:04X}".format)
def test_every_object_is_named_and_sourced(tag: int) -> None:
    fact = DATA_OBJECTS[tag]
    assert fact.tag == tag
    assert fact.name("en") != fact.name("ja")
    assert fact.source


def test_what_identifies_the_holder_or_the_card_is_personal() -> None:
    assert {tag for tag, fact in DATA_OBJECTS.items() if fact.personal} == {
        card_manager.CIN,
        card_manager.MUNICIPALITY_CODE,
        card_manager.EXPIRY,
    }
