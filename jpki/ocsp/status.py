"""What is known of a certificate, where a responder gets it from, and how old that is."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final, Protocol

from jpki.reasons import RevocationReason
from jpki.validity import to_whole_seconds

OCSP_PERIOD: Final = timedelta(minutes=15)
"""How often the responder's data is renewed (Digital Agency, JPKI introduction for private businesses, clause 5.1.2:
15分ごと)."""


class CertState(Enum):
    """CertStatus (RFC 6960 clause 2.2), its tag numbers as values."""

    GOOD = 0
    REVOKED = 1
    """Also while on hold, with the reason certificateHold."""
    UNKNOWN = 2
    """Never issued, or not yet at the moment that was asked for."""


@dataclass(frozen=True, slots=True)
class CertificateStatus:
    """A state; ``revoked_at`` and ``reason`` when it is ``REVOKED``."""

    state: CertState
    revoked_at: datetime | None = None
    reason: RevocationReason = RevocationReason.UNSPECIFIED

    def __post_init__(self) -> None:
        if (self.state is CertState.REVOKED) is (self.revoked_at is None):
            raise ValueError("a certificate is revoked since some moment, or is not revoked")


GOOD: Final = CertificateStatus(CertState.GOOD)
UNKNOWN: Final = CertificateStatus(CertState.UNKNOWN)


def revoked(at: datetime, reason: RevocationReason) -> CertificateStatus:
    """Revoked since ``at``; held, if that is the reason."""
    return CertificateStatus(CertState.REVOKED, at, reason)


class StatusSource(Protocol):
    """What a responder asks. One object serves many threads."""

    def status(self, authority_key_id: bytes, serial: int, *, at: datetime) -> CertificateStatus:
        """What was known at ``at`` of the certificate with this number, issued by the CA key with this identifier.

        ``StatusUnavailableError`` when that cannot be said now.
        """
        ...

    def version(self) -> Hashable:
        """Something that changes with the data: while it stays the same, so does every status of the past.

        Asked before every answer from the cache, so it has to be quick.
        """
        ...


def data_moment(at: datetime) -> datetime:
    """The quarter-hour at or before ``at``, of which the answers at ``at`` speak: the data lags up to fifteen minutes.

    Quarter-hours are the same in Japan and UTC.
    """
    moment = to_whole_seconds(at)
    minutes = OCSP_PERIOD.seconds // 60
    return moment.replace(minute=moment.minute - moment.minute % minutes, second=0)
