"""What can go wrong before a document is signed, and what a verifier's caller can get wrong.

SigningError (a JpkiError)
├── DocumentError          a file that cannot be signed in this form
└── MissingLibraryError    the extra for this form is not installed (carries ``extra``)

What is wrong with a signed document is never an exception: it is a finding.
"""

from __future__ import annotations

from jpki.errors import JpkiError


class SigningError(JpkiError):
    """Base of what can go wrong around a document signature."""


class DocumentError(SigningError):
    """The caller's document cannot be signed in this form; the card was not asked."""


class MissingLibraryError(SigningError):
    """The environment lacks the libraries of an optional form of signature."""

    def __init__(self, *, extra: str) -> None:
        super().__init__(
            f"the libraries for {extra.upper()} signatures are not installed",
            hint=f"install them: pip install 'mynalab[{extra}]'",
        )
        self.extra = extra
