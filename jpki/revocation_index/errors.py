"""What can go wrong between a CRL and its index.

RevocationIndexError (a JpkiError)
├── CrlRefusedError           the peer's bytes are not the issuer's CRL (carries ``flaw`` and ``offset``)
├── CrlRolledBackError        the CRL is older than the one that the index was made of
├── IndexUnwritableError      the operating system refused to write (carries ``path``)
├── IndexLockedError          another process is writing this index (carries ``path``)
└── IndexUnreadableError      the index at ``path`` cannot be used; for a verifier it is a CRL that cannot be read
    ├── IndexMissingError         there is none
    ├── IndexDamagedError         bytes that no index has
    └── IndexSchemaError          an index of another schema (carries ``found`` and ``expected``)
"""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from jpki.errors import JpkiError
from jpki.verify.crl_frame import CrlUnreadableError


class CrlFlaw(Enum):
    """Why a CRL was refused. Values are an interface: they are added, never renamed."""

    TRUNCATED = "truncated"
    TRAILING_BYTES = "trailing-bytes"
    MALFORMED = "malformed"
    MALFORMED_ENTRY = "malformed-entry"
    DUPLICATE_SERIAL = "duplicate-serial"
    TOO_LARGE = "too-large"
    INDIRECT = "indirect"
    OTHER_ISSUER = "other-issuer"
    OTHER_KEY = "other-key"
    OTHER_ALGORITHM = "other-algorithm"
    OTHER_PARTITION = "other-partition"
    SIGNATURE_INVALID = "signature-invalid"


class RevocationIndexError(JpkiError):
    """Base of this package."""


class CrlRefusedError(RevocationIndexError):
    """The peer's bytes are no CRL of that issuer. ``offset`` is where it shows, if it is one place."""

    def __init__(self, flaw: CrlFlaw, message: str, *, offset: int | None = None) -> None:
        where = "" if offset is None else f" (byte {offset})"
        super().__init__(f"{message}{where}", hint="fetch the list again; the index that there is was not touched")
        self.flaw = flaw
        self.offset = offset


class CrlRolledBackError(RevocationIndexError):
    """The peer offered a CRL that is older than what the index was made of, or another one of the same number."""


class IndexUnwritableError(RevocationIndexError):
    """The environment refused; whatever stood at ``path`` before still does."""

    def __init__(self, *, path: Path, why: str) -> None:
        super().__init__(
            f"the index {path} cannot be written: {why}",
            hint="check the directory's owner and the free space; nothing was changed",
        )
        self.path = path


class IndexLockedError(RevocationIndexError):
    """Another process is writing the index at ``path``."""

    def __init__(self, *, path: Path) -> None:
        super().__init__(f"another process is writing {path}", hint="wait for it; readers are not affected")
        self.path = path


class IndexUnreadableError(RevocationIndexError, CrlUnreadableError):
    """The environment has no index at ``path`` that could be asked."""

    def __init__(self, message: str, *, path: Path, hint: str = "build it again from the current CRL") -> None:
        super().__init__(message, hint=hint)
        self.path = path


class IndexMissingError(IndexUnreadableError):
    """There is no file, or none that may be read."""


class IndexDamagedError(IndexUnreadableError):
    """The file was cut, overwritten or never was an index."""


class IndexSchemaError(IndexUnreadableError):
    """The index was written by another version of this program."""

    def __init__(self, *, path: Path, found: int, expected: int) -> None:
        super().__init__(f"{path} is an index of schema {found}, this program reads schema {expected}", path=path)
        self.found = found
        self.expected = expected
