"""How a certificate stands for people: the register tells of revocation alone, and that it is over the certificate."""

from __future__ import annotations

from datetime import datetime

from jpki.registry.records import CertificateRecord, CertificateState, CertificateStatus


def standing(certificate: CertificateRecord, status: CertificateStatus, *, at: datetime) -> str:
    """The value of its ``CertificateState``, or "expired" for one that would be good but is past its end."""
    if status.state is CertificateState.GOOD and certificate.not_after < at:
        return "expired"
    return status.state.value
