"""Times as X.509 writes them: to the second, with Z (RFC 5280 clauses 4.1.2.5.1 and 4.1.2.5.2)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

UTC_TIME_SIZE: Final = 13
"""YYMMDDHHMMSSZ."""
GENERALIZED_TIME_SIZE: Final = 15
"""YYYYMMDDHHMMSSZ."""


def read_moment(text: bytes) -> datetime:
    """The content of a UTCTime or GeneralizedTime, which its length tells apart; ``ValueError`` for anything else."""
    digits = text[:-1].decode("ascii")
    if len(text) not in (UTC_TIME_SIZE, GENERALIZED_TIME_SIZE) or text[-1:] != b"Z" or not digits.isdecimal():
        raise ValueError("a time is twelve or fourteen digits, and Z")
    if len(text) == UTC_TIME_SIZE:  # clause 4.1.2.5.1: 50..99 are of the last century
        digits = ("19" if digits >= "50" else "20") + digits
    month, day, hour, minute, second = (int(digits[place : place + 2]) for place in range(4, 14, 2))
    return datetime(int(digits[:4]), month, day, hour, minute, second, tzinfo=UTC)
