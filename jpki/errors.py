"""What can go wrong while issuing, registering and trusting certificates.

JpkiError
├── DerError                  bytes that are not the DER they should be, or a value that DER cannot carry
├── HolderError               a person's particulars that the certificate profile cannot carry
├── KeyFileError              bytes that are no private key of an algorithm that JPKI has
├── IssueError                a certificate or CRL that this authority must not sign
└── RegistryError
    ├── RegistryNotFoundError     no register where one was expected
    ├── RegistryExistsError       a register is already there
    ├── RegistryStorageError      the operating system refused to read or write (carries ``path``)
    ├── RegistryLockedError       another process is writing
    ├── RegistrySchemaError       a register of another schema (carries ``found`` and ``expected``)
    ├── RegistryCorruptError      bytes that no register writes (carries ``path`` and ``line``)
    ├── UnknownEntryError         no such person, serial number or certificate
    ├── DuplicateEntryError       the entry exists already
    └── AlreadyRevokedError       carries the ``reason`` and moment that stand in the register
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jpki.reasons import RevocationReason


class JpkiError(Exception):
    """Base of this package. ``hint`` is a next step for a person, or empty."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UnsafeHierarchyWarning(UserWarning):
    """Certificates are about to carry the production names of JPKI."""


class DerError(JpkiError):
    """The peer's bytes are not the strict DER of the profile, or the caller's value has no such encoding."""


class HolderError(JpkiError):
    """The caller's particulars of a person do not fit the certificate profile."""


class KeyFileError(JpkiError):
    """The caller's bytes are no private key that a JPKI authority or card could have."""


class IssueError(JpkiError):
    """The caller asked for a certificate or CRL that the profile forbids."""


class RegistryError(JpkiError):
    """Base of everything that the register refuses."""


class _RegistryFileError(RegistryError):
    def __init__(self, message: str, *, path: Path, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.path = path


class RegistryNotFoundError(_RegistryFileError):
    """The environment has no register at ``path``."""


class RegistryExistsError(_RegistryFileError):
    """The environment has something at ``path`` already."""


class RegistryStorageError(_RegistryFileError):
    """The operating system refused; the register is as it was."""


class RegistryLockedError(_RegistryFileError):
    """Another process holds the register's lock."""


class RegistrySchemaError(_RegistryFileError):
    """The register at ``path`` was written by another schema."""

    def __init__(self, *, path: Path, found: object, expected: int) -> None:
        super().__init__(
            f"{path} is a register of schema {found!r}, this program reads schema {expected}",
            path=path,
            hint="use the program version that wrote it, or begin a new lab",
        )
        self.found = found
        self.expected = expected


class RegistryCorruptError(_RegistryFileError):
    """Line ``line`` of the register at ``path`` is nothing that a register writes."""

    def __init__(self, why: str, *, path: Path, line: int) -> None:
        super().__init__(
            f"{path}, line {line}: {why}",
            path=path,
            hint="an interrupted write never causes this: restore the file from a copy, or begin a new lab",
        )
        self.line = line


class UnknownEntryError(RegistryError):
    """The register has no such person, serial number or certificate."""


class DuplicateEntryError(RegistryError):
    """The register has this entry already."""


class AlreadyRevokedError(RegistryError):
    """The certificate is revoked for good: since ``revoked_at``, for ``reason``."""

    def __init__(self, message: str, *, reason: RevocationReason, revoked_at: datetime, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.reason = reason
        self.revoked_at = revoked_at
