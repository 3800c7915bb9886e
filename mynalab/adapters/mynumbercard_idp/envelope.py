"""The certificate out of its envelope: a compact JWE (RFC 7516) around PEM (RFC 7468)."""

from __future__ import annotations

import binascii
import re
import zlib
from base64 import b64decode
from typing import Any, Final

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import GuestProtocol, KeySet, RSAKey

KEY_MANAGEMENT: Final = "RSA-OAEP-256"  # RFC 7518 clause 4.3
ENCRYPTIONS: Final = ("A128CBC-HS256", "A256GCM")  # the client's code; the header in the document's example
MAX_PEM: Final = 16_384
_HEADER: Final = {"alg", "enc", "zip", "kid", "cty", "typ"}
"""No ``jwk`` and no ``jku``: no key comes from a message."""
_PEM: Final = re.compile(r"\s*-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*")
_PEM_BEGINS: Final = b"-----BEGIN "


class EnvelopeError(ValueError):
    """No certificate for this platform is in there. Its message has nothing of what was sent."""


def open_envelope(text: str, keys: KeySet, *, unsafe_bare: bool = False) -> bytes:
    """The certificate in DER. ``unsafe_bare`` takes PEM without a JWE, too, as an example in the document has it."""
    if unsafe_bare and text.lstrip().startswith(_PEM_BEGINS.decode()):
        return _der(text)
    try:
        opened = jwe.decrypt_compact(text, lambda guest: _key(guest, keys), registry=_REGISTRY)
        content = (opened.plaintext or b"").decode("ascii")
    except (JoseError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise EnvelopeError("the certificate is no JWE for the first key of /key/jwks.json") from error
    if not set(opened.headers()) <= _HEADER:
        raise EnvelopeError("the JWE has a header that is not expected")
    return _der(content)


class _Registry(jwe.JWERegistry):
    """Allows what is allowed here, and reads ``zip`` as the provider writes it."""

    def get_zip(self, name: str) -> Any:
        """See ``Inflating``."""
        super().get_zip(name)
        return Inflating()


class Inflating:
    """DEFLATE (RFC 1951) into a small space.

    Keycloak, on which the provider stands, writes ``zip: DEF`` into the header and compresses nothing
    (org.keycloak.jose.jwe.JWE.encodeJwe), so that what is PEM already stays as it is.
    """

    def decompress(self, content: bytes) -> bytes:
        """``ValueError`` for what is no DEFLATE, or becomes too long."""
        if content.startswith(_PEM_BEGINS):
            return content
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            found = inflater.decompress(content, MAX_PEM)
        except zlib.error as error:
            raise ValueError("not compressed as it says") from error
        if not inflater.eof or inflater.unused_data:
            raise ValueError("too long, or cut off")
        return found


_REGISTRY: Final = _Registry(algorithms=(KEY_MANAGEMENT, *ENCRYPTIONS, "DEF"))


def _key(guest: GuestProtocol, keys: KeySet) -> RSAKey:
    """The first, unless the header names another of ours: the client names none (JWEHeader with alg, enc, zip)."""
    kid = guest.headers().get("kid")
    found = keys.keys[0] if kid is None else next((one for one in keys.keys if one.kid == kid), None)
    if not isinstance(found, RSAKey):
        raise ValueError("no such key")
    return found


def _der(text: str) -> bytes:
    """Strict about what stands around the Base64, and takes any line length (RFC 7468 clause 3, lax)."""
    found = _PEM.fullmatch(text) if len(text) <= MAX_PEM else None
    try:
        return b64decode("".join(found[1].split()) if found else "*", validate=True)
    except (binascii.Error, ValueError) as error:
        raise EnvelopeError("what is in the JWE is no certificate in PEM") from error
