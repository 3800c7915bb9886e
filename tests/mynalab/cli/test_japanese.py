"""Every error that a person can meet has its Japanese sentence."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import apdu
import cardsim
import jpki
import mynalab
import readers
from cardsim.errors import StoreLockedError
from mynalab.cli.japanese import has_own_sentence, sentence_for
from mynalab.errors import EXPECTED_ERRORS


def error_classes() -> list[type[Exception]]:
    """Every public class below the five bases, wherever it is defined."""
    for package in (apdu, cardsim, readers, jpki, mynalab):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    found: list[type[Exception]] = []
    waiting: list[type[Exception]] = list(EXPECTED_ERRORS)
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if not kind.__name__.startswith("_") and kind.__module__.split(".")[0] != "tests":
            found.append(kind)
    return sorted(set(found), key=lambda kind: (kind.__module__, kind.__name__))


@pytest.mark.parametrize("kind", error_classes(), ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_class_has_a_sentence_of_its_own(kind: type[Exception]) -> None:
    assert has_own_sentence(kind)
    assert str(sentence_for(kind)).endswith("。")


def test_names_are_unambiguous() -> None:
    names = [kind.__name__ for kind in error_classes()]
    assert len(names) == len(set(names))


def test_class_without_one_borrows_that_of_its_base() -> None:
    class SpecialError(StoreLockedError):
        pass

    assert sentence_for(SpecialError) == sentence_for(StoreLockedError)


def test_what_is_none_of_ours_has_none() -> None:
    assert sentence_for(ZeroDivisionError) is None
