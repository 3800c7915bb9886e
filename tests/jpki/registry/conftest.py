"""Registers with a person in every situation, made once for each worker."""

from __future__ import annotations

import pytest

from tests.jpki.registry.town import Towns


@pytest.fixture(scope="session")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Towns:
    """Register files by situation."""
    return Towns(tmp_path_factory.mktemp("towns"))
