"""Rows as records and back: moments as seconds, enums as their values, a holder as JSON."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, TypeAlias

from sqlalchemy import Row

from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.registry.holders import decode_holder
from jpki.registry.records import (
    AuthorityRecord,
    CardChanged,
    CardRecord,
    CardState,
    CertificateChange,
    CertificateChanged,
    CertificateId,
    CertificateRecord,
    CertificatesLinked,
    CrlPoint,
    HolderRecord,
    Link,
    Medium,
    OperationRecord,
    ResidentState,
)
from jpki.validity import to_whole_seconds

AnyRow: TypeAlias = Row[*tuple[Any, ...]]
"""A row as the database gives it: its columns by name, of whatever type."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = timedelta(seconds=1)
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def seconds(moment: datetime) -> int:
    """Whole seconds since 1970."""
    return (to_whole_seconds(moment) - _EPOCH) // _SECOND


def moment_of(seconds: int) -> datetime:
    """The moment, in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def point_of(text: str) -> CrlPoint:
    """``Prefecture/Municipality``; neither name may hold a stroke (``jpki.holder``)."""
    prefecture, _, municipality = text.partition("/")
    return CrlPoint(prefecture, municipality)


def to_json(value: object) -> str:
    """One form for one value."""
    return _ENCODER.encode(value)


def authority_record(row: AnyRow) -> AuthorityRecord:
    """A row of ``authorities``."""
    return AuthorityRecord(
        kind=CaKind(row.kind),
        generation=row.generation,
        key_id=row.key_id,
        algorithm=row.algorithm,
        serial=row.serial,
        not_before=moment_of(row.not_before),
        not_after=moment_of(row.not_after),
        certificate_der=row.certificate,
    )


def holder_record(row: AnyRow) -> HolderRecord:
    """A row of ``resident_records``."""
    return HolderRecord(
        person_id=row.resident,
        holder=decode_holder(json.loads(row.holder)),
        state=ResidentState(row.state),
        at=moment_of(row.at),
        operation=row.operation,
    )


def card_record(row: AnyRow) -> CardRecord:
    """A row of ``cards``."""
    return CardRecord(
        card_id=row.id,
        person_id=row.resident,
        medium=Medium(row.medium),
        name=row.name,
        number=row.number,
        profile=row.profile,
        expires=date.fromisoformat(row.expires),
        state=CardState(row.state),
        at=moment_of(row.at),
        operation=row.operation,
    )


def card_changed(row: AnyRow) -> CardChanged:
    """A row of ``card_events``."""
    return CardChanged(card_id=row.card, state=CardState(row.state), at=moment_of(row.at), operation=row.operation)


def certificate_record(row: AnyRow) -> CertificateRecord:
    """A row of ``certificates`` joined with its card and its authority."""
    return CertificateRecord(
        id=CertificateId(CaKind(row.kind), row.serial),
        key_id=row.key_id,
        person_id=row.resident,
        card_id=row.card,
        card=row.card_name,
        medium=Medium(row.medium),
        at=moment_of(row.at),
        not_before=moment_of(row.not_before),
        not_after=moment_of(row.not_after),
        point=point_of(row.point),
        operation=row.operation,
        certificate_der=row.certificate,
    )


def certificate_changed(row: AnyRow) -> CertificateChanged:
    """A row of ``certificate_events``."""
    return CertificateChanged(
        id=CertificateId(CaKind(row.kind), row.serial),
        change=CertificateChange(row.change),
        reason=None if row.reason is None else RevocationReason(row.reason),
        at=moment_of(row.at),
        operation=row.operation,
    )


def certificates_linked(row: AnyRow) -> CertificatesLinked:
    """A row of ``certificate_links``."""
    return CertificatesLinked(
        link=Link(row.link),
        source=CertificateId(CaKind(row.from_kind), row.from_serial),
        target=CertificateId(CaKind(row.to_kind), row.to_serial),
        at=moment_of(row.at),
        operation=row.operation,
    )


def operation_record(row: AnyRow) -> OperationRecord:
    """A row of ``operations``."""
    return OperationRecord(
        operation_id=row.id,
        name=row.name,
        person_id=row.resident,
        at=moment_of(row.at),
        recorded_at=moment_of(row.recorded_at),
        details=json.loads(row.details),
    )
