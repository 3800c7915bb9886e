"""A register with authorities in it, and certificates that are only bytes: what is in them is another test's affair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from jpki.holder import Holder
from jpki.kinds import CaKind
from jpki.registry.interfaces import Register, UnitOfWork
from jpki.registry.records import (
    AuthorityRecord,
    CardOrdered,
    CertificateId,
    CertificateSigned,
    CrlPoint,
    Medium,
)

DAY = timedelta(days=1)
BOTH = dict.fromkeys(CaKind, 1)


def key_id(kind: CaKind, generation: int = 1) -> bytes:
    """The key identifier of a generation."""
    return bytes([generation, kind is CaKind.SIGN]) * 10


@dataclass(frozen=True)
class Stock:
    """A register and what is issued in it."""

    register: Register
    holder: Holder
    now: datetime

    @classmethod
    def of(cls, register: Register, *, holder: Holder, now: datetime) -> Stock:
        """Enter the first generation of both CAs."""
        stock = cls(register, holder, now)
        for kind in CaKind:
            stock.add_authority(kind, generation=1)
        return stock

    def add_authority(self, kind: CaKind, *, generation: int) -> AuthorityRecord:
        """Enter a generation."""
        serial = self.register.reserve(kind)[0]
        record = AuthorityRecord(
            kind=kind,
            generation=generation,
            key_id=key_id(kind, generation),
            algorithm="rsa2048",
            serial=serial,
            not_before=self.now,
            not_after=self.now + 3650 * DAY,
            certificate_der=b"CA certificate",
        )
        with self.register.transaction(now=self.now) as unit:
            unit.record_authority(record)
        return record

    def issue(
        self, person_id: str, *, at: datetime | None = None, holder: Holder | None = None
    ) -> Mapping[CaKind, CertificateId]:
        """Register somebody and give her a card with both certificates, in one unit."""
        with self.register.transaction(now=at or self.now, serials=BOTH) as unit:
            unit.operation("issue", person_id=person_id)
            unit.register_person(person_id, holder or self.holder)
            return self.enter_card(unit, person_id, holder=holder)

    def enter_card(
        self, unit: UnitOfWork, person_id: str, *, holder: Holder | None = None, generation: int = 1
    ) -> Mapping[CaKind, CertificateId]:
        """A card with both certificates."""
        card_id = unit.record_card(person_id, a_card(f"{person_id}-card"))
        signed = [
            self.signed(kind, unit.take_serial(kind), card_id, holder=holder, generation=generation) for kind in CaKind
        ]
        unit.record_certificates(signed)
        return {one.id.kind: one.id for one in signed}

    def signed(
        self, kind: CaKind, serial: int, card_id: int, *, holder: Holder | None = None, generation: int = 1
    ) -> CertificateSigned:
        """A certificate."""
        return CertificateSigned(
            id=CertificateId(kind, serial),
            key_id=key_id(kind, generation),
            card_id=card_id,
            not_before=self.now,
            not_after=self.now + 1825 * DAY,
            point=CrlPoint.of(holder or self.holder),
            certificate_der=f"{kind.value} certificate {serial}".encode(),
        )


def a_card(name: str, medium: Medium = Medium.CARD) -> CardOrdered:
    """A card of a name."""
    return CardOrdered(medium=medium, name=name, profile="C2", expires=date(2036, 4, 15))
