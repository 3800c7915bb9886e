"""What has become of a persona's card by now: moments in its life, tries that are spent, certificates revoked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from apdu.layout import jpki, next_generation
from cardsim.state import CardImage
from jpki.birthdate import BirthDate
from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.registry.interfaces import UnitOfWork
from jpki.registry.records import CardState, CertificateId
from jpki.validity import JST
from mynalab.errors import PersonaError
from mynalab.persona import Persona
from mynalab.personas.fields import PINS

_LEAP_DAY: Final = (2, 29)
_ON_THE_NEXT_CARD: Final = {jpki.AID: next_generation.AUTH_AID}
"""The application that has the PINs of another one's on a card of the next generation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """The moments of a card: issued, its certificates renewed (if ever), and its last day."""

    issued: datetime
    renewed: datetime | None
    card_expiry: date

    @property
    def certified(self) -> tuple[datetime, ...]:
        """When certificates were made for it, the present ones last."""
        return (self.issued,) if self.renewed is None else (self.issued, self.renewed)


def life_of(persona: Persona, first: datetime, *, now: datetime) -> Life:
    """When everything happens, told at ``now``; ``PersonaError`` when that is before the lab's CAs, ``first``."""
    issued = persona.history.issued.at(now)
    if issued < first:
        raise PersonaError(
            f"{persona.origin}: history.issued is {issued:%Y-%m-%d}, before the CAs of this lab ({first:%Y-%m-%d})",
            hint="tell of a later issue, or make a lab that is older: mynalab lab init DIR --now MOMENT",
        )
    renewed = persona.history.renewed
    ends = persona.card_ends
    return Life(
        issued=issued,
        renewed=renewed.at(now) if renewed else None,
        card_expiry=ends.at(now).astimezone(JST).date() if ends else _card_expiry(persona, issued),
    )


def with_birthday(persona: Persona, *, now: datetime) -> Persona:
    """The same person, born on the day that ``history.birthday`` tells, in the year that ``person.birth`` does."""
    birthday = persona.history.birthday
    if birthday is None or persona.birth.year is None:
        return persona
    day = birthday.at(now).astimezone(JST).date()
    if (day.month, day.day) == _LEAP_DAY:  # who is born on one has her birthday a day before: take the day after
        day += timedelta(days=1)
    return replace(persona, birth=BirthDate.of(day.replace(year=persona.birth.year)))


def spend_tries(image: CardImage, persona: Persona) -> CardImage:
    """The card with its PINs tried as the persona tells; ``PersonaError`` where the card has no such PIN."""
    for name, tries_left in persona.tries_left.items():
        aid, fid = PINS[name]
        if aid not in image.applications:
            aid = _ON_THE_NEXT_CARD.get(aid, aid)
        pin = image.applications[aid].pins.get(fid) if aid in image.applications else None
        if pin is None:
            raise PersonaError(
                f"{persona.origin}: tries_left.{name}: a card of the profile {image.profile} has no such PIN",
                hint="leave it out, or choose another card.profile",
            )
        image = image.with_pin(aid, fid, replace(pin, tries_left=min(tries_left, pin.limit)))
    return image


def revoke_as_told(
    unit: UnitOfWork, persona: Persona, card_id: int, serials: Mapping[CaKind, int], *, now: datetime
) -> None:
    """Revoke what the persona tells of the card's present certificates; a card on hold is a suspended one."""
    for event in persona.revoked:
        at = event.at.at(now)
        unit.operation("revoke", person_id=unit.card(card_id).person_id, at=at)
        unit.revoke([CertificateId(kind, serials[kind]) for kind in event.kinds], event.reason, at=at)
        if event.reason is RevocationReason.CERTIFICATE_HOLD:
            unit.change_card(card_id, CardState.SUSPENDED, at=at)


def _card_expiry(persona: Persona, issued: datetime) -> date:
    """The card's last day: the n-th birthday after the day of issue (Digital Agency: 発行日から10回目の誕生日まで).

    Whose birthday nobody knows gets full years (choice: no public text says).
    """
    day = issued.astimezone(JST).date()
    born = persona.birth.as_date() or day
    birthday_is_over = (day.month, day.day) >= (born.month, born.day)
    year = day.year + persona.card_valid_years - (0 if birthday_is_over else 1)
    return date(year, born.month, 28 if (born.month, born.day) == _LEAP_DAY else born.day)
