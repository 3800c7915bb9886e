"""The register that a lab has, or had."""

from __future__ import annotations

import pytest

from mynalab.errors import LabBrokenError
from mynalab.lab.lab import Lab
from mynalab.lab.register import open_register


def test_register_of_a_lab_is_opened(lab: Lab) -> None:
    with open_register(lab) as register:
        assert len(register.certificates(card="alice")) == 2


def test_register_that_is_gone_is_to_be_restored(lab: Lab) -> None:
    lab.paths.register.unlink()
    with pytest.raises(LabBrokenError, match=r"register\.db is missing") as caught:
        open_register(lab)
    assert caught.value.hint.startswith("restore it")
    assert not lab.paths.register.exists()
