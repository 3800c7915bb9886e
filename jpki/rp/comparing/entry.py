"""What a customer entered, as the form's fields have it: texts, none of them trusted, none shown by ``repr``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

MAX_ENTRY: Final = 400
"""Characters: twice what a certificate's longest field has; more is nobody's name or address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerEntry:
    """The fields that the form asked for; None for one that it did not ask for, which is then not compared."""

    name: str | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)
    birth_date: str | None = field(default=None, repr=False)
    sex: str | None = field(default=None, repr=False)


def is_readable(text: str) -> bool:
    """Not too long, and without characters that no form can enter."""
    return len(text) <= MAX_ENTRY and all(ord(character) >= 0x20 and character != "\x7f" for character in text)
