"""Where a socket of one command lies."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Final

_LONGEST_PATH_BYTES: Final = 107
"""Of a Unix socket (man 7 unix: sun_path, less its final zero byte)."""

_SHALLOW: Final = "/tmp"  # noqa: S108 - what is made there has a name of its own, and nobody else can enter it


def is_too_deep(path: Path | str) -> bool:
    """Whether no socket can lie there."""
    return len(os.fsencode(path)) > _LONGEST_PATH_BYTES


def socket_directory(socket_name: str) -> tempfile.TemporaryDirectory[str]:
    """A private directory: in the user's temporary directory, or in /tmp where that lies too deep for a socket."""
    too_deep = is_too_deep(f"{tempfile.gettempdir()}/mynalab-01234567/{socket_name}")
    return tempfile.TemporaryDirectory(prefix="mynalab-", dir=_SHALLOW if too_deep else None)
