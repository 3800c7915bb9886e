"""What a page tells after something was done: shown once more on reload, until the next thing is done."""

from __future__ import annotations

from dataclasses import dataclass

from jpki.rp.comparing.outcome import FieldComparison
from mynalab.bank.refusals import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An account, and how the entry compared."""

    number: str
    fields: tuple[FieldComparison, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A sentence of the page's words, with the names of the fields that it is about."""

    word: str
    fields: tuple[str, ...] = ()


Outcome = Opened | Told | Refusal
