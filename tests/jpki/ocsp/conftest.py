"""The desk as a fixture."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from jpki.ca.authority import Authority
from jpki.kinds import CaKind
from tests.jpki.ocsp.desk import Desk, make_desk


@pytest.fixture
def desk(authorities: Mapping[CaKind, Authority], make_authority: Callable[..., Authority]) -> Desk:
    """A desk for this test alone."""
    return make_desk(authorities, make_authority)
