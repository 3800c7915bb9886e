"""How things stand with one person at one moment: what the life cycle looks at before it does anything. No storage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum

from jpki.birthdate import BirthDate
from jpki.holder import Holder
from jpki.kinds import CaKind
from jpki.registry.records import CardState, CertificateId, CertificateState, Medium, ResidentState
from jpki.validity import JST, birthday, end_of_day

# Not issued, in principle, to those under 15 (Digital Agency, JPKI introduction; city offices: Nabari, Ebetsu).
SIGNING_AGE_YEARS = 15


class Slot(Enum):
    """The places for a certificate that a person has: two on the card, two on the phone."""

    CARD_SIGN = (Medium.CARD, CaKind.SIGN)
    CARD_AUTH = (Medium.CARD, CaKind.AUTH)
    PHONE_SIGN = (Medium.PHONE, CaKind.SIGN)
    PHONE_AUTH = (Medium.PHONE, CaKind.AUTH)

    @property
    def medium(self) -> Medium:
        """On what."""
        return self.value[0]

    @property
    def kind(self) -> CaKind:
        """Of which CA."""
        return self.value[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCertificate:
    """One certificate as it stands now: good, on hold or revoked; its end is apart from that."""

    id: CertificateId
    state: CertificateState
    not_after: datetime

    def lives(self, now: datetime) -> bool:
        """Neither revoked nor past its end; on hold counts as alive."""
        return self.state in (CertificateState.GOOD, CertificateState.ON_HOLD) and now <= self.not_after

    def is_good(self, now: datetime) -> bool:
        """A relying party accepts it."""
        return self.state is CertificateState.GOOD and now <= self.not_after


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A card or a phone with the newest certificate of each kind on it. ``expires`` is its last day."""

    card_id: int
    name: str
    medium: Medium
    state: CardState
    expires: date
    sign: HeldCertificate | None = None
    auth: HeldCertificate | None = None

    def certificate(self, kind: CaKind) -> HeldCertificate | None:
        """The newest one of a CA."""
        return self.sign if kind is CaKind.SIGN else self.auth

    def has_good(self, kind: CaKind, now: datetime) -> bool:
        """A certificate of this CA on it would be accepted."""
        newest = self.certificate(kind)
        return newest is not None and newest.is_good(now)

    def has_living(self, kind: CaKind, now: datetime) -> bool:
        """A certificate of this CA on it is good or on hold."""
        newest = self.certificate(kind)
        return newest is not None and newest.lives(now)

    def is_past_its_end(self, now: datetime) -> bool:
        """Its last day is over."""
        return now > end_of_day(self.expires)


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """One person: what the register says, the card in hand, the card that is on its way, the phone.

    ``card`` and ``phone`` are in use or suspended, ``coming`` is applied for or made; what has ended is not here.
    """

    resident_id: str
    holder: Holder
    resident: ResidentState = ResidentState.HERE
    card: Token | None = None
    coming: Token | None = None
    phone: Token | None = None
    last: Mapping[Slot, CertificateId] = field(default_factory=dict)
    """The newest certificate that was ever issued for each place, also for a card or phone that has ended."""
    last_event_at: datetime | None = None

    def may_sign(self, now: datetime) -> bool:
        """Old enough for a signing certificate."""
        return has_reached(SIGNING_AGE_YEARS, self.holder.birth_date, now=now)


def has_reached(age_years: int, born: BirthDate, *, now: datetime) -> bool:
    """True from that birthday on, in Japan. Of a birthday half known the latest possible counts; unknown is old.

    Choice: the law lets an age begin with the end of the day before (年齢計算ニ関する法律); the hour is the same.
    """
    if born.year is None:
        return True
    day = born.as_date() or date(born.year, 12, 31)
    return now.astimezone(JST).date() >= birthday(born.year + age_years, day)
