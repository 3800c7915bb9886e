"""The textual encoding of certificates and lists (RFC 7468)."""

from __future__ import annotations

import base64
from typing import Final

_LINE: Final = 64  # RFC 7468 clause 2: each line but the last has exactly so many characters


def to_pem(der: bytes, label: str) -> bytes:
    """The DER between lines that say what it is, such as ``CERTIFICATE`` or ``X509 CRL``."""
    body = base64.b64encode(der)
    lines = (body[at : at + _LINE] for at in range(0, len(body), _LINE))
    frame = label.encode("ascii")
    return b"\n".join((b"-----BEGIN %b-----" % frame, *lines, b"-----END %b-----\n" % frame))
