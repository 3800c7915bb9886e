"""What can go wrong in a ceremony before there is a verdict.

CeremonyError (a JpkiError)         also raised itself, for a text that has no bytes to sign
├── OriginError       a text that is no canonical origin
└── ChallengeError    a challenge that a client must not answer
"""

from __future__ import annotations

from jpki.errors import JpkiError


class CeremonyError(JpkiError):
    """Base of what a relying party or its client can get wrong."""


class OriginError(CeremonyError):
    """The caller's text is not an origin in its one canonical form."""


class ChallengeError(CeremonyError):
    """The server's challenge is too weak, ambiguous, out of time or not for this; nothing was signed."""
