"""Files that the CAs of a lab publish, each in DER and in PEM."""

from __future__ import annotations

from pathlib import Path

from jpki.pem import to_pem
from mynalab.lab.files import write_atomically

__all__ = ["publish_certificate", "publish_crl", "to_pem"]


def publish_certificate(path: Path, certificate_der: bytes) -> None:
    """Publish the certificate of a CA."""
    _publish(path, certificate_der, "CERTIFICATE")


def publish_crl(path: Path, crl_der: bytes) -> None:
    """Publish a revocation list."""
    _publish(path, crl_der, "X509 CRL")


def _publish(path: Path, der: bytes, label: str) -> None:
    write_atomically(path, der)
    write_atomically(path.with_name(path.name + ".pem"), to_pem(der, label))
