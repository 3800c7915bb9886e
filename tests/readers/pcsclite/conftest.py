"""A running service with one reader and a card in it, and clients for it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from readers.pcsclite import PcscLiteServer
from tests.readers.pcsclite.client import RawClient, TellingCard


@pytest.fixture
def socket_path() -> Iterator[Path]:
    """A short path: a Unix socket's has at most 107 bytes, and pytest's own directories are long."""
    with tempfile.TemporaryDirectory(prefix="mynalab-") as directory:
        yield Path(directory) / "pcscd.comm"


@pytest.fixture
def card() -> TellingCard:
    return TellingCard()


@pytest.fixture
def server(socket_path: Path, card: TellingCard) -> Iterator[PcscLiteServer]:
    """A service with the card in the reader "Lab"."""
    with PcscLiteServer(socket_path) as server:
        server.add_reader("Lab", card)
        yield server


@pytest.fixture
def new_client(server: PcscLiteServer, socket_path: Path) -> Iterator[Callable[..., RawClient]]:
    """Makes clients with a context each, of any minor version."""
    with ExitStack() as stack:

        def make(minor: int = 4) -> RawClient:
            client = stack.enter_context(RawClient(socket_path, minor=minor))
            client.establish()
            return client

        yield make


@pytest.fixture
def client(new_client: Callable[..., RawClient]) -> RawClient:
    return new_client()


@pytest.fixture
def other(new_client: Callable[..., RawClient]) -> RawClient:
    return new_client()
