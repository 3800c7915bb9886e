"""Whatever a command may meet has a next step to offer."""

from __future__ import annotations

import pytest

from mynalab.errors import EXPECTED_ERRORS, LabError


@pytest.mark.parametrize("base", EXPECTED_ERRORS, ids=lambda base: base.__name__)
def test_base_carries_a_hint(base: type[LabError]) -> None:
    error = base("message", hint="next step")
    assert (str(error), error.hint) == ("message", "next step")
