"""What stands on a card besides its persona's data: My Number, security code, face. Drawn from the lab's seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from apdu.ports import RandomBytes
from jpki.birthdate import BirthDate
from jpki.holder import Holder
from jpki.records.my_number import draw_my_number
from jpki.records.reference import draw_reference, draw_security_code, reference_b
from mynalab.chance import seeded_number, seeded_random
from mynalab.lab.settings import LabSettings
from mynalab.persona import Persona

_FACES = 64
"""How many faces a lab has, at each age; drawing one takes longer than all that is signed on a card."""
_UNKNOWN_AGE = 40
"""Of the face drawn for somebody whose birth year nobody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """Of one card. The same lab, persona and card number give the same."""

    my_number: str = field(repr=False)
    security_code: str = field(repr=False)
    reference_b: str = field(repr=False)
    reference: str = field(repr=False)
    """Of the next generation's card."""
    expiry: date
    age: int
    chance: Callable[[str], RandomBytes] = field(repr=False)
    """A stream of this card's own for each purpose."""


def particulars_of(
    settings: LabSettings, persona: Persona, holder: Holder, *, serial: str, expiry: date
) -> Particulars:
    """What this card has; the persona's own My Number where she has one."""

    def chance(what: str) -> RandomBytes:
        if what == "photo":
            return photo_chance(settings, serial)
        return seeded_random(settings.seed, f"card/{serial}/{what}")

    code = draw_security_code(chance("security-code"))
    number = persona.my_number or draw_my_number(
        chance("my-number"), unsafe_valid_check_digit=persona.unsafe_valid_check_digit
    )
    return Particulars(
        my_number=number,
        security_code=code,
        reference=draw_reference(chance("reference")),
        reference_b=reference_b(birth=holder.birth_date, expiry=expiry, security_code=code),
        expiry=expiry,
        age=age_on_photo(holder.birth_date, expiry, valid_years=persona.card_valid_years),
        chance=chance,
    )


def photo_chance(settings: LabSettings, serial: str) -> RandomBytes:
    """What the face on the card of this number is drawn from: one of the lab's, so that thousands are drawn soon."""
    face = seeded_number(settings.seed, f"card/{serial}/face", _FACES)
    return seeded_random(settings.seed, f"face/{face}")


def age_on_photo(birth: BirthDate, expiry: date, *, valid_years: int) -> int:
    """Years at the end of the card less those that it is for, so that the face can be drawn again from the card."""
    if birth.year is None:
        return _UNKNOWN_AGE
    before_birthday = (expiry.month, expiry.day) < (birth.month or 1, birth.day or 1)
    return max(0, expiry.year - birth.year - before_birthday - valid_years)
