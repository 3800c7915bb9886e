"""What can go wrong before a repository serves. What a client does wrong is answered, never raised.

RepositoryError (a JpkiError)
└── PkiFaultError             a fault that cannot be (carries ``field``)
"""

from __future__ import annotations

from jpki.errors import JpkiError


class RepositoryError(JpkiError):
    """Base of this package."""


class PkiFaultError(RepositoryError):
    """The caller's fault is none. ``field`` is the one at fault; the message says the rest of the sentence."""

    def __init__(self, message: str, *, field: str = "", hint: str = "") -> None:
        super().__init__(f"{field} {message}" if field else message, hint=hint)
        self.field = field
