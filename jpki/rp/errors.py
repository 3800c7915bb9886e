"""What can go wrong in a ceremony before there is a verdict, and in what a relying party keeps.

CeremonyError (a JpkiError)         also raised itself, for a text that has no bytes to sign
├── OriginError       a text that is no canonical origin
├── ChallengeError    a challenge that a client must not answer
├── VaultError        a key that is none, or a sealed record that does not open with it
├── TenantError       a name that no tenant of the operator can have, has already, or has not
├── SweepIncompleteError  the counts of a sweep do not add up
└── RpStorageError    the file or database of the customers refuses (carries ``place``)
    ├── RpStorageBusyError    another process is writing
    └── RpSchemaError         customers of another schema (carries ``found`` and ``expected``)
"""

from __future__ import annotations

from pathlib import Path

from jpki.errors import JpkiError


class CeremonyError(JpkiError):
    """Base of what a relying party or its client can get wrong."""


class OriginError(CeremonyError):
    """The caller's text is not an origin in its one canonical form."""


class ChallengeError(CeremonyError):
    """The server's challenge is too weak, ambiguous, out of time or not for this; nothing was signed."""


class VaultError(CeremonyError):
    """The caller's key is no key, or the record was not sealed with it, for this place, or was changed since."""


class RpStorageError(CeremonyError):
    """The environment refused to read or write what the relying party keeps; nothing was changed."""

    def __init__(self, message: str, *, place: Path | str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.place = place


class RpStorageBusyError(RpStorageError):
    """Another process is writing, and did not end in time."""


class RpSchemaError(RpStorageError):
    """A newer program made it, or one so old that nothing brings it here."""

    def __init__(self, *, place: Path | str, found: int, expected: int) -> None:
        super().__init__(
            f"{place} has customers of schema {found}, this program reads {expected}",
            place=place,
            hint="use the program that wrote it, or a newer one",
        )
        self.found = found
        self.expected = expected


class SweepIncompleteError(CeremonyError):
    """The store's count of what was to be swept is another than what came of it."""


class TenantError(CeremonyError):
    """The caller's name is no tenant's, or cannot be, or is another's already."""
