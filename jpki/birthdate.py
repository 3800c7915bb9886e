"""Birth dates as a signing certificate writes them: ``EYYYYMMDD``, an era digit and a Gregorian date.

Zeros stand for what the register does not know (hnakamur's blog of 2022-11-01; test card in soltia48/myna-card).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum

from jpki.errors import HolderError


class Era(Enum):
    """The first of the nine digits. Days of transition belong to the new era."""

    UNKNOWN = "0"
    MEIJI = "1"
    TAISHO = "2"
    SHOWA = "3"
    HEISEI = "4"
    REIWA = "5"


# First day of each era, latest first (改元の政令・詔書; Meiji counts from the first day of its first year).
_ERA_STARTS = (
    (date(2019, 5, 1), Era.REIWA),
    (date(1989, 1, 8), Era.HEISEI),
    (date(1926, 12, 25), Era.SHOWA),
    (date(1912, 7, 30), Era.TAISHO),
    (date(1868, 1, 25), Era.MEIJI),
)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class BirthDate:
    """A birth date with its unknown parts as None. The year is known if the month is, the month if the day is."""

    era: Era
    year: int | None = None
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        known = [part is not None for part in (self.year, self.month, self.day)]
        if known != sorted(known, reverse=True):
            raise HolderError("a birth date knows its year before its month, and its month before its day")
        # Unknown parts read as the first day there is, which any month and year have.
        try:
            date(self.year or 1, self.month or 1, self.day or 1)
        except ValueError as error:
            raise HolderError("the birth date is no day of the calendar") from error
        whole = self.as_date()
        if whole and self.era is not Era.UNKNOWN and self.era is not _era_of(whole):
            raise HolderError("the birth date is not in the era that stands before it")

    @classmethod
    def of(cls, day: date) -> BirthDate:
        """A fully known date, in the era of that day."""
        return cls(era=_era_of(day), year=day.year, month=day.month, day=day.day)

    @classmethod
    def decode(cls, text: str) -> BirthDate:
        """Read the nine digits; ``HolderError`` for anything else."""
        if len(text) != 9 or not (text.isascii() and text.isdigit()):
            raise HolderError("a birth date is nine digits: era, year, month, day")
        if text[0] not in {era.value for era in Era}:
            raise HolderError(f"no era has the digit {text[0]}")
        year, month, day = (int(part) or None for part in (text[1:5], text[5:7], text[7:9]))
        return cls(era=Era(text[0]), year=year, month=month, day=day)

    def encode(self) -> str:
        """The nine digits."""
        return f"{self.era.value}{self.year or 0:04}{self.month or 0:02}{self.day or 0:02}"

    def as_date(self) -> date | None:
        """The date, or None while a part of it is unknown."""
        if self.year is None or self.month is None or self.day is None:
            return None
        return date(self.year, self.month, self.day)

    def __repr__(self) -> str:
        return "BirthDate(…)"


def _era_of(day: date) -> Era:
    return next((era for start, era in _ERA_STARTS if day >= start), Era.UNKNOWN)
