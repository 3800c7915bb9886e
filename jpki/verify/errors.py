"""What can go wrong before anything is verified: the caller's own material.

VerifyError (a JpkiError)
├── TrustAnchorError    a certificate that cannot be a trust anchor
├── PolicyError         a policy that does not fit where it is used
└── OcspUnavailableError  no responder could be asked; what carries requests raises it, the check makes it a finding

What is wrong with a peer's certificate or signature is never an exception: it is a finding.
"""

from __future__ import annotations

from jpki.errors import JpkiError


class VerifyError(JpkiError):
    """Base of everything that the verifier's caller can get wrong."""


class TrustAnchorError(VerifyError):
    """The certificate is not the self-signed root of the CA that it was said to be."""


class PolicyError(VerifyError):
    """The policy asks for another purpose than the ceremony that uses it."""


class OcspUnavailableError(VerifyError):
    """No OCSP responder could be asked. The message says why."""


class UnsafeVerificationWarning(UserWarning):
    """A verifier was told to leave out a check."""
