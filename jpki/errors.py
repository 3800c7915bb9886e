"""What can go wrong while issuing, registering and trusting certificates.

JpkiError
├── DerError                  bytes that are not the DER they should be, or a value that DER cannot carry
├── HolderError               a person's particulars that the certificate profile cannot carry
├── KeyFileError              bytes that are no private key of an algorithm that JPKI has
├── IssueError                a certificate or CRL that this authority must not sign
├── CrlUnwritableError        the operating system refused to write a CRL (carries ``path``)
├── TokenError                a PKCS #11 token that does not do what was asked (carries ``token``)
│   ├── TokenModuleError          no library for tokens, or the module is none
│   ├── TokenNotFoundError        no token of that label, or several; or it went away
│   ├── TokenPinError             the PIN is wrong, missing or locked; it was tried once at most
│   └── TokenKeyError             no such key on the token, or one that no CA has
└── RegistryError
    ├── RegistryNotFoundError     no register where one was expected
    ├── RegistryExistsError       a register is already there
    ├── RegistryStorageError      the operating system refused to read or write (carries ``path``)
    ├── RegistryLockedError       another process is writing
    ├── RegistryUnreachableError  the database server does not answer, or turns us away
    ├── RegistrySchemaError       a register of another schema (carries ``found`` and ``expected``)
    ├── RegistryCorruptError      bytes that no register writes (carries ``path`` and, of a journal, ``line``)
    ├── UnknownEntryError         no such person, serial number or certificate
    ├── DuplicateEntryError       the entry exists already
    ├── OperationRefusedError     the life cycle has no such step from here (carries the ``refusal``)
    ├── AlreadyRevokedError       carries the ``reason`` and moment that stand in the register
    └── NotOnHoldError            there is no hold to lift
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jpki.reasons import RevocationReason
    from jpki.registry.request import Refusal


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


class CrlUnwritableError(JpkiError):
    """The environment refused to write the CRL; whatever stood at ``path`` before still does."""

    def __init__(self, *, path: Path, why: str) -> None:
        super().__init__(
            f"the CRL cannot be written to {path}: {why}",
            hint="check the directory's owner and the free space; nothing was changed",
        )
        self.path = path


class TokenError(JpkiError):
    """The PKCS #11 token whose label is ``token`` refused. What it said stands in the message, a PIN never does."""

    def __init__(self, message: str, *, token: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.token = token


class TokenModuleError(TokenError):
    """The environment has no library for tokens, or what was named as their module cannot be loaded."""


class TokenNotFoundError(TokenError):
    """The environment has no token of this label any more, or more than one."""


class TokenPinError(TokenError):
    """The token's PIN is wrong, missing or locked. The same PIN is not tried again: a token locks."""


class TokenKeyError(TokenError):
    """The token has no such key, more than one, or one of a kind that no CA has."""


class RegistryError(JpkiError):
    """Base of everything that the register refuses."""


class _RegistryFileError(RegistryError):
    """``path`` is the file, or the URL of the database without its password."""

    def __init__(self, message: str, *, path: Path | str, hint: str = "") -> None:
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


class RegistryUnreachableError(_RegistryFileError):
    """The database server at ``path`` did not let us in."""


class RegistrySchemaError(_RegistryFileError):
    """The register at ``path`` was written by another schema."""

    def __init__(self, *, path: Path | str, found: object, expected: int) -> None:
        super().__init__(
            f"{path} is a register of schema {found!r}, this program reads schema {expected}",
            path=path,
            hint="use the program version that wrote it, or begin a new lab",
        )
        self.found = found
        self.expected = expected


class RegistryCorruptError(_RegistryFileError):
    """The register at ``path`` (its line ``line``, if it is a journal) is nothing that a register writes."""

    def __init__(self, why: str, *, path: Path | str, line: int | None = None) -> None:
        super().__init__(
            f"{path}: {why}" if line is None else f"{path}, line {line}: {why}",
            path=path,
            hint="an interrupted write never causes this: restore the file from a copy, or begin a new lab",
        )
        self.line = line


class UnknownEntryError(RegistryError):
    """The register has no such person, serial number or certificate."""


class DuplicateEntryError(RegistryError):
    """The register has this entry already."""


class OperationRefusedError(RegistryError):
    """A step that the life cycle does not have from here; nothing has changed. ``refusal`` has a stable code."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message_en, hint=refusal.hint_en)
        self.refusal = refusal


class AlreadyRevokedError(RegistryError):
    """The certificate is revoked for good: since ``revoked_at``, for ``reason``."""

    def __init__(self, message: str, *, reason: RevocationReason, revoked_at: datetime, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.reason = reason
        self.revoked_at = revoked_at


class NotOnHoldError(RegistryError):
    """The certificate is not on hold: there is nothing to lift."""
