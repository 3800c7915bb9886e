"""What a comparison comes to, field by field. No value of a field is ever in here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Outcome(Enum):
    """Three answers and no score: what is not certainly the same differs."""

    MATCH = "match"
    """Character for character."""
    DIFFERS_IN_FORM = "differs-in-form"
    """The same after the documented normalisation, and not before."""
    DIFFERS = "differs"

    @property
    def rank(self) -> int:
        """The worse, the higher."""
        return _RANKS[self]


_RANKS = {Outcome.MATCH: 0, Outcome.DIFFERS_IN_FORM: 1, Outcome.DIFFERS: 2}


class Reason(Enum):
    """Why a field differs, as far as a machine can say; who looks into it starts here."""

    OTHER = "other"
    """Something else stands there."""
    MISSING = "missing"
    """The entry is empty."""
    UNREADABLE = "unreadable"
    """The entry is too long, has control characters, or is no date and the like."""
    SUBSTITUTED = "substituted"
    """All that differs stands where the certificate has a substitute: only a person can tell, from a document."""
    INCOMPLETE = "incomplete"
    """The certificate knows a part of the birth date only, and what it knows agrees."""
    UNITS = "units"
    """The same numbers, counted in other units: 5丁目4番 is not 5番4号."""
    SPACING = "spacing"
    """The same characters, divided into family name and given name at another place."""
    ERA = "era"
    """The day is not in the era that stands before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldComparison:
    """The outcome of one field; ``steps`` that changed either side, ``reason`` where it differs."""

    field: str
    outcome: Outcome
    steps: tuple[str, ...] = ()
    reason: Reason | None = None
    has_substitutes: bool = False
    """The certificate has substitutes in this field, whatever the outcome."""

    def as_dict(self) -> dict[str, Any]:
        """For machines and logs: no personal data."""
        return {
            "field": self.field,
            "outcome": self.outcome.value,
            "steps": list(self.steps),
            "reason": self.reason.value if self.reason else None,
            "has_substitutes": self.has_substitutes,
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """All fields that were entered."""

    fields: Mapping[str, FieldComparison]

    @property
    def overall(self) -> Outcome:
        """The worst of them; nothing compared is nothing confirmed."""
        return max((one.outcome for one in self.fields.values()), key=lambda one: one.rank, default=Outcome.DIFFERS)

    @property
    def differing(self) -> tuple[str, ...]:
        """The names of the fields that differ."""
        return tuple(one.field for one in self.fields.values() if one.outcome is Outcome.DIFFERS)

    def as_dict(self) -> dict[str, Any]:
        """For machines and logs: no personal data."""
        return {"overall": self.overall.value, "fields": [one.as_dict() for one in self.fields.values()]}
