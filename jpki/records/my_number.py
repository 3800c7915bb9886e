"""The 12 digits of a My Number (個人番号) and the last of them, which checks the others.

The formula is that of Art. 5 of 平成26年総務省令第85号, which 番号法施行令 Art. 8 calls for.
"""

from __future__ import annotations

from typing import Final

from apdu.ports import RandomBytes
from jpki.cv.errors import CvFormatError

DIGITS: Final = 12
_BODY: Final = DIGITS - 1


def check_digit(body: str) -> str:
    """The digit that belongs behind these eleven.

    With P(n) the n-th digit from the right and Q(n) = n + 1 for n up to 6, n - 5 from 7 on:
    11 - (sum of P(n) x Q(n) mod 11), and 0 where that remainder is 0 or 1.
    """
    if len(body) != _BODY or not (body.isascii() and body.isdigit()):
        raise CvFormatError("a check digit belongs to eleven ASCII digits")
    total = sum(int(digit) * (n + 1 if n <= 6 else n - 5) for n, digit in enumerate(reversed(body), start=1))
    remainder = total % 11
    return str(0 if remainder <= 1 else 11 - remainder)


def is_my_number(text: str) -> bool:
    """Whether the text is twelve ASCII digits of which the last is the check digit."""
    shaped = len(text) == DIGITS and text.isascii() and text.isdigit()
    return shaped and check_digit(text[:_BODY]) == text[_BODY]


def draw_my_number(rng: RandomBytes, *, unsafe_valid_check_digit: bool = False) -> str:
    """Twelve digits that nobody can have: the check digit is wrong, unless the caller asks for a right one."""
    body = f"{int.from_bytes(rng(8)) % 10**_BODY:0{_BODY}d}"
    right = int(check_digit(body))
    if unsafe_valid_check_digit:
        return f"{body}{right}"
    return f"{body}{(right + 1 + rng(1)[0] % 9) % 10}"
