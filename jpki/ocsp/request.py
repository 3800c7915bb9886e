"""OCSP requests (RFC 6960 clause 4.1): strict DER in, limits on everything, and the form that a GET carries."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from jpki import der, oids
from jpki.ca import encoding
from jpki.der_reader import OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, DerReader, context
from jpki.ocsp.certid import CertId, read_cert_id
from jpki.ocsp.errors import MalformedRequestError

MAX_REQUEST_SIZE: Final = 16 * 1024
"""Ours: a request for one certificate has 70 to 250 bytes, with a signature and its certificate about 2,000."""
MAX_CERTIFICATES: Final = 64
"""Ours: in one request."""
NONCE_SIZES: Final = range(1, 129)
"""RFC 9654 clause 2.1: 1 to 128 octets; a responder rejects all others as malformed."""

_NONCE: Final = der.oid(oids.OCSP_NONCE)[2:]


@dataclass(frozen=True, slots=True, kw_only=True)
class OcspRequest:
    """What a request asks. Its signature, which RFC 6960 clause 4.1.2 leaves optional, is not looked at."""

    cert_ids: tuple[CertId, ...]
    nonce: bytes | None = field(default=None, repr=False)
    is_signed: bool = False


def encode_request(cert_ids: Iterable[CertId], *, nonce: bytes | None = None) -> bytes:
    """An unsigned OCSPRequest."""
    entries = der.sequence(*(der.sequence(cert_id.raw) for cert_id in cert_ids))
    extensions = der.explicit(2, der.sequence(nonce_extension(nonce))) if nonce is not None else b""
    return der.sequence(der.sequence(entries, extensions))


def nonce_extension(nonce: bytes) -> bytes:
    """The Extension that carries a nonce, in requests and responses (RFC 9654 clause 2.1)."""
    return encoding.extension(oids.OCSP_NONCE, der.octet_string(nonce), critical=False)


def decode_request(raw: bytes) -> OcspRequest:
    """Read an OCSPRequest; ``MalformedRequestError`` for anything else, and for what exceeds the limits."""
    if len(raw) > MAX_REQUEST_SIZE:
        raise MalformedRequestError(f"a request of {len(raw)} bytes, {MAX_REQUEST_SIZE} are read")
    try:
        return _read_request(raw)
    except ValueError as error:
        raise MalformedRequestError(f"this is no OCSP request: {error}") from error


def encode_get_path(request: bytes) -> str:
    """The last part of a GET's path: base64, then escaped for a URL (RFC 6960 appendix A.1)."""
    return quote(base64.b64encode(request).decode("ascii"), safe="")


def decode_get_path(path: str) -> bytes:
    """The request bytes in what follows the responder's own path in a GET's URL; escaped or not, with or without ``/``.

    The base64 alphabet has ``/`` and ``+``: clients escape them, and many do not (RFC 5019 clause 5 says they must).
    Servers that have unescaped the path already may pass what they have.
    """
    if len(path) > 4 * MAX_REQUEST_SIZE:  # every character of the base64 may be three, and the base64 is a third longer
        raise MalformedRequestError(f"a path of {len(path)} characters holds no request that is read")
    try:
        return base64.b64decode(unquote_to_bytes(path.removeprefix("/")), validate=True)
    except ValueError as error:
        raise MalformedRequestError("the path is not the base64 of a request") from error


def _read_request(raw: bytes) -> OcspRequest:
    outer = DerReader.only(raw, SEQUENCE)
    tbs = outer.enter(SEQUENCE)
    is_signed = outer.next_is(context(0))
    if is_signed:
        _read_signature(outer.enter(context(0)))
    outer.finish()
    if tbs.next_is(context(0)):
        raise ValueError("version 1 is the only one, and DER leaves it out")
    if tbs.next_is(context(1)):  # requestorName: one GeneralName
        name = tbs.enter(context(1))
        name.whole()
        name.finish()
    cert_ids = _read_entries(tbs.enter(SEQUENCE))
    nonce = _read_extensions(tbs.enter(context(2))) if tbs.next_is(context(2)) else None
    tbs.finish()
    return OcspRequest(cert_ids=cert_ids, nonce=nonce, is_signed=is_signed)


def _read_entries(entries: DerReader) -> tuple[CertId, ...]:
    found: list[CertId] = []
    while entries.more():
        if len(found) == MAX_CERTIFICATES:
            raise ValueError(f"more than {MAX_CERTIFICATES} certificates")
        entry = entries.enter(SEQUENCE)
        found.append(read_cert_id(entry))
        if entry.next_is(context(0)):
            _read_extensions(entry.enter(context(0)))
        entry.finish()
    if not found:
        raise ValueError("no certificate is asked for")
    return tuple(found)


def _read_extensions(wrapped: DerReader) -> bytes | None:
    """The nonce among the extensions. Unknown ones pass unless they are critical (RFC 6960 clause 4.4)."""
    extensions = wrapped.enter(SEQUENCE)
    wrapped.finish()
    nonce: bytes | None = None
    seen: set[bytes] = set()
    while extensions.more():
        oid, critical, value = read_extension(extensions)
        if oid in seen:
            raise ValueError("an extension stands there twice")  # RFC 5280 clause 4.2
        seen.add(oid)
        if oid == _NONCE:
            nonce = read_nonce(value)
        elif critical:
            raise ValueError("a critical extension is not known here")
    if not seen:
        raise ValueError("the extensions are empty")
    return nonce


def read_extension(reader: DerReader) -> tuple[bytes, bool, bytes]:
    """One Extension: content of its OID, whether it is critical, its value."""
    extension = reader.enter(SEQUENCE)
    oid = extension.content(OBJECT_IDENTIFIER)
    critical = extension.true_or_absent()
    value = extension.content(OCTET_STRING)
    extension.finish()
    return oid, critical, value


def read_nonce(value: bytes) -> bytes:
    """The octets of a nonce; ``ValueError`` unless they are as many as RFC 9654 allows."""
    nonce = DerReader(value)
    octets = nonce.content(OCTET_STRING)
    nonce.finish()
    if len(octets) not in NONCE_SIZES:
        raise ValueError(f"a nonce has 1 to 128 octets, not {len(octets)}")
    return octets


def _read_signature(wrapped: DerReader) -> None:
    signature = wrapped.enter(SEQUENCE)
    wrapped.finish()
    algorithm = signature.enter(SEQUENCE)
    algorithm.content(OBJECT_IDENTIFIER)
    if algorithm.more():
        algorithm.whole()
    algorithm.finish()
    signature.bits()
    if signature.next_is(context(0)):
        certificates = signature.enter(context(0))
        listed = certificates.enter(SEQUENCE)
        certificates.finish()
        while listed.more():
            listed.whole(SEQUENCE)
    signature.finish()
