"""What a reader of the printed card types in: 照合番号, and the birth date in its era."""

from __future__ import annotations

from datetime import date

from apdu.ports import RandomBytes
from jpki.birthdate import BirthDate, Era
from jpki.cv.errors import CvFormatError

# The year before each era's first (改元の政令・詔書): year of the era = Gregorian year - this.
_YEAR_ZERO = {Era.MEIJI: 1867, Era.TAISHO: 1911, Era.SHOWA: 1925, Era.HEISEI: 1988, Era.REIWA: 2018}


def era_yymmdd(birth: BirthDate) -> str:
    """The birth PIN of the face application: year of the era, month, day (measured: soltia48/myna-card src/data.rs).

    Choice: what a card has for unknown parts is not public; zeros, as in the certificate. Without an era, the
    last two digits of the Gregorian year.
    """
    return f"{year_of_era(birth) % 100:02}{birth.month or 0:02}{birth.day or 0:02}"


def year_of_era(birth: BirthDate) -> int:
    """The year as its era counts it, from 1; the Gregorian one without an era, 0 where the year is not known."""
    return 0 if birth.year is None else birth.year - _YEAR_ZERO.get(birth.era, 0)


def reference_b(*, birth: BirthDate, expiry: date, security_code: str) -> str:
    """照合番号B, 14 digits: birth date of the era, year of the card's expiry, security code.

    Measured: soltia48/myna-card src/data.rs (55021720352285: 昭和55年2月17日, 2035, 2285).
    """
    if len(security_code) != 4 or not (security_code.isascii() and security_code.isdigit()):
        raise CvFormatError("the security code on the face of a card is four digits")
    return f"{era_yymmdd(birth)}{expiry.year:04}{security_code}"


def draw_security_code(rng: RandomBytes) -> str:
    """Four digits."""
    return f"{int.from_bytes(rng(8)) % 10_000:04}"


def draw_reference(rng: RandomBytes) -> str:
    """照合番号 of the next generation's card: six digits (its task force, 2024); of what is not public."""
    return f"{int.from_bytes(rng(8)) % 1_000_000:06}"
