"""A socket fits into the directory that is made for it, wherever temporary files go."""

from __future__ import annotations

import socket
import tempfile
from pathlib import Path

import pytest

from mynalab.sockets import socket_directory


# 107 bytes less "/mynalab-01234567/pcscd.comm" are 79.
@pytest.mark.parametrize(("length", "stays"), [(30, True), (79, True), (80, False), (200, False)])
def test_socket_fits(monkeypatch: pytest.MonkeyPatch, length: int, stays: bool) -> None:
    with tempfile.TemporaryDirectory(prefix="ms-", dir="/tmp") as base:
        parent = Path(base) / ("x" * (length - len(base) - 1))
        parent.mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(parent))
        with socket_directory("pcscd.comm") as directory, socket.socket(socket.AF_UNIX) as listener:
            listener.bind(f"{directory}/pcscd.comm")
            assert Path(directory).stat().st_mode & 0o077 == 0
            assert (Path(directory).parent == parent) == stays
