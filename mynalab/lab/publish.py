"""What the CAs of a lab publish: certificates and full CRLs, in DER and in PEM."""

from __future__ import annotations

import base64
import textwrap
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from jpki.ca.authority import Authority
from jpki.ca.crl import CRL_LIFETIME, CRL_PERIOD, CrlEntry, build_crl, crl_number_at
from jpki.kinds import CaKind
from jpki.registry.registry import Registry
from jpki.verify.crl_index import CrlIndex, CrlUnreadableError
from mynalab.lab.authorities import KINDS, authority
from mynalab.lab.files import write_atomically
from mynalab.lab.lab import Lab
from mynalab.lab.register import open_register


def publish_authority(lab: Lab, ca: Authority) -> None:
    """Publish the certificate of a CA."""
    _publish(lab.paths.ca_certificate(ca.kind.value), ca.certificate_der, "CERTIFICATE")


def publish_crls(lab: Lab, *, now: datetime) -> list[Path]:
    """Publish the CRL of each CA as it is at ``now``, once all are signed; return the paths."""
    registry = open_register(lab)
    signed = {lab.paths.crl(kind.value): _sign_crl(lab, kind, registry, now) for kind in KINDS}
    for path, crl in signed.items():
        _publish(path, crl, "X509 CRL")
    return list(signed)


def publish_due_crls(lab: Lab, *, now: datetime) -> None:
    """Publish the CRLs unless today's are there: what the CAs' daily job does.

    Lists that a revocation has not reached, because the process died in between, count as not there.
    """
    registry = open_register(lab)
    if not all(_is_current(lab.paths.crl(kind.value), registry.crl_entries(kind, at=now), now) for kind in KINDS):
        publish_crls(lab, now=now)


def _is_current(path: Path, revoked: Sequence[CrlEntry], now: datetime) -> bool:
    published = _published(path)
    if published is None or not published.frame.this_update <= now < published.frame.this_update + CRL_PERIOD:
        return False
    return len(published) == len(revoked) and all(_is_listed(entry, published) for entry in revoked)


def _is_listed(entry: CrlEntry, published: CrlIndex) -> bool:
    listed = published.entry(entry.serial)
    return listed is not None and listed.reason is entry.reason


def _published(path: Path) -> CrlIndex | None:
    try:
        return CrlIndex(path.read_bytes())
    except (OSError, CrlUnreadableError):
        return None  # a list that is missing or damaged is simply published again


def _next_number(path: Path, now: datetime) -> int:
    """RFC 5280 clause 5.2.3: two lists of one CA never share a number, also when both are of the same second.

    A list from after ``now`` does not count: it is what a clock that was set back (``--now``) has left there.
    """
    number = crl_number_at(now)
    published = _published(path)
    if published is None or published.frame.number is None or published.frame.this_update > now:
        return number
    return max(number, published.frame.number + 1)


def _sign_crl(lab: Lab, kind: CaKind, registry: Registry, now: datetime) -> bytes:
    return build_crl(
        authority(lab, kind),
        entries=registry.crl_entries(kind, at=now),
        number=_next_number(lab.paths.crl(kind.value), now),
        this_update=now,
        next_update=now + CRL_LIFETIME,
    )


def to_pem(der: bytes, label: str) -> bytes:
    """The textual encoding of RFC 7468."""
    body = "\n".join(textwrap.wrap(base64.b64encode(der).decode("ascii"), 64))
    return f"-----BEGIN {label}-----\n{body}\n-----END {label}-----\n".encode("ascii")


def _publish(path: Path, der: bytes, label: str) -> None:
    write_atomically(path, der)
    write_atomically(path.with_name(path.name + ".pem"), to_pem(der, label))
