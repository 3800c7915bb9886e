"""What the tests of the register share: a PostgreSQL server, and registers with a person in every situation."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.jpki.registry.postgresql import Cluster, running_cluster
from tests.jpki.registry.town import Towns


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server on a socket of its own, for all tests of this process."""
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Towns:
    """Register files by situation, made once for each worker."""
    return Towns(tmp_path_factory.mktemp("towns"))
