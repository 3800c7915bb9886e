"""Files that the CAs of a lab publish, each in DER and in PEM."""

from __future__ import annotations

import base64
import textwrap
from pathlib import Path

from mynalab.lab.files import write_atomically


def publish_certificate(path: Path, certificate_der: bytes) -> None:
    """Publish the certificate of a CA."""
    _publish(path, certificate_der, "CERTIFICATE")


def publish_crl(path: Path, crl_der: bytes) -> None:
    """Publish a revocation list."""
    _publish(path, crl_der, "X509 CRL")


def to_pem(der: bytes, label: str) -> bytes:
    """The textual encoding of RFC 7468."""
    body = "\n".join(textwrap.wrap(base64.b64encode(der).decode("ascii"), 64))
    return f"-----BEGIN {label}-----\n{body}\n-----END {label}-----\n".encode("ascii")


def _publish(path: Path, der: bytes, label: str) -> None:
    write_atomically(path, der)
    write_atomically(path.with_name(path.name + ".pem"), to_pem(der, label))
