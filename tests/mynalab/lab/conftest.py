"""What the tests of a lab's counter share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mynalab.lab.lab import Lab
from mynalab.lab.register import open_register
from tests.mynalab.lab.town import Town


@pytest.fixture
def town(lab: Lab) -> Iterator[Town]:
    """The lab's counter."""
    with open_register(lab) as register:
        yield Town(lab, register)
