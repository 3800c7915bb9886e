"""The life of one person's certificates: a move, a phone lost and found, a card lost a moment ago."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.registry.records import (
    CardChanged,
    CardState,
    CertificateChange,
    CertificateChanged,
    CertificateId,
    CertificateRecord,
    CertificatesLinked,
    CrlPoint,
    Link,
    Medium,
    OperationRecord,
    TimelineEntry,
)
from jpki.validity import JST
from mynalab.timeline.build import build_timeline
from mynalab.timeline.model import Timeline

SIGN, AUTH, PHONE = (
    CertificateId(CaKind.SIGN, 1234),
    CertificateId(CaKind.AUTH, 5678),
    CertificateId(CaKind.AUTH, 5800),
)


def japan(text: str) -> datetime:
    """A moment in Japan's time."""
    return datetime.fromisoformat(text).replace(tzinfo=JST).astimezone(UTC)


def issued(id_: CertificateId, at: str, since: str, *, medium: Medium = Medium.CARD) -> CertificateRecord:
    """A certificate until the spring of 2031."""
    return CertificateRecord(
        id=id_,
        key_id=b"key",
        person_id="p1",
        card_id=1 if medium is Medium.CARD else 2,
        card="alice" if medium is Medium.CARD else "phone & co",
        medium=medium,
        at=japan(at),
        not_before=japan(since),
        not_after=japan("2031-04-15 23:59:59"),
        point=CrlPoint("Tokyo", "Minato-ku"),
        operation=1,
        certificate_der=b"",
    )


def changed(
    id_: CertificateId, change: CertificateChange, at: str, reason: RevocationReason | None = None
) -> CertificateChanged:
    """A change of one."""
    return CertificateChanged(id=id_, change=change, reason=reason, at=japan(at), operation=1)


def operated(name: str, at: str) -> OperationRecord:
    """An operation."""
    return OperationRecord(operation_id=1, name=name, person_id="p1", at=japan(at), recorded_at=japan(at), details={})


ENTRIES: list[TimelineEntry] = [
    operated("issue", "2026-01-10 14:20"),
    issued(SIGN, "2026-01-10 14:20", "2026-01-11 02:10"),
    issued(AUTH, "2026-01-10 14:20", "2026-01-11 02:10"),
    CertificatesLinked(link=Link.PAIR, source=SIGN, target=AUTH, at=japan("2026-01-10 14:20"), operation=1),
    operated("enrol-phone", "2026-02-01 20:00"),
    issued(PHONE, "2026-02-01 20:00", "2026-02-01 20:00", medium=Medium.PHONE),
    operated("move", "2026-06-01 10:07"),
    changed(SIGN, CertificateChange.REVOKED, "2026-06-01 10:07", RevocationReason.AFFILIATION_CHANGED),
    operated("lose-phone", "2026-08-03 23:31"),
    changed(PHONE, CertificateChange.HELD, "2026-08-03 23:31", RevocationReason.CERTIFICATE_HOLD),
    operated("find-phone", "2026-08-09 08:00"),
    changed(PHONE, CertificateChange.RELEASED, "2026-08-09 08:00"),
    operated("lose-card", "2026-11-20 08:50"),
    changed(AUTH, CertificateChange.HELD, "2026-11-20 08:50", RevocationReason.CERTIFICATE_HOLD),
    CardChanged(card_id=1, state=CardState.SUSPENDED, at=japan("2026-11-20 08:50"), operation=1),
]


@pytest.fixture
def life() -> Callable[..., Timeline]:
    """The life as it is known at a moment in Japan."""

    def at(now: str = "2026-11-20 09:00", entries: list[TimelineEntry] | None = None) -> Timeline:
        return build_timeline(ENTRIES if entries is None else entries, subject="p1", now=japan(now))

    return at
