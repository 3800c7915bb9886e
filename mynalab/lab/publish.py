"""What the CAs of a lab publish: certificates and full CRLs, in DER and in PEM."""

from __future__ import annotations

import base64
import textwrap
from datetime import datetime
from pathlib import Path

from jpki.ca.authority import Authority
from jpki.ca.crl import CRL_LIFETIME, build_crl, crl_number_at
from jpki.kinds import CaKind
from jpki.registry.registry import Registry
from mynalab.lab.authorities import KINDS, authority
from mynalab.lab.files import write_atomically
from mynalab.lab.lab import Lab


def publish_authority(lab: Lab, ca: Authority) -> None:
    """Publish the certificate of a CA."""
    _publish(lab.paths.ca_certificate(ca.kind.value), ca.certificate_der, "CERTIFICATE")


def publish_crls(lab: Lab, *, now: datetime) -> list[Path]:
    """Publish the CRL of each CA as it is at ``now``; return the paths."""
    registry = Registry.open(lab.paths.register)
    return [_publish_crl(lab, kind, registry, now) for kind in KINDS]


def _publish_crl(lab: Lab, kind: CaKind, registry: Registry, now: datetime) -> Path:
    crl = build_crl(
        authority(lab, kind),
        entries=registry.crl_entries(kind, at=now),
        number=crl_number_at(now),
        this_update=now,
        next_update=now + CRL_LIFETIME,
    )
    path = lab.paths.crl(kind.value)
    _publish(path, crl, "X509 CRL")
    return path


def to_pem(der: bytes, label: str) -> bytes:
    """The textual encoding of RFC 7468."""
    body = "\n".join(textwrap.wrap(base64.b64encode(der).decode("ascii"), 64))
    return f"-----BEGIN {label}-----\n{body}\n-----END {label}-----\n".encode("ascii")


def _publish(path: Path, der: bytes, label: str) -> None:
    write_atomically(path, der)
    write_atomically(path.with_name(path.name + ".pem"), to_pem(der, label))
