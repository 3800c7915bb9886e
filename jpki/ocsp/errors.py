"""What can go wrong before an OCSP response is signed. A peer's bad request is answered, not raised, by ``Responder``.

OcspError (a JpkiError)
├── MalformedRequestError      the peer's bytes are no OCSP request, or more than a responder has to read
├── ResponderError             the caller's key and certificate do not make a responder of that CA
└── StatusUnavailableError     the source of status cannot say anything now
"""

from __future__ import annotations

from jpki.errors import JpkiError


class OcspError(JpkiError):
    """Base of everything that goes wrong around OCSP."""


class MalformedRequestError(OcspError):
    """The peer's bytes are no OCSP request in DER, or exceed the limits."""


class ResponderError(OcspError):
    """The caller's key and certificate do not make a responder of that CA."""


class StatusUnavailableError(OcspError):
    """A status source raises it when it cannot answer now, but may later: the client hears tryLater."""
