"""Serial numbers and times of many entries at once. A row is an entry, what is read stands in the same place in all."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from jpki.revocation_index.words import NARROW_SIZE

_ZERO: Final = ord("0")
_DAY_S: Final = 86_400
_YEARS: Final = 10_000  # datetime ends with 9999
_LIMITS: Final = (24, 60, 60)  # datetime has no second 60 either


class MalformedColumnError(ValueError):
    """``row`` is the first of the rows that cannot be read."""

    def __init__(self, message: str, row: int) -> None:
        super().__init__(message)
        self.row = row


def read_serials(octets: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """INTEGERs of one size as one row of numbers, or as three where they are wide; shortest form, not negative."""
    count, size = octets.shape
    refuse(octets[:, 0] >= 0x80, "the serial number is negative")
    if size > 1:
        refuse((octets[:, 0] == 0) & (octets[:, 1] < 0x80), "the serial number is not in its shortest form")
    width = NARROW_SIZE if size <= NARROW_SIZE else 3 * NARROW_SIZE
    padded = np.zeros((count, width), np.uint8)
    padded[:, width - size :] = octets
    return padded.view(">u8").T.astype(np.uint64)


def read_times(octets: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """UTCTimes (12 digits and Z) or GeneralizedTimes (14 and Z), in seconds as ``words`` counts them."""
    refuse(octets[:, -1] != ord("Z"), "a time ends with Z")
    digits = np.ascontiguousarray(octets[:, :-1].T) - np.uint8(_ZERO)  # below "0" it wraps to a large number
    if (digits > 9).any():
        refuse(np.asarray((digits > 9).any(axis=0)), "a time is digits")
    pairs = (digits[0::2] * np.uint8(10) + digits[1::2]).astype(np.int64)
    # RFC 5280 clause 4.1.2.5.1: of two digits, 50..99 are of the last century.
    century = np.where(pairs[0] >= 50, 19, 20) if len(pairs) == 6 else pairs[0]
    days = _days(century * 100 + pairs[-6], pairs[-5], pairs[-4])
    for part, limit in zip(pairs[-3:], _LIMITS, strict=True):
        refuse(part >= limit, "there is no such time of day")
    seconds: NDArray[np.int64] = days * _DAY_S + pairs[-3] * 3600 + pairs[-2] * 60 + pairs[-1]
    return seconds.astype(np.uint64)


def _days(years: NDArray[np.int64], months: NDArray[np.int64], days: NDArray[np.int64]) -> NDArray[np.int64]:
    """Days since 1 January of the year 1, which is day 0, in the calendar that datetime has."""
    refuse((years < 1) | (months < 1) | (months > 12), "there is no such month")
    before = _days_before_months()
    month = years * 12 + (months - 1)
    found: NDArray[np.int64] = before[month] + days - 1
    refuse((days < 1) | (found >= before[month + 1]), "there is no such day")
    return found


@cache
def _days_before_months() -> NDArray[np.int64]:
    """Of every month since January of the year 0, and of the one after the last."""
    beginnings = np.arange("0000-01", f"{_YEARS:05}-02", dtype="datetime64[M]").astype("datetime64[D]")
    counted: NDArray[np.int64] = (beginnings - np.datetime64("0001-01-01")).astype(np.int64)
    return counted


def refuse(bad: NDArray[np.bool_], why: str) -> None:
    """``MalformedColumnError`` for the first bad row, if there is one."""
    if bad.any():
        raise MalformedColumnError(why, int(bad.argmax()))
