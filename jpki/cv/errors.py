"""What can go wrong with card-verifiable certificates and signed records.

CvError (a JpkiError)
├── CvFormatError     bytes or fields that are no key identifier, certificate or record of the documented form
└── CvTrustError      a certificate that cannot be a trust anchor
"""

from __future__ import annotations

from jpki.errors import JpkiError


class CvError(JpkiError):
    """Base of everything that this package raises by itself."""


class CvFormatError(CvError):
    """The peer's bytes, or the caller's fields, have not the documented form."""


class CvTrustError(CvError):
    """The caller's certificate is no self-signed root."""
