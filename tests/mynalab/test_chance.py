"""Chance: what a seed determines, and what it must not."""

from __future__ import annotations

import hashlib

import pytest

from mynalab.chance import seeded_number, seeded_random, system_random


@pytest.mark.parametrize("cuts", [(48,), (16, 16, 16), (1, 31, 16), (33, 15)], ids=str)
def test_stream_does_not_depend_on_how_it_is_read(cuts: tuple[int, ...]) -> None:
    read = seeded_random("classroom", "label")
    prefix = hashlib.sha256(b"classroom\0label").digest()
    expected = b"".join(hashlib.sha256(prefix + number.to_bytes(8)).digest() for number in range(2))
    assert b"".join(read(cut) for cut in cuts) == expected[:48]


@pytest.mark.parametrize(("seed", "label"), [("a", "bc"), ("ab", "c"), ("b", "b")])
def test_other_seed_or_label_gives_another_stream(seed: str, label: str) -> None:
    assert seeded_random(seed, label)(32) != seeded_random("a", "b")(32)


@pytest.mark.parametrize("below", [1, 2, 8, 10**14])
def test_number_stays_below_its_bound(below: int) -> None:
    assert 0 <= seeded_number("a", "b", below) < below


def test_number_is_determined() -> None:
    assert seeded_number("a", "b", 10**6) == seeded_number("a", "b", 10**6)


def test_system_random_is_as_long_as_asked_and_not_repeated() -> None:
    assert len(system_random(32)) == 32
    assert system_random(32) != system_random(32)
