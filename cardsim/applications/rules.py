"""The shape of an application's behaviour: everything about it that is not content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from apdu.layout.facts import PinFact
from apdu.status import StatusWord
from cardsim.access import AccessTable


class Refusal(NamedTuple):
    """How a command is refused that exists and leads nowhere: by P1-P2, else always the same."""

    otherwise: StatusWord
    by_p1p2: Mapping[int, StatusWord] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationRules:
    """One application's behaviour. ``refusals`` is by CLA and INS as one number; other unknown ones are 6D00."""

    aid: bytes
    access: AccessTable = field(default_factory=dict)
    pins: Mapping[int, PinFact] = field(default_factory=dict)
    default_key: int | None = None
    """The key of P2 00 in COMPUTE DIGITAL SIGNATURE."""
    refusals: Mapping[int, Refusal] = field(default_factory=dict)
