"""Answers to reset: check byte, protocol and the forms of the two interfaces."""

from __future__ import annotations

import functools
import operator

import pytest

from apdu.layout.atr import ATRS, Interface


@pytest.mark.parametrize("profile", ATRS)
def test_check_byte(profile: str) -> None:
    """ISO/IEC 7816-3 clause 8.2.5: T0 to TCK XOR to zero."""
    assert functools.reduce(operator.xor, ATRS[profile].value[1:]) == 0


@pytest.mark.parametrize("profile", ATRS)
def test_interface_and_index(profile: str) -> None:
    fact = ATRS[profile]
    contactless = fact.value.startswith(bytes.fromhex("3B888001"))  # PC/SC specification part 3
    assert (fact.interface is Interface.CONTACTLESS) is contactless
    assert fact.profile == profile
    assert fact.source


def test_nine_profiles() -> None:
    assert list(ATRS) == ["C1", "C2", "C3", "C4", "C5", "T1", "T2", "T3", "T4"]


def test_the_one_opensc_knows() -> None:
    """OpenSC card-jpki.c."""
    assert ATRS["C1"].value == bytes.fromhex("3BE000FF8131FE4514")
