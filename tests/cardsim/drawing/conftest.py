"""The shipped font, and chance that says the same every time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from apdu.ports import RandomBytes
from cardsim.drawing.lettering import Lettering

FONT = Path(__file__).parents[3] / "fixtures" / "fonts" / "lab-gothic.otf"


@pytest.fixture(scope="session")
def lettering() -> Lettering:
    """The font that cards are lettered with."""
    return Lettering(FONT)


@pytest.fixture
def chance() -> Callable[[str], RandomBytes]:
    """A stream for each name."""

    def make(name: str) -> RandomBytes:
        taken = 0

        def read(count: int) -> bytes:
            nonlocal taken
            stream = hashlib.shake_128(name.encode()).digest(taken + count)[taken:]
            taken += count
            return stream

        return read

    return make
