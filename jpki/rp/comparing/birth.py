"""Birth dates: the certificate's era and Gregorian date beside what a customer wrote in one of the usual forms."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from jpki.birthdate import BirthDate, Era
from jpki.errors import HolderError
from jpki.rp.comparing.entry import is_readable
from jpki.rp.comparing.outcome import FieldComparison, Outcome, Reason
from jpki.rp.comparing.steps import normalised

_ERAS: Final = {
    "明治": Era.MEIJI, "大正": Era.TAISHO, "昭和": Era.SHOWA, "平成": Era.HEISEI, "令和": Era.REIWA,
    "M": Era.MEIJI, "T": Era.TAISHO, "S": Era.SHOWA, "H": Era.HEISEI, "R": Era.REIWA,
}  # fmt: skip
_YEAR_BEFORE: Final = {Era.MEIJI: 1867, Era.TAISHO: 1911, Era.SHOWA: 1925, Era.HEISEI: 1988, Era.REIWA: 2018}
_CANONICAL: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", re.ASCII)
_GREGORIAN: Final = re.compile(r"([0-9]{4})(?:[-/.年])([0-9]{1,2})(?:[-/.月])([0-9]{1,2})日?", re.ASCII)
_COMPACT: Final = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})", re.ASCII)
_CODED: Final = re.compile(r"[0-5][0-9]{8}", re.ASCII)
_JAPANESE: Final = re.compile(
    rf"({'|'.join(_ERAS)})([0-9]{{1,2}}|元)(?:[-/.年])([0-9]{{1,2}})(?:[-/.月])([0-9]{{1,2}})日?", re.ASCII
)


class _EraError(ValueError):
    """A day that is not in the era that was written before it."""


def compare_birth_date(certificate: BirthDate, entry: str) -> FieldComparison:
    """A date that the register knows only in part confirms no whole one."""

    def result(outcome: Outcome, reason: Reason | None = None) -> FieldComparison:
        steps = ("date",) if outcome is Outcome.DIFFERS_IN_FORM else ()
        return FieldComparison(field="birth_date", outcome=outcome, steps=steps, reason=reason)

    if not entry.strip():
        return result(Outcome.DIFFERS, Reason.MISSING)
    try:
        entered = read_birth_date(entry)
    except _EraError:
        return result(Outcome.DIFFERS, Reason.ERA)
    except (ValueError, HolderError):
        return result(Outcome.DIFFERS, Reason.UNREADABLE)
    theirs = (entered.year, entered.month, entered.day)
    ours = (certificate.year, certificate.month, certificate.day)
    if ours == theirs and ours != (None, None, None):
        plain = _CANONICAL.fullmatch(entry) or entry == certificate.encode()
        return result(Outcome.MATCH if plain else Outcome.DIFFERS_IN_FORM)
    agrees = all(one is None or one == other for one, other in zip(ours, theirs, strict=True))
    return result(Outcome.DIFFERS, Reason.INCOMPLETE if agrees and certificate.as_date() is None else Reason.OTHER)


def read_birth_date(text: str) -> BirthDate:
    """The forms that Japanese forms ask for; zeros for unknown parts, as in the certificate. ``ValueError`` else."""
    if not is_readable(text):
        raise ValueError("no birth date")
    folded = normalised(text)[0].replace(" ", "")
    if _CODED.fullmatch(folded):
        try:
            return BirthDate.decode(folded)
        except HolderError as error:
            raise _EraError from error
    found = _GREGORIAN.fullmatch(folded) or _COMPACT.fullmatch(folded)
    if found:
        return _date(*(int(part) for part in found.groups()))
    found = _JAPANESE.fullmatch(folded)
    if found is None:
        raise ValueError("no birth date")
    return _of_era(_ERAS[found[1]], 1 if found[2] == "元" else int(found[2]), int(found[3]), int(found[4]))


def _date(year: int, month: int, day: int) -> BirthDate:
    if year and month and day:
        return BirthDate.of(date(year, month, day))
    return BirthDate(era=Era.UNKNOWN, year=year or None, month=month or None, day=day or None)


def _of_era(era: Era, year_of_era: int, month: int, day: int) -> BirthDate:
    whole = _date(year_of_era + _YEAR_BEFORE[era], month, day)
    if whole.as_date() is not None and whole.era is not era:
        raise _EraError
    return whole
