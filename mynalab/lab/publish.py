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
from jpki.registry.records import CertificateId
from jpki.registry.registry import Registry
from jpki.verify.crl_index import CrlIndex, CrlUnreadableError
from mynalab.lab.authorities import authority_of
from mynalab.lab.files import write_atomically
from mynalab.lab.generations import CaId, issuer_of, standing_cas
from mynalab.lab.lab import Lab
from mynalab.lab.register import open_register


def publish_authority(lab: Lab, ca: CaId, authority: Authority) -> None:
    """Publish the certificate of a CA."""
    _publish(lab.paths.ca_certificate(ca.label), authority.certificate_der, "CERTIFICATE")


def publish_crls(lab: Lab, *, now: datetime, registry: Registry | None = None) -> list[Path]:
    """Publish the CRL of each CA as it is at ``now``, once all are signed; return the paths.

    ``registry`` is the lab's, where the caller has it open already.
    """
    registry = registry or open_register(lab)
    signed = {lab.paths.crl(ca.label): _sign_crl(lab, ca, registry, now) for ca in standing_cas(lab)}
    for path, crl in signed.items():
        _publish(path, crl, "X509 CRL")
    return list(signed)


def publish_due_crls(lab: Lab, *, now: datetime) -> None:
    """Publish the CRLs unless today's are there: what the CAs' daily job does.

    Lists that a revocation has not reached, because the process died in between, count as not there.
    """
    registry = open_register(lab)
    due = (
        ca
        for ca in standing_cas(lab)
        if not _is_current(lab.paths.crl(ca.label), _entries(lab, ca, registry, now), now)
    )
    if any(due):
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


def _entries(lab: Lab, ca: CaId, registry: Registry, now: datetime) -> list[CrlEntry]:
    """What this CA has revoked: all generations of a CA count their serial numbers on together."""
    entries = registry.crl_entries(ca.kind, at=now)
    return [entry for entry in entries if _issuer(lab, ca.kind, registry, entry.serial) == ca]


def _issuer(lab: Lab, kind: CaKind, registry: Registry, serial: int) -> CaId:
    return issuer_of(lab.settings, registry.certificate(CertificateId(kind, serial)))


def _sign_crl(lab: Lab, ca: CaId, registry: Registry, now: datetime) -> bytes:
    return build_crl(
        authority_of(lab, ca),
        entries=_entries(lab, ca, registry, now),
        number=_next_number(lab.paths.crl(ca.label), now),
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
