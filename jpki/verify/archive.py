"""Where the data of evidence are kept once for many records: lists, responses and roots, each under its SHA-256."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Protocol


class EvidenceArchive(Protocol):
    """Bytes by their hash. What is in it never changes."""

    def keep(self, content: bytes) -> None:
        """Keep these bytes; nothing happens when they are there."""
        ...

    def fetch(self, digest: bytes) -> bytes | None:
        """The bytes with this SHA-256, None when they are not there. Whoever asks checks the hash."""
        ...


class DirectoryArchive:
    """A file for each content, named by its hash in hex. The directory is the caller's, and exists."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def keep(self, content: bytes) -> None:
        """Written under another name first, so that a file that is there is whole."""
        path = self._path(sha256(content).digest())
        if path.exists():
            return
        unfinished = path.with_suffix(".part")
        unfinished.write_bytes(content)
        unfinished.replace(path)

    def fetch(self, digest: bytes) -> bytes | None:
        """The content of the file that is named so."""
        try:
            return self._path(digest).read_bytes()
        except FileNotFoundError:
            return None

    def _path(self, digest: bytes) -> Path:
        return self._directory / f"{digest.hex()}.der"
